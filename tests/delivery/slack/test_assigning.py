"""What is told of who has a case."""

from __future__ import annotations

from datetime import date

from bot.catalog.services import AssignmentRule
from bot.domain.absence import Absence
from bot.domain.assignment import TakeCase
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.service import CommandResult
from bot.store.officers import absences
from tests.delivery.conftest import DeliveryHarness
from tests.delivery.slack.test_threads_and_notices import ANNA, BO


def set_rule(harness: DeliveryHarness, officer: str) -> None:
    """From now on the officer gets each new building permit."""
    rule = (AssignmentRule(officer=officer),)
    service = harness.town.catalog.services["bygglov"]
    # The catalog is frozen for the program, not for a test that changes it midway.
    service.__dict__["assign"] = rule


async def test_an_assigned_case_is_posted_with_its_officer_who_is_told(harness: DeliveryHarness) -> None:
    set_rule(harness, "bo")
    done = await harness.town.submit()
    await harness.advance(seconds=11)
    posted = harness.list_posts()
    assert [one["text"] for one in posted] == [
        f"Nytt ärende {done.number}, Bygglov. Status Inskickat. Handläggare Bo Berg."
    ]
    assert harness.list_private_messages(BO) == [f"Tilldelat dig: {done.number} · Bygglov"]
    assert harness.list_replies() == []


async def test_an_officer_without_slack_is_told_by_mail(harness: DeliveryHarness) -> None:
    set_rule(harness, "carl")
    done = await harness.town.submit()
    await harness.advance(seconds=11)
    assert f"Tilldelat dig: ärende {done.number}" in [mail.subject for mail in harness.list_mails()]


async def test_who_loses_a_case_to_another_is_told_to_whom(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.town.perform("bo", TakeCase(case_id=done.case_id, mode="over", expected=("anna",)))
    await harness.advance(seconds=11)
    assert harness.list_private_messages(ANNA) == [
        f"Du är inte längre handläggare i {done.number} · Bygglov. Bo Berg tog över ärendet från Anna Berg."
    ]
    assert harness.list_private_messages(BO) == []


async def test_who_stands_in_is_told_for_whom(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await _be_absent(harness, date(2026, 11, 23))
    await _receive(harness, done)
    await harness.advance(seconds=11)
    assert harness.list_private_messages(ANNA) == []
    assert harness.list_private_messages(BO) == [
        f"Nytt meddelande i {done.number} · Bygglov. Du får detta som ersättare för Anna Berg."
    ]


async def test_what_waited_for_the_morning_goes_to_who_stands_in_since(harness: DeliveryHarness) -> None:
    """Anna has gone home; in the morning she is ill, before the notice has reached her."""
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.advance(hours=9)
    await _receive(harness, done)
    await harness.advance(hours=12)
    assert harness.list_private_messages(ANNA) == harness.list_private_messages(BO) == []
    await _be_absent(harness, date(2026, 11, 24))
    await harness.advance(hours=2)
    await harness.advance(seconds=11)
    assert harness.list_private_messages(ANNA) == []
    assert harness.list_private_messages(BO) == [
        f"Nytt meddelande i {done.number} · Bygglov. Du får detta som ersättare för Anna Berg."
    ]


async def test_who_stands_in_is_not_told_of_what_they_know(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.advance(hours=9)
    await _receive(harness, done)
    await harness.town.perform("bo", SendMessage(case_id=done.case_id, text="Vi hör av oss."))
    await _be_absent(harness, date(2026, 11, 24))
    await harness.advance(hours=15)
    await harness.advance(seconds=11)
    assert harness.list_private_messages(BO) == []


async def _be_absent(harness: DeliveryHarness, day: date) -> None:
    """From now on Anna is absent on that day, and Bo stands in for her."""
    away, service = Absence("anna", day, day, "bo"), harness.town.service
    await service.database.write(lambda tx: absences.save(tx, away, "officer:anna", service.clock()))


async def _receive(harness: DeliveryHarness, case: CommandResult) -> None:
    message = ReceiveMessage(case_id=case.case_id, text="Hur går det?")
    await harness.town.service.perform(message, await harness.town.applicant(case))
