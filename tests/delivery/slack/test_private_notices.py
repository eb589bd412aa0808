"""Private notices: what an officer wants to hear, once, and never of their own doing."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.notes import AddNote
from bot.domain.notice_reasons import NOTICE_KINDS, NoticeKind, NoticeReason
from bot.domain.notices import OfficerNotice
from bot.domain.preferences import NOTICE_PLACES, NoticePlace, Preferences
from bot.domain.status import SetStatus
from bot.service import CommandResult
from bot.store import Tx
from bot.store.officers import preferences
from bot.store.outbox import deliveries, officer_notices
from bot.store.tables import DeliveryRow
from tests.delivery.conftest import DeliveryHarness
from tests.delivery.slack.test_threads_and_notices import ANNA, BO, receive_message

SECRET = "Karl Ek på Storgatan 4"


async def assign(harness: DeliveryHarness, case: CommandResult, to: str) -> None:
    previous = (await harness.town.view_case("anna", case)).case.assignee_refs
    await harness.town.perform(
        "anna",
        ChangeAssignees(case_id=case.case_id, assignees=(f"officer:{to}",), expected=previous, reason=SECRET),
    )


async def add_mention(harness: DeliveryHarness, case: CommandResult, who: str) -> None:
    await harness.town.perform("anna", AddNote(case_id=case.case_id, text=SECRET, mentions=(who,)))


async def mute(harness: DeliveryHarness, who: str, *kinds: NoticeKind) -> None:
    chosen = Preferences(places=dict.fromkeys(kinds, "nowhere"))
    await harness.database.write(lambda tx: preferences.save(tx, who, chosen))


async def test_being_given_a_case_and_mentioned_in_it_is_one_notice(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    await assign(harness, case, "bo")
    await add_mention(harness, case, "bo")
    await harness.advance(seconds=11)
    called = f"{case.number} · Bygglov"
    assert harness.list_private_messages(BO) == [f"Tilldelat dig: {called}. Du är omnämnd i {called}"]
    assert harness.list_private_messages(ANNA) == [] and "Karl" not in str(harness.sandbox.state())


async def test_a_later_notice_is_one_of_its_own(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    for _ in range(2):
        await add_mention(harness, case, "bo")
        await harness.advance(seconds=11)
    assert len(harness.list_private_messages(BO)) == 2


async def test_nobody_is_told_of_their_own_doing(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    await assign(harness, case, "anna")
    await add_mention(harness, case, "anna")
    await harness.town.perform("bo", TakeCase(case_id=case.case_id, mode="together", expected=("anna",)))
    await harness.advance(seconds=11)
    assert harness.list_private_messages(ANNA) == harness.list_private_messages(BO) == []


@pytest.mark.parametrize("muted", ["assigned", "message", "added", "mentioned", "reminder"])
async def test_what_an_officer_does_without_is_not_told(harness: DeliveryHarness, muted: NoticeKind) -> None:
    """The rest still is, and what is muted for one is not muted for another."""
    await mute(harness, "bo", muted)
    case = await harness.town.submit()
    await assign(harness, case, "bo")
    await add_mention(harness, case, "bo")
    await receive_message(harness, case)
    await harness.advance(seconds=11)
    said = {"assigned": "Tilldelat dig", "mentioned": "Du är omnämnd", "message": "Nytt meddelande"}
    (told,) = harness.list_private_messages(BO)
    assert [key for key, text in said.items() if text in told] == [key for key in said if key != muted]


async def test_where_nothing_is_wanted_nothing_is_sent(harness: DeliveryHarness) -> None:
    """Neither in Slack nor, to one who has no account there, by mail."""
    case = await harness.town.submit()
    for who in ("bo", "carl"):
        await mute(harness, who, "assigned", "mentioned")
        await assign(harness, case, who)
        await add_mention(harness, case, who)
    before = len(harness.list_mails())
    await harness.advance(seconds=11)
    assert (
        harness.list_private_messages(BO) == [] and len(harness.list_mails()) == before + 1
    )  # the applicant's receipt
    assert await harness.count_deliveries() == {}


async def test_a_mail_under_way_is_not_sent_once_it_is_not_wanted(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    now = harness.clock()
    await harness.database.write(
        lambda tx: officer_notices.enqueue_officer_mail(
            tx, case.case_id, {"officer": "carl", "reasons": ["mentioned"]}, now
        )
    )
    await mute(harness, "carl", "mentioned")
    await harness.advance(seconds=11)
    assert [mail.recipients for mail in harness.list_mails()] == [["eva@ek.example"]]
    assert await harness.count_deliveries() == {}


async def test_who_has_no_account_is_told_by_mail_that_they_are_mentioned(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    await add_mention(harness, case, "carl")
    await harness.advance(seconds=11)
    mail = harness.list_mails()[-1]
    assert (mail.recipients, mail.subject) == (
        ["carl@staden.example"],
        f"Du är omnämnd: ärende {case.number}",
    )
    assert "Karl" not in mail.text


async def test_who_has_no_account_gets_what_waited_for_the_morning_as_mails(harness: DeliveryHarness) -> None:
    await choose_mornings(harness, "carl")
    cases = [await harness.town.submit() for _ in range(2)]
    for case in cases:
        await add_mention(harness, case, "carl")
    await to_the_morning(harness)
    await harness.advance(seconds=1)
    told = [mail.subject for mail in harness.list_mails() if mail.recipients == ["carl@staden.example"]]
    assert told == [f"Du är omnämnd: ärende {case.number}" for case in cases]


async def test_a_mention_is_not_told_to_one_who_may_no_longer_see_the_case(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    await assign(harness, case, "rut")
    await harness.advance(seconds=11)
    before = len(harness.list_mails())
    await add_mention(harness, case, "rut")
    await assign(harness, case, "bo")
    await harness.advance(seconds=11)
    assert [mail.subject for mail in harness.list_mails()[before:]] == [
        f"Du är inte längre handläggare: ärende {case.number}"
    ]


async def test_of_a_strict_case_its_number_is_told_and_its_page_opened(harness: DeliveryHarness) -> None:
    case = await harness.town.submit(service="oro")
    await add_mention(harness, case, "bo")
    await harness.advance(seconds=11)
    assert harness.list_private_messages(BO) == [f"Du är omnämnd i {case.number}"]
    assert "Oros" not in str(harness.sandbox.state()["channels"])


async def test_a_notice_of_the_evening_waits_for_the_office_to_open(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    await harness.advance(hours=9)  # seven in the evening
    await assign(harness, case, "bo")
    await harness.advance(seconds=11)
    await add_mention(harness, case, "bo")
    await harness.advance(seconds=11)
    assert harness.list_private_messages(BO) == []
    await harness.advance(hours=13)
    called = f"{case.number} · Bygglov"
    assert harness.list_private_messages(BO) == [f"Tilldelat dig: {called}. Du är omnämnd i {called}"]


async def test_who_wants_mails_gets_mails_and_who_wants_nothing_gets_nothing(
    harness: DeliveryHarness,
) -> None:
    case = await harness.town.submit()
    for who, place in (("bo", "mail"), ("carl", "nowhere")):
        chosen = Preferences(places={"mentioned": place})  # type: ignore[dict-item]
        await harness.database.write(lambda tx, who=who, chosen=chosen: preferences.save(tx, who, chosen))
        await add_mention(harness, case, who)
    await harness.advance(seconds=11)
    assert harness.list_private_messages(BO) == []
    (mail,) = [one for one in harness.list_mails() if "omnämnd" in one.subject]
    assert mail.recipients == ["bo@staden.example"]
    assert "eftersom du har valt det i Inställningar" in mail.text and "Slackkonto" not in mail.text


async def test_a_colleague_who_changes_the_status_is_told_of_and_ones_own_change_is_not(
    harness: DeliveryHarness,
) -> None:
    case = await harness.town.submit()
    await harness.town.perform("bo", TakeCase(case_id=case.case_id, expected=()))
    change = SetStatus(case_id=case.case_id, status="working", expected="submitted")
    await harness.town.perform("anna", change)
    await harness.advance(seconds=11)
    assert harness.list_private_messages(BO) == [f"Status ändrades av en kollega: {case.number} · Bygglov"]
    await harness.town.perform("bo", SetStatus(case_id=case.case_id, status="submitted", expected="working"))
    await harness.advance(seconds=11)
    assert len(harness.list_private_messages(BO)) == 1


async def choose_mornings(harness: DeliveryHarness, who: str) -> None:
    chosen = Preferences(places=dict.fromkeys(NOTICE_KINDS, "morning"))
    await harness.database.write(lambda tx: preferences.save(tx, who, chosen))


async def to_the_morning(harness: DeliveryHarness) -> None:
    """Ten o'clock has been, and eight o'clock of the next day is."""
    await harness.advance(seconds=11)
    await harness.advance(hours=22)
    await harness.advance(seconds=30)


async def test_what_waits_for_the_morning_comes_as_one_message(harness_on_both: DeliveryHarness) -> None:
    harness = harness_on_both
    await choose_mornings(harness, "bo")
    cases = [await harness.town.submit() for _ in range(3)]
    for case in cases:
        await assign(harness, case, "bo")
    await add_mention(harness, cases[1], "bo")
    await harness.advance(seconds=11)
    assert harness.list_private_messages(BO) == []
    await to_the_morning(harness)
    assert harness.list_private_messages(BO) == ["3 ärenden har något nytt för dig."]
    (message,) = harness.list_private_posts(BO)
    sections = [one["text"]["text"] for one in message["blocks"] if one["type"] == "section"]
    assert sections[1:] == [
        f"Tilldelat dig: {cases[0].number} · Bygglov",
        f"Tilldelat dig: {cases[1].number} · Bygglov\nDu är omnämnd i {cases[1].number} · Bygglov",
        f"Tilldelat dig: {cases[2].number} · Bygglov",
    ]
    await to_the_morning(harness)
    assert len(harness.list_private_messages(BO)) == 1


async def test_what_holds_no_longer_in_the_morning_is_left_out_of_it(harness: DeliveryHarness) -> None:
    await choose_mornings(harness, "bo")
    kept, given_away = [await harness.town.submit() for _ in range(2)]
    for case in (kept, given_away):
        await assign(harness, case, "bo")
    await harness.advance(seconds=11)
    await assign(harness, given_away, "anna")
    await to_the_morning(harness)
    assert not [
        one for one in harness.list_private_messages(BO) if f"Tilldelat dig: {given_away.number}" in one
    ]


async def test_to_a_message_that_is_being_sent_nothing_is_added(harness_on_both: DeliveryHarness) -> None:
    """It has a message of its own: what is added to one that another worker has read would be lost."""
    harness = harness_on_both
    now, notice = harness.clock(), {"officer": "bo", "reasons": ["assigned"]}
    ids = [(await harness.town.submit()).case_id for _ in range(3)]

    def add(tx: Tx, case_id: str) -> None:
        officer_notices.add_to_digest(tx, "bo", {**notice, "case_id": case_id}, now)

    def gathered(tx: Tx) -> list[list[str]]:
        rows = tx.conn.execute(
            select(DeliveryRow.ids).where(DeliveryRow.kind == "digest").order_by(DeliveryRow.id)
        )
        return [[one["case_id"] for one in json.loads(row)["notices"]] for row in rows.scalars()]

    await harness.database.write(lambda tx: add(tx, ids[0]))
    await harness.database.write(lambda tx: add(tx, ids[1]))
    assert await harness.database.read(gathered) == [ids[:2]]
    tried = update(DeliveryRow).where(DeliveryRow.kind == "digest").values(state="claimed", attempts=1)
    await harness.database.write(lambda tx: tx.conn.execute(tried))
    await harness.database.write(lambda tx: add(tx, ids[2]))
    assert await harness.database.read(gathered) == [ids[:2], ids[2:]]


REASON_OF_KIND: dict[NoticeKind, NoticeReason] = {
    "assigned": "assigned",
    "message": "message",
    "added": "added",
    "mentioned": "mentioned",
    "overdue": "overdue",
    "status": "status",
    "reminder": "reminder",
}


@pytest.mark.long
@pytest.mark.parametrize("evening", [False, True], ids=["at work", "in the evening"])
@pytest.mark.parametrize("place", NOTICE_PLACES)
@pytest.mark.parametrize("kind", NOTICE_KINDS)
async def test_each_kind_comes_once_where_and_when_it_is_wanted(
    harness: DeliveryHarness, kind: NoticeKind, place: NoticePlace, evening: bool
) -> None:
    case = await harness.town.submit()
    await mute(harness, "bo", *NOTICE_KINDS)
    await assign(harness, case, "bo")
    await harness.advance(hours=9 if evening else 0, seconds=11)
    chosen = Preferences(places={**dict.fromkeys(NOTICE_KINDS, "nowhere"), kind: place})
    loaded = (await harness.town.view_case("anna", case)).case
    notice, now = OfficerNotice("bo", REASON_OF_KIND[kind]), harness.clock()

    def enqueue(tx: Tx) -> None:
        preferences.save(tx, "bo", chosen)
        deliveries.enqueue(tx, loaded, [(loaded.seq, notice)], now)

    await harness.database.write(enqueue)
    mails_before = len(harness.list_mails())

    def came() -> tuple[int, int]:
        """(private messages in Slack, mails) about it."""
        return len(harness.list_private_messages(BO)), len(harness.list_mails()) - mails_before

    everywhere = {"slack": (1, 0), "mail": (0, 1), "morning": (1, 0), "nowhere": (0, 0)}
    waits = place == "morning" or (evening and kind != "reminder")
    await harness.advance(seconds=11)
    assert came() == ((0, 0) if waits else everywhere[place])
    await harness.advance(hours=13 if evening else 22)  # eight in the morning
    await harness.advance(seconds=30)
    assert came() == everywhere[place]
    texts = str(harness.list_private_messages(BO)) + "".join(one.text for one in harness.list_mails())
    assert SECRET not in texts and "Eva Ek" not in texts
