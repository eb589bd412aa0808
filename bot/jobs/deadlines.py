"""Telling that due days have passed."""

from __future__ import annotations

from bot.domain.actors import Machine
from bot.domain.deadline import TellOverdue
from bot.jobs.kit import JobKit
from bot.store.lists import case_lists
from bot.text.working_days import local_day


async def tell_overdue(kit: JobKit) -> None:
    """Each open case whose due day has passed says so once, on its card and in its thread."""
    # Nothing can be told of a case whose e-service is no longer in the catalog.
    today, services = local_day(kit.service.clock()), tuple(kit.service.catalog.services)
    found = await kit.service.database.read(lambda tx: case_lists.overdue(tx, today, services))
    await kit.service.perform_all([TellOverdue(case_id=case_id) for case_id in found], Machine("clock"))
