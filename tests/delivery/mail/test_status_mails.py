"""Mails about a changed status: gathered, and left out where a message's mail says that there is news."""

from __future__ import annotations

from typing import cast

from bot.catalog.services import EService
from bot.catalog.statuses import Status
from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.status import SetStatus
from bot.store.cases import system_queries
from tests.delivery.conftest import DeliveryHarness

STEPS = ("working", "submitted", "working", "submitted", "working")
DECIDED = Status.model_validate(
    {"key": "decided", "name": "Avslutat med beslut", "kind": "closed", "told": "Beslutet är klart."}
)


async def submit(harness: DeliveryHarness) -> tuple[str, str]:
    """A new case, whose receipt has been mailed: (id, number). It can be closed with a decision."""
    services = cast(dict[str, EService], harness.town.catalog.services)
    bygglov = services["bygglov"]
    services["bygglov"] = bygglov.model_copy(update={"statuses": (*bygglov.statuses, DECIDED)})
    case = await harness.town.submit()
    await harness.advance(seconds=1)
    return case.case_id, case.number


async def load_status(harness: DeliveryHarness, case_id: str) -> str:
    case = await harness.database.read(lambda tx: system_queries.load_case(tx, case_id))
    assert case is not None
    return case.status


async def set_statuses(harness: DeliveryHarness, case_id: str, *statuses: str) -> None:
    """Anna sets them, a minute apart."""
    before = await load_status(harness, case_id)
    for status in statuses:
        await harness.town.perform("anna", SetStatus(case_id=case_id, status=status, expected=before))
        await harness.advance(seconds=60)
        before = status


def subjects(harness: DeliveryHarness) -> list[str]:
    """The subjects of all mails but the receipt."""
    return [mail.subject for mail in harness.list_mails()][1:]


async def test_a_case_that_is_closed_with_a_decision_in_eight_minutes_sends_one_mail(
    harness_on_both: DeliveryHarness,
) -> None:
    harness = harness_on_both
    case_id, number = await submit(harness)
    await set_statuses(harness, case_id, *STEPS)
    await harness.advance(minutes=2)
    decision = SendMessage(
        case_id=case_id, text="Beslut", kind="decision", status="decided", expected="working"
    )
    await harness.town.perform("anna", decision)
    await harness.advance(seconds=21)
    assert await load_status(harness, case_id) == "decided"
    await harness.advance(minutes=30)
    assert subjects(harness) == [f"Nytt meddelande i ditt ärende {number}"]


async def test_statuses_that_change_within_some_minutes_are_told_of_in_one_mail(
    harness_on_both: DeliveryHarness,
) -> None:
    harness = harness_on_both
    case_id, number = await submit(harness)
    await set_statuses(harness, case_id, *STEPS[:3])
    assert subjects(harness) == []
    await harness.advance(minutes=10)
    assert subjects(harness) == [f"Det har hänt något i ditt ärende {number}"]
    await set_statuses(harness, case_id, "submitted")
    await harness.advance(minutes=10)
    assert subjects(harness) == [f"Det har hänt något i ditt ärende {number}"] * 2


async def test_a_message_that_is_undone_stands_for_nothing(harness: DeliveryHarness) -> None:
    case_id, number = await submit(harness)
    await set_statuses(harness, case_id, "working")
    sent = await harness.town.perform("anna", SendMessage(case_id=case_id, text="Fel"))
    await harness.town.perform("anna", UndoMessage(case_id=case_id, message_id=sent.ids["message_id"]))
    await harness.advance(minutes=10)
    assert subjects(harness) == [f"Det har hänt något i ditt ärende {number}"]


async def test_a_status_set_after_a_message_is_told_of(harness: DeliveryHarness) -> None:
    case_id, number = await submit(harness)
    await harness.town.perform("anna", SendMessage(case_id=case_id, text="Hej"))
    await harness.advance(seconds=21)
    await set_statuses(harness, case_id, "working")
    await harness.advance(minutes=10)
    assert subjects(harness) == [
        f"Nytt meddelande i ditt ärende {number}", f"Det har hänt något i ditt ärende {number}",
    ]  # fmt: skip


async def test_a_message_that_can_still_be_undone_is_waited_for(harness: DeliveryHarness) -> None:
    case_id, number = await submit(harness)
    await set_statuses(harness, case_id, "working")
    await harness.advance(minutes=8, seconds=50)
    await harness.town.perform("anna", SendMessage(case_id=case_id, text="Hej"))
    await harness.advance(seconds=15)
    assert subjects(harness) == []
    await harness.advance(minutes=10)
    assert subjects(harness) == [f"Nytt meddelande i ditt ärende {number}"]
