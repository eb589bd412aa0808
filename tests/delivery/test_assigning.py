"""What is told of who has a case."""

from __future__ import annotations

from bot.catalog.services import AssignmentRule
from bot.domain.assignment import TakeCase
from tests.delivery.conftest import Office
from tests.delivery.test_threads_and_notices import ANNA, BO


def ruled(office: Office, officer: str) -> None:
    """From now on the officer gets each new building permit."""
    rule = (AssignmentRule(officer=officer),)
    service = office.town.catalog.services["bygglov"]
    # The catalog is frozen for the program, not for a test that changes it midway.
    service.__dict__["assign"] = rule


async def test_an_assigned_case_is_posted_with_its_officer_who_is_told(office: Office) -> None:
    ruled(office, "bo")
    done = await office.town.submits()
    await office.goes_by(seconds=11)
    posted = office.posted()
    assert [one["text"] for one in posted] == [
        f"Nytt ärende {done.number}, Bygglov. Status Inskickat. Handläggare Bo Berg."
    ]
    assert office.told(BO) == [f"Tilldelat dig: {done.number} · Bygglov"]
    assert office.replies() == []


async def test_an_officer_without_slack_is_told_by_mail(office: Office) -> None:
    ruled(office, "carl")
    done = await office.town.submits()
    await office.goes_by(seconds=11)
    assert f"Tilldelat dig: ärende {done.number}" in [mail.subject for mail in office.mails()]


async def test_who_loses_a_case_to_another_is_told(office: Office) -> None:
    done = await office.town.submits()
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await office.town.does("bo", TakeCase(case_id=done.case_id, mode="over", was=("anna",)))
    await office.goes_by(seconds=11)
    assert office.told(ANNA) == [f"Du är inte längre handläggare i {done.number} · Bygglov"]
    assert office.told(BO) == []
