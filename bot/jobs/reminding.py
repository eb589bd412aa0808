"""Reminding officers of the cases they have flagged."""

from __future__ import annotations

from bot.jobs.kit import JobKit
from bot.store.officers import flags


async def remind(kit: JobKit) -> None:
    """Each reminder whose time has come is told once."""
    now = kit.service.clock()
    while await kit.service.database.write(lambda tx: flags.tell_due(tx, now)):
        kit.service.wake()
