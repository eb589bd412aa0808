"""Check of the catalog's officers against Slack's accounts."""

from __future__ import annotations

from functools import partial

from bot.catalog.models import Catalog
from bot.catalog.people import Officer
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem, slack_down


async def check_officers(deps: DoctorDependencies) -> list[Finding]:
    """One finding for all officers without a problem, and one for each other."""
    findings, found_count = [], 0
    for officer in deps.catalog.municipality.officers:
        finding = await _check_officer(deps, officer)
        if finding is None:
            found_count += 1
        else:
            findings.append(finding)
        if finding is not None and finding.blocks_slack_checks:
            break
    known = [ok("doctor.officers", n=found_count)] if found_count else []
    return [*known, *findings, *find_unopenable(deps.catalog)]


def find_unopenable(catalog: Catalog) -> list[Finding]:
    """E-services of our own forms whose protected cases nobody may open."""
    return [
        note("doctor.unopenable", service=service.name.in_(catalog.municipality.language))
        for service in catalog.services.values()
        if service.is_published and not service.protected_officers
    ]


async def _check_officer(deps: DoctorDependencies, officer: Officer) -> Finding | None:
    try:
        user = await deps.with_retries(partial(deps.slack.find_user_by_email, officer.email))
    except TemporaryFailure:
        return slack_down()
    except PermanentFailure:
        user = None
    if user is None:
        return problem("doctor.officer.unknown", name=officer.name)
    return problem("doctor.officer.guest", name=officer.name) if user.is_guest_or_gone else None
