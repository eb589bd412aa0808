"""Restoring of a backup to an empty place."""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.backup.copying import CHECKPOINT_FILES, Places, copy_file, verify_backup
from bot.backup.manifest import BackupRefused, Manifest, read_manifest, seal_manifest
from bot.store import Keys, Tx
from bot.store.engine.copies import require_empty, restore_database
from bot.store.files.file_store import disk_full_as_error
from bot.store.officers import batches
from bot.store.outbox import parking
from bot.store.verification import acknowledgements, rollback
from bot.store.verification.acknowledgements import Acknowledgement, NumberRange
from bot.store.verification.checkpoint_file import FILE_NAME
from bot.store.verification.rollback import CheckpointsDamaged, KnownNumbers, Rollback

CATALOG_HEAD = "municipality.yaml"


@dataclass(frozen=True, slots=True)
class KnownSince:
    """What is known of the time after the backup.

    `checkpoints` is a folder with newer checkpoints than the backup's, and `next_number` the number (year, running
    number) that the next case of that year is to have.
    """

    checkpoints: Path | None = None
    next_number: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has done: the mails that it parked, the numbers that it skipped, and what is known to be lost."""

    manifest: Manifest
    parked: int
    skipped: tuple[NumberRange, ...]
    rollback: Rollback | None


def restore_backup(target: Path, places: Places, now: datetime, known: KnownSince = KnownSince()) -> Restored:
    """Restore an undamaged backup to an empty place.

    The catalog comes last and its head at the very end, without which nothing is served: a restore that was killed is
    not taken for a whole one. Raises BackupRefused, CopyRefused and DiskFull.
    """
    manifest = _require_restorable(target, places)
    numbers = _read_known(known, places.database.keys)
    (copy,) = (target / path for path in manifest.files if path.startswith("database/"))
    require_empty(places.database, copy)
    folder = places.files / "checkpoints"
    with disk_full_as_error():
        _restore_folder(manifest, target, "files", places.files)
        _restore_folder(manifest, target, "checkpoints", folder)
        if known.checkpoints is not None and numbers.at is not None:
            for name in CHECKPOINT_FILES:
                _replace_file(known.checkpoints / name, folder / name)
        restore_database(places.database, copy)
        resume = partial(_resume, manifest=manifest, numbers=numbers, now=now, next_number=known.next_number)
        parked, skipped = places.database.write_sync(resume)
        if skipped:
            explained = Acknowledgement(now, "restore", manifest.at.isoformat(), skipped=skipped)
            acknowledgements.append(folder, places.database.keys, explained)
        _restore_folder(manifest, target, "catalog", places.catalog)
        os.sync()
    lost = places.database.read_sync(lambda tx: rollback.find_rollback(tx, folder))
    return Restored(manifest, parked, skipped, lost)


def _require_restorable(target: Path, places: Places) -> Manifest:
    """The manifest of an undamaged backup under the same key, where the folders are empty. Raises BackupRefused."""
    manifest, damages = verify_backup(target)
    if damages:
        raise BackupRefused("cli.stop.damages", target=target)
    if not hmac.compare_digest(read_manifest(target)[1], seal_manifest(manifest, places.database.keys)):
        raise BackupRefused("cli.stop.other_key")
    for setting, folder in (("FILES_DIR", places.files), ("CATALOG", places.catalog)):
        if folder.exists() and any(folder.iterdir()):
            raise BackupRefused("cli.stop.not_empty", folder=folder, setting=setting)
    return manifest


def _read_known(known: KnownSince, keys: Keys) -> KnownNumbers:
    """The numbers that the newer checkpoints know. Raises BackupRefused where they are none or damaged."""
    if known.checkpoints is None:
        return KnownNumbers()
    try:
        numbers = rollback.read_known_numbers(known.checkpoints / FILE_NAME, keys.derive("checkpoint"))
    except CheckpointsDamaged:
        numbers = KnownNumbers()
    if numbers.at is None:
        raise BackupRefused("cli.stop.checkpoints", path=known.checkpoints / FILE_NAME)
    return numbers


def _resume(
    tx: Tx, manifest: Manifest, numbers: KnownNumbers, now: datetime, next_number: tuple[int, int] | None
) -> tuple[int, tuple[NumberRange, ...]]:
    """Let the restored store repeat nothing that may have been sent or issued since. Returns (parked, skipped)."""
    rollback.skip_delivery_ids(tx)
    skipped = rollback.skip_numbers(tx, numbers, manifest.at, now, next_number)
    batches.cancel_begun(tx, now)
    return parking.doubt_unsent(tx, now), skipped


def _replace_file(source: Path, to: Path) -> None:
    """Put the file, where there is one, in the other's place."""
    if source.exists():
        to.unlink(missing_ok=True)
        copy_file(source, to)


def _restore_folder(manifest: Manifest, target: Path, part: str, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    paths = [path for path in manifest.files if path.startswith(f"{part}/")]
    for path in sorted(paths, key=lambda path: path == f"catalog/{CATALOG_HEAD}"):
        if copy_file(target / path, to / path.removeprefix(f"{part}/")) != manifest.files[path]:
            raise BackupRefused("cli.stop.changed", path=path)
