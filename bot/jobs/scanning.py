"""Scanning of files from before the virus scanner."""

from __future__ import annotations

from datetime import datetime

import structlog

from bot.domain.notices import BULK
from bot.jobs.dependencies import JobDependencies
from bot.store import Tx
from bot.store.files import scans
from bot.store.outbox import codes_and_scans

log = structlog.get_logger()

MAX_SCANS = 200
"""Files that are enqueued at once: what has just come in waits for the scanner behind no more than these."""


async def scan_old_files(deps: JobDependencies) -> None:
    """Enqueue scans of some files that were stored without a scanner, where the scanner has nothing else to do.

    Each of them is offered until the scanner has answered, as it was before.
    """
    if deps.files.first_scan_state != "waiting":
        return
    now = deps.service.clock()
    left = await deps.service.database.write(lambda tx: _enqueue_some(tx, now))
    if left:
        log.info("old_files_scanned", left=left)
        deps.service.wake()


def _enqueue_some(tx: Tx, now: datetime) -> int:
    """Returns the number of files that are left, with those that were enqueued; 0 where none were."""
    file_ids = [] if codes_and_scans.has_scans(tx) else scans.list_unscanned(tx, MAX_SCANS)
    codes_and_scans.enqueue_scans(tx, file_ids, BULK, now)
    return scans.count_unscanned(tx) if file_ids else 0
