"""The database, the files, and what waits to be mended there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bot.doctor.kit import DoctorKit
from bot.doctor.signs import Sign, note, right, wrong
from bot.store import Database, Unreachable
from bot.store.engine import migrate
from bot.store.log import seal
from bot.store.outbox import deliveries

LITTLE_ROOM_GB = 2


async def look(kit: DoctorKit) -> list[Sign]:
    """The catalog was read before, or there would be nothing to look with."""
    catalog = kit.catalog
    read = right(
        "doctor.catalog", services=len(catalog.services), officers=len(catalog.municipality.officers)
    )
    return [read, *_database(kit.database), *_files(kit.files_dir)]


def _database(database: Database) -> list[Sign]:
    if not database.is_there():
        return [note("doctor.database.none")]
    try:
        current = migrate.is_current(database)
    except Unreachable as why:
        return [wrong("doctor.database.unreached", why=why)]
    if not current:
        return [wrong("doctor.database.behind")]
    if not database.read_now(seal.is_ours):
        return [wrong("doctor.database.key")]
    waiting = len(database.read_now(deliveries.parked))
    parked = [note("doctor.parked", n=waiting)] if waiting else []
    return [right("doctor.database"), *parked]


def _files(folder: Path) -> list[Sign]:
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not os.access(there, os.W_OK):
        return [wrong("doctor.files.shut", folder=folder)]
    free = shutil.disk_usage(there).free // 1024**3
    if free < LITTLE_ROOM_GB:
        return [note("doctor.files.full", folder=folder, gb=free)]
    return [right("doctor.files", folder=folder, gb=free)]
