"""Backups: database, files, checkpoints and catalog in a folder, with a manifest. The keys are never in one."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from bot.store import Database, Keys
from bot.store.engine.copies import CopyRefused, copy_database, require_empty, restore_database
from bot.store.engine.keys import canonical_json
from bot.store.files.file_store import CHUNK_SIZE, disk_full_as_error
from bot.store.outbox import parking
from bot.store.verification.checkpoint_file import FILE_NAME

MANIFEST = "manifest.json"
CATALOG_HEAD = "municipality.yaml"
UNFINISHED = ".unfinished"
"""The end of the folder's name while it is written."""


class BackupRefused(Exception):
    """The backup cannot be made or restored; the text says why, and what to do."""


@dataclass(frozen=True)
class Places:
    """Where what belongs together is: the database, the folder of files and checkpoints, and the catalog's folder."""

    database: Database
    files: Path
    catalog: Path


@dataclass(frozen=True, slots=True)
class Damage:
    """A file of the backup that is not as it was written; `path` is within the backup."""

    path: str
    what: Literal["missing", "changed", "unknown"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The time of the backup, the position of the newest event in it, and (bytes, SHA-256 in hex) by path."""

    at: datetime
    newest_event: int
    language: str
    files: Mapping[str, tuple[int, str]]

    @property
    def size(self) -> int:
        """The backup's size in bytes."""
        return sum(size for size, _ in self.files.values())

    def to_json(self) -> dict[str, Any]:
        """The manifest as stored, but for its codes."""
        files = {path: list(one) for path, one in self.files.items()}
        at = self.at.isoformat()
        return {"at": at, "newest_event": self.newest_event, "language": self.language, "files": files}


def write_backup(places: Places, target: Path, now: datetime, language: str) -> Manifest:
    """Write a backup to the folder `target`, which appears when it is whole.

    The checkpoints are copied before the database, which is then never older than they, and the files after it: they
    are added and not changed, so that what it names is there unless it was disposed of meanwhile. Raises
    BackupRefused, CopyRefused, DatabaseBusy and DiskFull.
    """
    target = target.absolute()
    folder = target.with_name(target.name + UNFINISHED)
    _require_apart(places, target)
    for path in (target, folder):
        if path.exists():
            raise BackupRefused(
                f"{path} exists. Name another folder, or remove that one if nothing writes to it."
            )
    with disk_full_as_error():
        for part in ("checkpoints", "database", "files", "catalog"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        files: dict[str, tuple[int, str]] = {}
        _copy_into(files, folder, "checkpoints", places.files / "checkpoints", [Path(FILE_NAME)])
        copy, newest_event = copy_database(places.database, folder / "database")
        files[f"database/{copy.name}"] = _digest(copy)
        _copy_into(files, folder, "files", places.files, _list_stored(places.files))
        _copy_into(files, folder, "catalog", places.catalog, _list_files(places.catalog))
        manifest = Manifest(now, newest_event, language, files)
        _write_manifest(folder / MANIFEST, manifest, places.database.keys)
        os.sync()
        folder.rename(target)
        os.sync()
    return manifest


def verify_backup(target: Path) -> tuple[Manifest, list[Damage]]:
    """The manifest, and what is not as it says. Needs neither settings nor keys. Raises BackupRefused."""
    manifest, _ = _read_manifest(target)
    found = {path.as_posix() for path in _walk(target)} - {MANIFEST}
    damages = [Damage(path, "unknown") for path in found - manifest.files.keys()]
    for path, expected in manifest.files.items():
        if path not in found:
            damages.append(Damage(path, "missing"))
        elif _digest(target / path) != expected:
            damages.append(Damage(path, "changed"))
    return manifest, sorted(damages, key=lambda damage: damage.path)


def restore_backup(target: Path, places: Places) -> tuple[Manifest, int]:
    """Restore an undamaged backup to an empty place. Returns the manifest, and the number of mails that were parked.

    The catalog comes last and its head at the very end, without which nothing is served: a restore that was killed is
    not taken for a whole one. Raises BackupRefused, CopyRefused and DiskFull.
    """
    manifest, damages = verify_backup(target)
    if damages:
        raise BackupRefused(f"{target} is damaged: backup --verify lists it. Nothing was changed.")
    if not hmac.compare_digest(_read_manifest(target)[1], _seal(manifest, places.database.keys)):
        raise BackupRefused("The backup was made with another SECRET_KEY. Nothing was changed.")
    for folder in (places.files, places.catalog):
        if folder.exists() and any(folder.iterdir()):
            raise BackupRefused(
                f"{folder} is not empty. Restore into an empty place only. Nothing was changed."
            )
    (copy,) = (target / path for path in manifest.files if path.startswith("database/"))
    require_empty(places.database, copy)
    with disk_full_as_error():
        _restore_folder(manifest, target, "files", places.files)
        _restore_folder(manifest, target, "checkpoints", places.files / "checkpoints")
        restore_database(places.database, copy)
        parked = places.database.write_sync(parking.doubt_unsent)
        _restore_folder(manifest, target, "catalog", places.catalog)
        os.sync()
    return manifest, parked


def _require_apart(places: Places, target: Path) -> None:
    for folder in (places.files, places.catalog):
        if target.resolve().is_relative_to(folder.resolve()):
            raise BackupRefused(f"{target} is within {folder}, which is backed up. Name a folder elsewhere.")


def _walk(folder: Path) -> Iterator[Path]:
    """The paths of all plain files within the folder, relative to it, in order."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from ((Path(parent) / name).relative_to(folder) for name in sorted(names))


def _list_files(folder: Path) -> Iterator[Path]:
    """The files but those whose name, or a folder's, begins with a dot: settings and keys may be among them."""
    return (path for path in _walk(folder) if not any(part.startswith(".") for part in path.parts))


def _list_stored(folder: Path) -> Iterator[Path]:
    """The files of cases; exports are deleted after a day, and checkpoints are copied before."""
    return (path for path in _list_files(folder) if path.parts[0] not in ("exports", "checkpoints"))


def _copy_into(
    files: dict[str, tuple[int, str]],
    folder: Path,
    part: str,
    source: Path,
    paths: Iterator[Path] | list[Path],
) -> None:
    """Copy the files to the part of the backup, and add them to `files`. One that is gone by then is left out."""
    for path in paths:
        try:
            files[f"{part}/{path.as_posix()}"] = _copy_file(source / path, folder / part / path)
        except FileNotFoundError:
            continue


def _restore_folder(manifest: Manifest, target: Path, part: str, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    paths = [path for path in manifest.files if path.startswith(f"{part}/")]
    for path in sorted(paths, key=lambda path: path == f"catalog/{CATALOG_HEAD}"):
        if _copy_file(target / path, to / path.removeprefix(f"{part}/")) != manifest.files[path]:
            raise BackupRefused(
                f"{path} has changed while it was restored. Empty the place, and begin again."
            )


def _copy_file(source: Path, to: Path) -> tuple[int, str]:
    """Copy the file. Returns the size in bytes and the SHA-256, in hex, of what was written."""
    size, sha256 = 0, hashlib.sha256()
    with source.open("rb") as original:
        to.parent.mkdir(parents=True, exist_ok=True)
        with to.open("xb") as copy:
            while chunk := original.read(CHUNK_SIZE):
                copy.write(chunk)
                size += len(chunk)
                sha256.update(chunk)
    return size, sha256.hexdigest()


def _digest(path: Path) -> tuple[int, str]:
    """The file's size in bytes and its SHA-256 in hex."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), sha256


def _checksum(manifest: Manifest) -> str:
    return hashlib.sha256(canonical_json(manifest.to_json()).encode()).hexdigest()


def _seal(manifest: Manifest, keys: Keys) -> str:
    return hmac.new(keys.derive("backup"), _checksum(manifest).encode(), hashlib.sha256).hexdigest()


def _write_manifest(path: Path, manifest: Manifest, keys: Keys) -> None:
    codes = {"sha256": _checksum(manifest), "seal": _seal(manifest, keys)}
    path.write_text(json.dumps({**codes, **manifest.to_json()}, ensure_ascii=False, indent=1) + "\n")


def _read_manifest(target: Path) -> tuple[Manifest, str]:
    """The manifest and its seal. Raises BackupRefused where there is none, or it has been changed."""
    try:
        stored = json.loads((target / MANIFEST).read_text())
        files = {path: (size, sha256) for path, (size, sha256) in stored["files"].items()}
        at = datetime.fromisoformat(stored["at"])
        manifest = Manifest(at, stored["newest_event"], stored["language"], files)
        is_intact = stored["sha256"] == _checksum(manifest)
        seal = str(stored["seal"])
    except OSError:
        raise BackupRefused(f"{target} is no backup: it has no {MANIFEST}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        is_intact = False
    if not is_intact:
        raise BackupRefused(f"{target / MANIFEST} is damaged.")
    return manifest, seal


__all__ = [
    "BackupRefused",
    "CopyRefused",
    "Damage",
    "Manifest",
    "Places",
    "restore_backup",
    "verify_backup",
    "write_backup",
]
