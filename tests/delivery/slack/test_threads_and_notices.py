"""What is said under the card, and privately."""

from __future__ import annotations

import json

import pytest

from bot.domain.assignment import TakeCase
from bot.domain.declarations import event_kinds
from bot.domain.messages.correspondence import ReceiveMessage
from bot.domain.preferences import Preferences
from bot.service import CommandResult
from bot.store.officers import preferences
from bot.store.outbox import delivery_counts, parking
from tests.delivery.conftest import BYGGLOV_CHANNEL, DeliveryHarness

ANNA, BO = "U0ANNAANNA", "U0BOBOBOBO"
SECRET = "Min man heter Karl Ek och bor på Storgatan 4"


async def receive_message(harness: DeliveryHarness, case: CommandResult) -> None:
    """The applicant writes."""
    applicant = await harness.town.applicant(case)
    await harness.town.service.perform(ReceiveMessage(case_id=case.case_id, text=SECRET), applicant)


async def test_the_first_line_in_a_thread_says_what_becomes_of_what_is_written_there(
    harness: DeliveryHarness,
) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.advance(seconds=11)
    await harness.town.perform("bo", TakeCase(case_id=done.case_id, mode="over", expected=("anna",)))
    await harness.advance(seconds=11)
    assert [one["text"].startswith("Skriv inga namn") for one in harness.list_replies()] == [
        True,
        False,
        False,
    ]


async def test_what_happens_within_ten_seconds_is_told_in_one_message(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.town.perform("bo", TakeCase(case_id=done.case_id, mode="over", expected=("anna",)))
    await harness.advance(seconds=11)
    told = harness.list_replies()[-1]["text"]
    assert (len(harness.list_replies()), "Anna" in told and "Bo" in told) == (2, True)


async def test_a_line_that_only_a_newer_version_can_write_is_left_to_it(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    with monkeypatch.context() as older:
        older.delitem(event_kinds(), "CaseTaken")  # type: ignore[arg-type]
        await harness.advance(seconds=11)
        failed = await harness.database.read(
            lambda tx: delivery_counts.count_delayed(tx, harness.clock(), done.case_id)
        )
        assert (len(harness.list_posts()), harness.list_replies(), failed) == (1, [], {})
    await harness.advance(seconds=6)
    assert "Anna" in harness.list_replies()[-1]["text"]


async def test_an_answer_that_nobody_waits_for_is_announced_in_the_channel(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await receive_message(harness, done)
    await harness.advance(seconds=11)
    assert [one["broadcast"] for one in harness.list_replies()] == [False, True]


async def test_an_answer_to_an_officer_is_not_announced(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await receive_message(harness, done)
    await harness.advance(seconds=11)
    assert [one["broadcast"] for one in harness.list_replies()] == [False, False]


async def test_the_officer_of_the_case_is_told_privately_and_nobody_else(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await receive_message(harness, done)
    await harness.advance(seconds=11)
    assert (
        [done.number in text for text in harness.list_private_messages(ANNA)],
        harness.list_private_messages(BO),
    ) == ([True], [])


async def test_three_answers_within_ten_seconds_are_one_private_notice(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    for _ in range(3):
        await receive_message(harness, done)
    await harness.advance(seconds=11)
    assert len(harness.list_private_messages(ANNA)) == 1


async def test_an_officer_bound_to_an_account_is_told_there(harness: DeliveryHarness) -> None:
    await harness.bind_account("anna", BO)
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await receive_message(harness, done)
    await harness.advance(seconds=11)
    assert (len(harness.list_private_messages(ANNA)), len(harness.list_private_messages(BO))) == (0, 1)


async def test_an_officer_without_slack_gets_a_mail(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.town.perform("carl", TakeCase(case_id=done.case_id))
    await receive_message(harness, done)
    await harness.advance(seconds=11)
    mail = harness.list_mails()[-1]
    assert (mail.recipients, mail.subject) == (
        ["carl@staden.example"],
        f"Nytt meddelande: ärende {done.number}",
    )


@pytest.mark.parametrize(("who", "user"), [("anna", ANNA), ("carl", "")])
async def test_an_officer_is_told_in_the_language_they_chose(
    harness: DeliveryHarness, who: str, user: str
) -> None:
    """In Slack, and by mail to one who has no account there."""
    english = Preferences(language="en")
    await harness.database.write(lambda tx: preferences.save(tx, who, english))
    done = await harness.town.submit()
    await harness.town.perform(who, TakeCase(case_id=done.case_id))
    await receive_message(harness, done)
    await harness.advance(seconds=11)
    told = harness.list_private_messages(user) if user else [harness.list_mails()[-1].subject]
    assert [text.startswith("New message") for text in told] == [True]


async def test_nothing_the_applicant_wrote_reaches_slack(harness: DeliveryHarness) -> None:
    done = await harness.town.submit(values={"vad": SECRET, "typ": "till"})
    await receive_message(harness, done)
    await harness.advance(seconds=11)
    state = json.dumps(harness.sandbox.state(), ensure_ascii=False, default=str)
    assert not any(word in state for word in ("Karl", "Storgatan", "Eva Ek"))


async def test_a_line_under_a_card_that_was_deleted_comes_under_its_new_card(
    harness: DeliveryHarness,
) -> None:
    done = await harness.town.submit()
    await harness.worker.drain(10)
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.worker.drain(10)
    harness.sandbox.shared.workspace.channels[BYGGLOV_CHANNEL].messages.clear()
    await harness.advance(seconds=11)
    await harness.advance(seconds=3)
    assert [one["thread_ts"] for one in harness.list_replies()] == [harness.list_posts()[0]["ts"]] * 2


async def test_a_line_whose_card_cannot_be_posted_waits_with_it(harness: DeliveryHarness) -> None:
    harness.sandbox.shared.workspace.channels[BYGGLOV_CHANNEL].is_archived = True
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.advance(seconds=11)
    parked = await harness.database.read(parking.list_parked)
    assert sorted(one[1] for one in parked) == ["card", "line"]
