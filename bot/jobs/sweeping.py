"""Sweeping out what has had its day."""

from __future__ import annotations

from datetime import timedelta

from bot.jobs.kit import JobKit
from bot.store import Tx, doors, drafts, files, hits, receipts

LOOSE_FILES = timedelta(hours=24)
RECEIPTS = timedelta(days=30)


async def sweep(kit: JobKit) -> None:
    """Old drafts, codes, sessions, receipts and hits go, and files that came to belong to nothing."""
    now = kit.service.clock()

    def work(tx: Tx) -> list[str]:
        drafts.sweep(tx, now - drafts.LIFE)
        doors.sweep(tx, now)
        hits.sweep(tx, now - hits.LIFE)
        receipts.sweep(tx, now - RECEIPTS)
        return files.sweep(tx, now - LOOSE_FILES)

    # The rows go first: a crash in between leaves bytes that nothing points to, never a row without bytes.
    for file_id in await kit.service.database.write(work):
        kit.files.remove(file_id)
