"""Indexing what an earlier version indexed otherwise."""

from __future__ import annotations

import asyncio
import time

from bot.jobs.kit import JobKit
from bot.store import indexing


async def index_outdated(kit: JobKit) -> None:
    """Some at a time while the program serves, and as much rest in between. Where a kill cuts it, it goes on."""
    database = kit.service.database
    while await database.read(indexing.is_behind):
        began = time.monotonic()
        if not await database.write(indexing.index_some):
            return
        await asyncio.sleep(time.monotonic() - began)
