"""Reminders of flagged cases."""

from __future__ import annotations

from bot.jobs.dependencies import JobDependencies
from bot.store.officers import flags


async def enqueue_reminders(deps: JobDependencies) -> None:
    """Enqueue a notice, once, for each reminder that is due."""
    now = deps.service.clock()
    while await deps.service.database.write(lambda tx: flags.enqueue_due_reminders(tx, now)):
        deps.service.wake()
