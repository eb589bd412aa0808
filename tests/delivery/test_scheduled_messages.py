"""Messages that leave later: when they do, what follows, and what stops them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.blocks.cases import case_tabs
from bot.catalog.people import Grant
from bot.domain.case import Case
from bot.domain.deletion import DeleteCase, RestoreCase
from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.scheduled_messages import (
    AnswerDayBeforeSending,
    SendTimePassed,
    SendTimeTooFar,
    read_send_time,
    validate_send_time,
)
from bot.domain.messages.undoing import UndoMessage
from bot.domain.office_hours import Opening
from bot.domain.protection import SetProtection
from bot.domain.rules import Refused
from bot.domain.status import SetStatus
from bot.domain.views import CaseView
from bot.service.results import CommandResult
from bot.store.cases import scheduled_drafts
from bot.store.cases.officer_queries import CasePart
from bot.store.log import readings
from bot.store.officers import drafts
from bot.store.verification import proof
from bot.text import words
from bot.text.working_days import local_day
from tests.delivery.conftest import DeliveryHarness
from tests.delivery.slack.test_threads_and_notices import ANNA
from tests.municipality import small_catalog

OPENS = small_catalog().municipality.hours.opens
OPENING = Opening(OPENS, frozenset({date(2026, 12, 7)}))


async def schedule(harness: DeliveryHarness, case: CommandResult, **more: object) -> str:
    """Anna's message of tomorrow at ten. Returns its id."""
    send_at = more.pop("send_at", harness.clock() + timedelta(days=1))
    command = SendMessage(case_id=case.case_id, text="Hej Karl!", send_at=send_at, **more)  # type: ignore[arg-type]
    return (await harness.town.perform("anna", command)).ids["message_id"]


async def load(harness: DeliveryHarness, case: CommandResult) -> Case:
    return (await harness.town.view_case("anna", case)).case


async def texts(harness: DeliveryHarness, case: CommandResult) -> list[str | None]:
    """The messages that the case has."""
    return [one.text for one in (await harness.town.view_case("anna", case)).messages]


def mails(harness: DeliveryHarness) -> list[str]:
    return [one.subject for one in harness.list_mails() if "meddelande" in one.subject.lower()]


async def begun(harness: DeliveryHarness, case: CommandResult) -> str | None:
    """The text of Anna's draft."""
    draft = await harness.database.read(
        lambda tx: drafts.find_for_case(tx, "anna", case.case_id, drafts.MESSAGE_FORM)
    )
    return draft.values["text"] if draft is not None else None


async def test_a_message_leaves_at_its_time_once_with_the_status_that_follows(
    harness: DeliveryHarness,
) -> None:
    case = await harness.town.submit()
    await schedule(harness, case, status="working", expected="submitted")
    await harness.advance(hours=23)
    assert await texts(harness, case) == [] and mails(harness) == []
    assert (await load(harness, case)).status == "submitted"
    for _ in range(3):
        await harness.advance(hours=1)
    assert await texts(harness, case) == ["Hej Karl!"] and len(mails(harness)) == 1
    after = await load(harness, case)
    assert (after.status, after.scheduled, after.pending) == ("working", (), ())
    left = await harness.database.read(scheduled_drafts.list_file_ids)
    assert left == [] and await begun(harness, case) is None
    report = await harness.database.read(proof.verify)
    assert report.ok, report.findings


