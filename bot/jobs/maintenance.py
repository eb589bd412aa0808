"""Upkeep of the store: the log's checkpoint outside the database, and the search index."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from bot.jobs.dependencies import JobDependencies
from bot.store.cases import indexing
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


async def index_outdated(deps: JobDependencies) -> None:
    """Index the cases that an earlier version of the index holds, in batches. Resumes after a crash."""
    database, before = deps.service.database, indexing.FROM_NEWEST
    while before and await database.read(indexing.has_outdated):
        async with pause_as_long():
            before = (await database.write(partial(indexing.index_batch, before=before))).next_before


async def scrub_index(deps: JobDependencies) -> None:
    """Rewrite the index, a part at a time, so that nothing erased during the day remains in its file."""
    is_first = has_more = True
    while has_more:
        async with pause_as_long():
            has_more = await deps.service.database.write(partial(indexing.scrub_step, is_first=is_first))
        is_first = False


@asynccontextmanager
async def pause_as_long() -> AsyncIterator[None]:
    """Pause as long as the work took, which keeps requests from being slowed."""
    started_at = time.monotonic()
    yield
    await asyncio.sleep(time.monotonic() - started_at)
