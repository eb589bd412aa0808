"""Private notices: what an officer wants to hear, once, and never of their own doing."""

from __future__ import annotations

import pytest

from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.notes import AddNote
from bot.domain.preferences import Preferences, Told
from bot.service import Done
from bot.store.officers import preferences
from bot.store.outbox import deliveries
from tests.delivery.conftest import Office
from tests.delivery.test_threads_and_notices import ANNA, BO, writes

SECRET = "Karl Ek på Storgatan 4"


async def gives(office: Office, case: Done, to: str) -> None:
    was = (await office.town.sees("anna", case)).case.holders
    await office.town.does(
        "anna", ChangeAssignees(case_id=case.case_id, holders=(f"officer:{to}",), was=was, reason=SECRET)
    )


async def mentions(office: Office, case: Done, who: str) -> None:
    await office.town.does("anna", AddNote(case_id=case.case_id, text=SECRET, mentions=(who,)))


async def mutes(office: Office, who: str, *told: Told) -> None:
    chosen = Preferences(muted=frozenset(told))
    await office.database.write(lambda tx: preferences.keep(tx, who, chosen))


async def test_being_given_a_case_and_mentioned_in_it_is_one_notice(office: Office) -> None:
    case = await office.town.submits()
    await gives(office, case, "bo")
    await mentions(office, case, "bo")
    await office.goes_by(seconds=11)
    called = f"{case.number} · Bygglov"
    assert office.told(BO) == [f"Tilldelat dig: {called}. Du är omnämnd i {called}"]
    assert office.told(ANNA) == [] and "Karl" not in str(office.sandbox.state())


async def test_a_later_notice_is_one_of_its_own(office: Office) -> None:
    case = await office.town.submits()
    for _ in range(2):
        await mentions(office, case, "bo")
        await office.goes_by(seconds=11)
    assert len(office.told(BO)) == 2


async def test_nobody_is_told_of_their_own_doing(office: Office) -> None:
    case = await office.town.submits()
    await gives(office, case, "anna")
    await mentions(office, case, "anna")
    await office.town.does("bo", TakeCase(case_id=case.case_id, mode="together", was=("anna",)))
    await office.goes_by(seconds=11)
    assert office.told(ANNA) == office.told(BO) == []


@pytest.mark.parametrize("muted", ["assigned", "message", "added", "mentioned", "reminder"])
async def test_what_an_officer_does_without_is_not_told(office: Office, muted: Told) -> None:
    """The rest still is, and what is muted for one is not muted for another."""
    await mutes(office, "bo", muted)
    case = await office.town.submits()
    await gives(office, case, "bo")
    await mentions(office, case, "bo")
    await writes(office, case)
    await office.goes_by(seconds=11)
    said = {"assigned": "Tilldelat dig", "mentioned": "Du är omnämnd", "message": "Nytt meddelande"}
    (told,) = office.told(BO)
    assert [key for key, text in said.items() if text in told] == [key for key in said if key != muted]


async def test_where_nothing_is_wanted_nothing_is_sent(office: Office) -> None:
    """Neither in Slack nor, to one who has no account there, by mail."""
    case = await office.town.submits()
    for who in ("bo", "carl"):
        await mutes(office, who, "assigned", "mentioned")
        await gives(office, case, who)
        await mentions(office, case, who)
    before = len(office.mails())
    await office.goes_by(seconds=11)
    assert office.told(BO) == [] and len(office.mails()) == before + 1  # the applicant's receipt
    assert await office.left() == {}


async def test_a_mail_under_way_is_not_sent_once_it_is_not_wanted(office: Office) -> None:
    case = await office.town.submits()
    now = office.clock()
    await office.database.write(
        lambda tx: deliveries.enqueue_letter(tx, "carl", case.case_id, ["mentioned"], now)
    )
    await mutes(office, "carl", "mentioned")
    await office.goes_by(seconds=11)
    assert [mail.recipients for mail in office.mails()] == [["eva@ek.example"]]
    assert await office.left() == {}


async def test_who_has_no_account_is_told_by_mail_that_they_are_mentioned(office: Office) -> None:
    case = await office.town.submits()
    await mentions(office, case, "carl")
    await office.goes_by(seconds=11)
    mail = office.mails()[-1]
    assert (mail.recipients, mail.subject) == (
        ["carl@staden.example"],
        f"Du är omnämnd: ärende {case.number}",
    )
    assert "Karl" not in mail.text


async def test_a_mention_is_not_told_to_one_who_may_no_longer_see_the_case(office: Office) -> None:
    case = await office.town.submits()
    await gives(office, case, "rut")
    await office.goes_by(seconds=11)
    before = len(office.mails())
    await mentions(office, case, "rut")
    await gives(office, case, "bo")
    await office.goes_by(seconds=11)
    assert [mail.subject for mail in office.mails()[before:]] == [
        f"Du är inte längre handläggare: ärende {case.number}"
    ]


async def test_of_a_strict_case_its_number_is_told_and_its_page_opened(office: Office) -> None:
    case = await office.town.submits(service="oro")
    await mentions(office, case, "bo")
    await office.goes_by(seconds=11)
    assert office.told(BO) == [f"Du är omnämnd i {case.number}"]
    assert "Oros" not in str(office.sandbox.state()["channels"])
