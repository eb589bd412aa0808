"""Writing the log's checkpoint outside the database."""

from __future__ import annotations

from bot.jobs.kit import JobKit
from bot.store.verification import proof


async def write_checkpoint(kit: JobKit) -> None:
    """The heads of all chains that have grown since the last checkpoint."""
    now = kit.service.clock()
    await kit.service.database.read(lambda tx: proof.checkpoint(tx, kit.checkpoints, now))
