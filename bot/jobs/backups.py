"""The nightly backup."""

from __future__ import annotations

import asyncio
import threading

import structlog

from bot.backup import BackupRefused, BackupStopped, CopyRefused
from bot.jobs.dependencies import JobDependencies
from bot.store import DatabaseBusy

log = structlog.get_logger()


async def back_up(deps: JobDependencies) -> None:
    """Write the night's backup in a thread, which stops soon when the program does.

    A failure is logged with what to do, and the job is tried again when its lease has run out.
    """
    if deps.backup is None:
        return
    stopped = threading.Event()
    write = deps.backup.generations.write
    try:
        manifest = await asyncio.to_thread(write, deps.service.clock(), stopped.is_set)
    except asyncio.CancelledError:
        stopped.set()
        raise
    except (BackupRefused, BackupStopped, CopyRefused, DatabaseBusy, OSError) as error:
        log.error("backup_failed", why=str(error) or type(error).__name__)
        raise
    log.info(
        "backup_written", files=len(manifest.files), bytes=manifest.size, event_number=manifest.newest_event
    )