async def test_it_is_cancelled_until_then_and_its_text_is_a_draft_again(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    message_id = await schedule(harness, case)
    await harness.town.perform("anna", UndoMessage(case_id=case.case_id, message_id=message_id))
    assert await begun(harness, case) == "Hej Karl!"
    await harness.advance(days=2)
    assert await texts(harness, case) == [] and mails(harness) == []
    assert harness.list_private_messages(ANNA) == [], "she cancelled it herself"


async def test_what_waits_can_be_read_by_the_cases_officers_and_that_is_recorded(
    harness: DeliveryHarness,
) -> None:
    case = await harness.town.submit()
    message_id = await schedule(harness, case)
    assert not (await reveal(harness, case, "notes")).scheduled_texts
    view = await reveal(harness, case, "messages")
    assert view.scheduled_texts[message_id].text == "Hej Karl!"
    read = await harness.database.read(lambda tx: readings.list_for_case(tx, case.case_id))
    assert [(by, part) for _, by, part in read] == [("officer:bo", "notes"), ("officer:bo", "messages")]
    shown = case_tabs.messages(view, harness.town.service.catalog, words("sv"))
    assert "Ett meddelande från Anna Berg skickas" in str(shown) and "Hej Karl!" in str(shown)
    await harness.town.perform("anna", UndoMessage(case_id=case.case_id, message_id=message_id))
    assert not (await reveal(harness, case, "messages")).scheduled_texts


async def reveal(harness: DeliveryHarness, case: CommandResult, part: CasePart) -> CaseView:
    bo = harness.town.officer("bo")
    return await harness.town.service.reveal(bo, case.case_id, {part}, opening=part)


async def test_a_colleague_may_cancel_it_and_its_writer_is_told(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    message_id = await schedule(harness, case)
    await harness.town.perform("bo", UndoMessage(case_id=case.case_id, message_id=message_id))
    await harness.advance(seconds=11)
    (told,) = harness.list_private_messages(ANNA)
    assert told.startswith("Ditt meddelande skickades inte") and case.number in told
    assert await begun(harness, case) == "Hej Karl!"


async def stop(harness: DeliveryHarness, case: CommandResult, how: str) -> None:
    if how == "closed":
        change = SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart.")
        await harness.town.perform("bo", change)
    elif how == "protected":
        command = SetProtection(case_id=case.case_id, protected=True, reason="Hot")
        await harness.town.perform("anna", command)
    else:
        catalog = harness.town.service.catalog
        services = catalog.services
        others = tuple(one for one in services["bygglov"].officers if one.officer != "anna")
        services["bygglov"] = services["bygglov"].model_copy(update={"officers": others})
        catalog.__dict__.pop("_cached_directory", None)


@pytest.mark.parametrize("how", ["closed", "protected", "access"])
async def test_what_would_no_longer_be_right_to_send_is_stopped_and_the_writer_told(
    harness: DeliveryHarness, how: str
) -> None:
    case = await harness.town.submit()
    await harness.advance(seconds=11)
    await schedule(harness, case)
    await stop(harness, case, how)
    await harness.advance(days=1, minutes=1)
    await harness.advance(seconds=11)
    assert mails(harness) == []
    told = [one for one in harness.list_private_messages(ANNA) if "skickades inte" in one]
    assert len(told) == 1 and case.number in told[0]
    assert await begun(harness, case) == "Hej Karl!"


async def test_in_a_case_deleted_meanwhile_it_is_never_sent_and_restored_it_waits_for_its_writer(
    harness: DeliveryHarness,
) -> None:
    service = harness.town.service.catalog.services["bygglov"]
    officers = (Grant(officer="anna"), Grant(officer="bo", coordinator=True))
    harness.town.service.catalog.services["bygglov"] = service.model_copy(update={"officers": officers})
    case = await harness.town.submit()
    await harness.advance(seconds=11)
    await schedule(harness, case)
    seq = (await load(harness, case)).seq
    deletion = DeleteCase(case_id=case.case_id, typed_number=case.number, ground="test", expected=seq)
    await harness.town.perform("bo", deletion)
    await harness.advance(days=2)
    told = [one for one in harness.list_private_messages(ANNA) if "skickades inte" in one]
    assert mails(harness) == [] and len(told) == 1 and case.number in told[0]
    await harness.town.perform("bo", RestoreCase(case_id=case.case_id))
    await harness.advance(days=2)
    restored = await load(harness, case)
    assert mails(harness) == [] and await texts(harness, case) == [] and restored.scheduled == ()
    assert await begun(harness, case) == "Hej Karl!", "it is offered to be sent"


async def test_beside_a_message_that_was_begun_meanwhile_no_text_is_lost(harness: DeliveryHarness) -> None:
    case = await harness.town.submit()
    message_id = await schedule(harness, case)
    draft = drafts.Draft("d" * 32, case.case_id, drafts.MESSAGE_FORM, {"text": "Nytt."}, harness.clock())
    await harness.database.write(lambda tx: drafts.save(tx, "anna", draft))
    await harness.town.perform("anna", UndoMessage(case_id=case.case_id, message_id=message_id))
    assert await begun(harness, case) == "Nytt.\n\nHej Karl!"


async def test_the_time_is_to_come_and_leaves_the_applicant_time_to_answer(harness: DeliveryHarness) -> None:
    case, now = await harness.town.submit(), harness.clock()
    refusals: dict[type[Refused], dict[str, object]] = {
        SendTimePassed: {"send_at": now},
        SendTimeTooFar: {"send_at": now + timedelta(days=400)},
        AnswerDayBeforeSending: {"send_at": now + timedelta(days=3), "answer_by": local_day(now)},
    }
    for refusal, given in refusals.items():
        with pytest.raises(refusal):
            await schedule(harness, case, **given)


def test_the_applicant_may_be_asked_to_answer_on_the_day_that_the_message_leaves() -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    send_at = now + timedelta(days=1)
    assert validate_send_time(send_at, local_day(send_at), now) == send_at


@pytest.mark.parametrize(
    ("day", "typed", "sent"),
    [
        ("2026-10-24", "09:00", datetime(2026, 10, 24, 7, tzinfo=UTC)),
        ("2026-10-25", "09:00", datetime(2026, 10, 25, 8, tzinfo=UTC)),  # winter time from that night
        ("2026-10-25", "02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # comes twice: the first
        ("2027-03-28", "02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # is skipped
        ("2026-12-01", "", datetime(2026, 12, 1, OPENS.hour - 1, OPENS.minute, tzinfo=UTC)),
        # a Saturday: the office opens on Tuesday, as Monday is one of its closed days
        ("2026-12-05", "", datetime(2026, 12, 8, OPENS.hour - 1, OPENS.minute, tzinfo=UTC)),
        ("2026-12-05", "09:00", datetime(2026, 12, 5, 8, tzinfo=UTC)),
        ("2026-12-24", "", datetime(2026, 12, 28, OPENS.hour - 1, OPENS.minute, tzinfo=UTC)),
    ],
)
def test_the_clock_on_the_wall_decides(day: str, typed: str, sent: datetime) -> None:
    assert read_send_time(datetime.fromisoformat(day).date(), typed, OPENING) == sent
