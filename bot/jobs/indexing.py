"""Indexing what an earlier version indexed otherwise."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from bot.jobs.kit import JobKit
from bot.store.cases import indexing


async def index_outdated(kit: JobKit) -> None:
    """Some at a time while the program serves, and as much rest in between. Where a kill cuts it, it goes on."""
    database, before = kit.service.database, indexing.FROM_THE_LAST
    while before and await database.read(indexing.is_behind):
        began = time.monotonic()
        before = (await database.write(partial(indexing.index_some, before=before))).go_on
        await asyncio.sleep(time.monotonic() - began)
