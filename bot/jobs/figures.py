"""Counting of the figures from the log, as it grows."""

from __future__ import annotations

from functools import partial

from bot.jobs.dependencies import JobDependencies
from bot.jobs.maintenance import pause_as_long
from bot.store.figures import counting
from bot.store.verification import checkpoints


async def count_figures(deps: JobDependencies) -> None:
    """Count what is new in the log, in parts. Resumes after a crash; several processes may run it at once."""
    database, now = deps.service.database, deps.service.clock()
    if not await database.read(counting.has_new_events):
        return
    end = await database.read(checkpoints.find_last_event)
    has_more = True
    while has_more:
        async with pause_as_long():
            part = await database.read(partial(counting.prepare_part, end=end, now=now))
            has_more = part is not None
            if part is not None:
                await database.write(partial(counting.save_part, part=part))
