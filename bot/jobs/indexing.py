"""Indexing what an earlier version indexed otherwise."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from bot.jobs.dependencies import JobDependencies
from bot.store.cases import indexing


async def index_outdated(deps: JobDependencies) -> None:
    """Some at a time while the program serves, and as much rest in between. Where a kill cuts it, it goes on."""
    database, before = deps.service.database, indexing.FROM_NEWEST
    while before and await database.read(indexing.has_outdated):
        started_at = time.monotonic()
        before = (await database.write(partial(indexing.index_batch, before=before))).next_before
        await asyncio.sleep(time.monotonic() - started_at)
