"""Writing of a backup, while the program runs, and verifying of one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from bot.backup.manifest import MANIFEST, BackupRefused, Manifest, digest_file, read_manifest, write_manifest
from bot.store import Database
from bot.store.engine.copies import copy_database
from bot.store.files.file_store import CHUNK_SIZE, disk_full_as_error
from bot.store.files.moving import walk_stored
from bot.store.files.s3_files import S3_FOLDERS
from bot.store.verification import acknowledgements
from bot.store.verification.checkpoint_file import FILE_NAME

UNFINISHED = ".unfinished"
"""The end of the folder's name while it is written."""
CHECKPOINT_FILES = (FILE_NAME, acknowledgements.FILE_NAME)


class BackupStopped(Exception):
    """The backup was told to stop; what it had written is no backup."""


@dataclass(frozen=True)
class Places:
    """Where what belongs together is: the database, the folder of files and checkpoints, and the catalog's folder."""

    database: Database
    files: Path
    catalog: Path
    has_s3: bool = False
    """Whether files may be in S3-compatible storage, which a backup lists and does not hold."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A file of the backup that is not as it was written; `path` is within the backup."""

    path: str
    what: Literal["missing", "changed", "unknown"]


def _never() -> bool:
    return False


@dataclass(frozen=True)
class HowToCopy:
    """How a backup is written: which earlier one lends its files, and whether it is to stop.

    Files of cases are never changed. Those that are in `previous` already, a backup on the same file system, are linked
    and not copied, so that each takes its place on disk once.
    """

    previous: Path | None = None
    is_stopped: Callable[[], bool] = _never


@dataclass
class _Copier:
    """Copies files into the unfinished backup, and notes each with its size and checksum."""

    folder: Path
    how: HowToCopy
    known: Manifest | None
    """The manifest of the earlier backup."""
    files: dict[str, tuple[int, str]] = field(default_factory=dict)

    def copy_all(self, part: str, source: Path, paths: Iterable[Path]) -> None:
        """Copy the files to the part of the backup. One that is gone by then is left out."""
        for path in paths:
            if self.how.is_stopped():
                raise BackupStopped
            name = f"{part}/{path.as_posix()}"
            try:
                linked = self._link(name, source / path)
                self.files[name] = linked or copy_file(source / path, self.folder / name)
            except FileNotFoundError:
                continue

    def _link(self, name: str, source: Path) -> tuple[int, str] | None:
        """Link the earlier backup's copy of a case's file; None where it has none, or links cannot be made."""
        known = self.known.files.get(name) if self.known is not None and name.startswith("files/") else None
        if known is None or self.how.previous is None or source.stat().st_size != known[0]:
            return None
        to = self.folder / name
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            to.hardlink_to(self.how.previous / name)
        except OSError:
            return None
        return known


def write_backup(
    places: Places, target: Path, now: datetime, language: str, how: HowToCopy = HowToCopy()
) -> Manifest:
    """Write a backup to the folder `target`, which appears when it is whole.

    The checkpoints are copied before the database, which is then never older than they, and the files after it: they
    are added and not changed, so that what it names is there unless it was disposed of meanwhile. Raises
    BackupRefused, BackupStopped, CopyRefused, DatabaseBusy and DiskFull.
    """
    target = target.absolute()
    folder = target.with_name(target.name + UNFINISHED)
    require_apart(places, target)
    for path in (target, folder):
        if path.exists():
            raise BackupRefused("cli.stop.exists", path=path)
    copier = _Copier(folder, how, read_manifest(how.previous)[0] if how.previous is not None else None)
    with disk_full_as_error():
        for part in ("checkpoints", "database", "files", "catalog"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        copier.copy_all("checkpoints", places.files / "checkpoints", map(Path, CHECKPOINT_FILES))
        copy, newest_event = copy_database(places.database, folder / "database")
        copier.files[f"database/{copy.name}"] = digest_file(copy)
        copier.copy_all("files", places.files, _list_stored(places.files))
        copier.copy_all("catalog", places.catalog, _list_files(places.catalog))
        manifest = Manifest(now, newest_event, language, copier.files, _list_in_s3(places))
        write_manifest(folder / MANIFEST, manifest, places.database.keys)
        os.sync()
        folder.rename(target)
        os.sync()
    return manifest


def _list_in_s3(places: Places) -> dict[str, tuple[int, str]]:
    """Size and SHA-256, by id, of the files that rows name and that are not in the folder; none without S3."""
    found: dict[str, tuple[int, str]] = {}
    if places.has_s3:
        in_folder = {path.name for path in _list_stored(places.files)}
        for file in walk_stored(places.database):
            if file.id not in in_folder:
                found[file.id] = (file.size, file.sha256)
    return found


def verify_backup(target: Path) -> tuple[Manifest, list[Damage]]:
    """The manifest, and what is not as it says. Needs neither settings nor keys. Raises BackupRefused."""
    manifest, _ = read_manifest(target)
    found = {path.as_posix() for path in _walk(target)} - {MANIFEST}
    damages = [Damage(path, "unknown") for path in found - manifest.files.keys()]
    for path, expected in manifest.files.items():
        if path not in found:
            damages.append(Damage(path, "missing"))
        elif digest_file(target / path) != expected:
            damages.append(Damage(path, "changed"))
    return manifest, sorted(damages, key=lambda damage: damage.path)


def require_apart(places: Places, target: Path) -> None:
    """Raise BackupRefused where the target is within what is backed up."""
    for folder in (places.files, places.catalog):
        if target.resolve().is_relative_to(folder.resolve()):
            raise BackupRefused("cli.stop.within", target=target, folder=folder)


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
    others = ("exports", "checkpoints", *S3_FOLDERS)
    return (path for path in _list_files(folder) if path.parts[0] not in others)


def copy_file(source: Path, to: Path) -> tuple[int, str]:
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
