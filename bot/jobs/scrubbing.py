"""Removal of erased words from the files of the search index."""

from __future__ import annotations

from bot.jobs.dependencies import JobDependencies
from bot.store.cases import indexing


async def scrub_index(deps: JobDependencies) -> None:
    """Rewrite the index so that nothing erased during the day remains in its file."""
    await deps.service.database.write(indexing.scrub)
