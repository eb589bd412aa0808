"""Writing of the log's checkpoint, outside the database."""

from __future__ import annotations

from functools import partial

from bot.jobs.dependencies import JobDependencies
from bot.store.verification import checkpoints


async def write_checkpoint(deps: JobDependencies) -> None:
    """Write the heads of all chains that have grown since the last checkpoint, in parts.

    If the program stops in between, the next run continues from there.
    """
    now, database = deps.service.clock(), deps.service.database
    end, more = await database.read(checkpoints.find_last_event), True
    while more:
        write = partial(checkpoints.write_part, folder=deps.checkpoints, now=now, end=end)
        more = (await database.read(write)).more
