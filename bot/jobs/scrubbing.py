"""Letting nothing stay behind in the search index of what has been taken out of it."""

from __future__ import annotations

from bot.jobs.dependencies import JobDependencies
from bot.store.cases import indexing


async def scrub_index(deps: JobDependencies) -> None:
    """What was erased during the day is by the morning nowhere in the index's file."""
    await deps.service.database.write(indexing.scrub)
