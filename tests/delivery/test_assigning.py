"""What is told of who has a case."""

from __future__ import annotations

from bot.catalog.services import AssignmentRule
from bot.domain.assignment import TakeCase
from tests.delivery.conftest import DeliveryHarness
from tests.delivery.test_threads_and_notices import ANNA, BO


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


async def test_who_loses_a_case_to_another_is_told(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.town.perform("bo", TakeCase(case_id=done.case_id, mode="over", expected=("anna",)))
    await harness.advance(seconds=11)
    assert harness.list_private_messages(ANNA) == [f"Du är inte längre handläggare i {done.number} · Bygglov"]
    assert harness.list_private_messages(BO) == []
