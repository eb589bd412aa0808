"""Due days that have passed, and reminders of flagged cases that are due."""

from __future__ import annotations

from bot.domain.actors import Machine
from bot.domain.deadline import ReportOverdue
from bot.jobs.dependencies import JobDependencies
from bot.store.lists import case_lists
from bot.store.officers import flags
from bot.text.working_days import local_day


async def tell_overdue(deps: JobDependencies) -> None:
    """Record, once for each open case, that its due day has passed; its card and thread then say so."""
    # No command can be performed on a case whose e-service is not in the catalog.
    today, services = local_day(deps.service.clock()), tuple(deps.service.catalog.services)
    found = await deps.service.database.read(lambda tx: case_lists.find_overdue(tx, today, services))
    await deps.service.perform_all([ReportOverdue(case_id=case_id) for case_id in found], Machine("clock"))


async def enqueue_reminders(deps: JobDependencies) -> None:
    """Enqueue a notice, once, for each reminder that is due."""
    now = deps.service.clock()
    while await deps.service.database.write(lambda tx: flags.enqueue_due_reminders(tx, now)):
        deps.service.wake()
