"""Writing the log's checkpoint outside the database."""

from __future__ import annotations

from bot.jobs.dependencies import JobDependencies
from bot.store.verification import proof


async def write_checkpoint(deps: JobDependencies) -> None:
    """Write the heads of all chains that have grown since the last checkpoint."""
    now = deps.service.clock()
    await deps.service.database.read(lambda tx: proof.write_checkpoint(tx, deps.checkpoints, now))
