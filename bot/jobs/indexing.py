"""Re-indexing of cases that an earlier version of the index holds."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from bot.jobs.dependencies import JobDependencies
from bot.store.cases import indexing


async def index_outdated(deps: JobDependencies) -> None:
    """Index them in batches with pauses of the same length, so that requests are not slowed. Resumes after a crash."""
    database, before = deps.service.database, indexing.FROM_NEWEST
    while before and await database.read(indexing.has_outdated):
        started_at = time.monotonic()
        before = (await database.write(partial(indexing.index_batch, before=before))).next_before
        await asyncio.sleep(time.monotonic() - started_at)
