"""Counting of the figures from the log, as it grows."""

from __future__ import annotations

from functools import partial

from bot.jobs.dependencies import JobDependencies
from bot.jobs.maintenance import pause_as_long
from bot.store.figures import counting
from bot.store.verification import checkpoints
from bot.text.working_days import local_day


async def count_figures(deps: JobDependencies) -> None:
    """Count what is new in the log, in parts, and add up the months and weeks that are over.

    Resumes after a crash; several processes may run it at once.
    """
    if await deps.service.database.read(counting.has_new_events):
        await _count_new_events(deps)
    await _make_sums(deps)


async def _count_new_events(deps: JobDependencies) -> None:
    database, now = deps.service.database, deps.service.clock()
    end = await database.read(checkpoints.find_last_event)
    has_more = True
    while has_more:
        async with pause_as_long():
            part = await database.read(partial(counting.prepare_part, end=end, now=now))
            has_more = part is not None
            if part is not None:
                await database.write(partial(counting.save_part, part=part))


async def _make_sums(deps: JobDependencies) -> None:
    """Add up the months and weeks that are over."""
    database, today = deps.service.database, local_day(deps.service.clock())
    has_more = True
    while has_more:
        async with pause_as_long():
            prepared = await database.read(partial(counting.prepare_sums, today=today))
            has_more = prepared is not None
            if prepared is not None:
                await database.write(partial(counting.save_sums, prepared=prepared))
