"""What is said under the card, and privately."""

from __future__ import annotations

import json

import pytest

from bot.domain.assignment import TakeCase
from bot.domain.correspondence import ReceiveMessage
from bot.domain.preferences import Preferences
from bot.service import Done
from bot.store.officers import preferences
from bot.store.outbox import deliveries
from tests.delivery.conftest import BYGGLOV, Office

ANNA, BO = "U0ANNAANNA", "U0BOBOBOBO"
SECRET = "Min man heter Karl Ek och bor på Storgatan 4"


async def writes(office: Office, case: Done) -> None:
    """The applicant writes."""
    applicant = await office.town.applicant(case)
    await office.town.service.perform(ReceiveMessage(case_id=case.case_id, text=SECRET), applicant)


async def test_the_first_line_in_a_thread_says_what_becomes_of_what_is_written_there(office: Office) -> None:
    done = await office.town.submits()
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await office.goes_by(seconds=11)
    await office.town.does("bo", TakeCase(case_id=done.case_id, mode="over", was=("anna",)))
    await office.goes_by(seconds=11)
    assert [one["text"].startswith("Skriv inga namn") for one in office.replies()] == [True, False, False]


async def test_what_happens_within_ten_seconds_is_told_in_one_message(office: Office) -> None:
    done = await office.town.submits()
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await office.town.does("bo", TakeCase(case_id=done.case_id, mode="over", was=("anna",)))
    await office.goes_by(seconds=11)
    told = office.replies()[-1]["text"]
    assert (len(office.replies()), "Anna" in told and "Bo" in told) == (2, True)


async def test_an_answer_that_nobody_waits_for_is_announced_in_the_channel(office: Office) -> None:
    done = await office.town.submits()
    await writes(office, done)
    await office.goes_by(seconds=11)
    assert [one["broadcast"] for one in office.replies()] == [False, True]


async def test_an_answer_to_an_officer_is_not_announced(office: Office) -> None:
    done = await office.town.submits()
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await writes(office, done)
    await office.goes_by(seconds=11)
    assert [one["broadcast"] for one in office.replies()] == [False, False]


async def test_the_officer_of_the_case_is_told_privately_and_nobody_else(office: Office) -> None:
    done = await office.town.submits()
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await writes(office, done)
    await office.goes_by(seconds=11)
    assert ([done.number in text for text in office.told(ANNA)], office.told(BO)) == ([True], [])


async def test_three_answers_within_ten_seconds_are_one_private_notice(office: Office) -> None:
    done = await office.town.submits()
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    for _ in range(3):
        await writes(office, done)
    await office.goes_by(seconds=11)
    assert len(office.told(ANNA)) == 1


async def test_an_officer_bound_to_an_account_is_told_there(office: Office) -> None:
    await office.binds("anna", BO)
    done = await office.town.submits()
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await writes(office, done)
    await office.goes_by(seconds=11)
    assert (len(office.told(ANNA)), len(office.told(BO))) == (0, 1)


async def test_an_officer_without_slack_gets_a_mail(office: Office) -> None:
    done = await office.town.submits()
    await office.town.does("carl", TakeCase(case_id=done.case_id))
    await writes(office, done)
    await office.goes_by(seconds=11)
    mail = office.mails()[-1]
    assert (mail.recipients, mail.subject) == (
        ["carl@staden.example"],
        f"Nytt meddelande: ärende {done.number}",
    )


@pytest.mark.parametrize(("who", "user"), [("anna", ANNA), ("carl", "")])
async def test_an_officer_is_told_in_the_language_they_chose(office: Office, who: str, user: str) -> None:
    """In Slack, and by mail to one who has no account there."""
    english = Preferences(language="en")
    await office.database.write(lambda tx: preferences.keep(tx, who, english))
    done = await office.town.submits()
    await office.town.does(who, TakeCase(case_id=done.case_id))
    await writes(office, done)
    await office.goes_by(seconds=11)
    told = office.told(user) if user else [office.mails()[-1].subject]
    assert [text.startswith("New message") for text in told] == [True]


async def test_nothing_the_applicant_wrote_reaches_slack(office: Office) -> None:
    done = await office.town.submits(values={"vad": SECRET, "typ": "till"})
    await writes(office, done)
    await office.goes_by(seconds=11)
    state = json.dumps(office.sandbox.state(), ensure_ascii=False, default=str)
    assert not any(word in state for word in ("Karl", "Storgatan", "Eva Ek"))


async def test_a_line_under_a_card_that_was_deleted_comes_under_its_new_card(office: Office) -> None:
    done = await office.town.submits()
    await office.worker.drain(10)
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await office.worker.drain(10)
    office.sandbox.stage.workspace.channels[BYGGLOV].messages.clear()
    await office.goes_by(seconds=11)
    await office.goes_by(seconds=3)
    assert [one["thread_ts"] for one in office.replies()] == [office.posted()[0]["ts"]] * 2


async def test_a_line_whose_card_cannot_be_posted_waits_with_it(office: Office) -> None:
    office.sandbox.stage.workspace.channels[BYGGLOV].is_archived = True
    done = await office.town.submits()
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await office.goes_by(seconds=11)
    parked = await office.database.read(deliveries.parked)
    assert sorted(one[1] for one in parked) == ["card", "line"]
