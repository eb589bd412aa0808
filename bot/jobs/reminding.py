"""Reminding officers of the cases they have flagged."""

from __future__ import annotations

from bot.jobs.dependencies import JobDependencies
from bot.store.officers import flags


async def enqueue_reminders(deps: JobDependencies) -> None:
    """Each reminder whose time has come is told once."""
    now = deps.service.clock()
    while await deps.service.database.write(lambda tx: flags.enqueue_due_reminders(tx, now)):
        deps.service.wake()
