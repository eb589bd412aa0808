"""Open cases that nobody who has them may work with any more: their coordinators are told."""

from __future__ import annotations

import structlog

from bot.domain.absence import list_coordinators_present
from bot.domain.assignment import ServiceCases, has_access
from bot.jobs.dependencies import JobDependencies
from bot.store import Tx
from bot.store.lists.queries import case_lists
from bot.store.lists.queries.case_lists import AssignedCase
from bot.store.officers import absences
from bot.store.outbox import officer_notices
from bot.text.working_days import is_working_day, local_day

log = structlog.get_logger()

MAX_NUMBERS = 10
"""Numbers of cases that a notice names."""


async def notify_of_lost_access(deps: JobDependencies) -> None:
    """Tell each e-service's coordinators, on working days, of cases whose assignees all lack access today.

    An officer's access ends by its last day, or when the catalog no longer has them.
    """
    service, catalog = deps.service, deps.service.catalog
    today = local_day(service.clock())
    if not is_working_day(today, catalog.closed_days):
        return
    found_by_service: dict[str, list[AssignedCase]] = {}
    for case in await service.database.read(case_lists.list_assigned_open):
        cases = ServiceCases(case.service, is_protected=case.is_protected)
        if not any(has_access(ref, cases, catalog, today) for ref in case.assignees):
            found_by_service.setdefault(case.service, []).append(case)

    def work(tx: Tx) -> None:
        away = absences.load_absences(tx, today)
        for key, found in found_by_service.items():
            recipients = list_coordinators_present(key, away, catalog, today)
            about = {
                "service": key,
                "count": len(found),
                "numbers": [one.number for one in found[:MAX_NUMBERS]],
                "cases": [one.id for one in found[:MAX_NUMBERS]],
            }
            officer_notices.enqueue_lost_access_notice(tx, recipients, about, service.clock())

    await service.database.write(work)
    service.wake()
    for key, found in found_by_service.items():
        log.warning("assignees_without_access", service=key, cases=len(found))
