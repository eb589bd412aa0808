"""Letting nothing stay behind in the search index of what has been taken out of it."""

from __future__ import annotations

from bot.jobs.kit import JobKit
from bot.store.cases import indexing


async def scrub_index(kit: JobKit) -> None:
    """What was erased during the day is by the morning nowhere in the index's file."""
    await kit.service.database.write(indexing.scrub)
