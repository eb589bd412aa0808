"""Moving of files between the folder and S3-compatible storage while the program serves, and verifying of them all.

A file is removed where it was when it has been read back whole from where it is to be. Where that is stopped, by
whatever, it is in one of the two places or in both, and the next run goes on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from bot.domain.submission import FileRef
from bot.store.engine.database import Database
from bot.store.files import attachments
from bot.store.files.file_store import FileStore, FilesUnavailable, read_chunks, sync_folder
from bot.store.files.s3_files import S3FileStore

PAGE_SIZE = 500
"""Rows that are read at a time."""

Fate = Literal["moved", "there", "missing", "damaged", "disposed"]
"""What a move or a verification finds of a file; `there` where it is as it is to be already."""


@dataclass
class FileCounts:
    """How many files had each fate, and the ids of those that are missing or damaged."""

    by_fate: dict[Fate, int] = field(default_factory=dict)
    troubled: list[tuple[Fate, str]] = field(default_factory=list)

    def add(self, fate: Fate, file_id: str) -> None:
        self.by_fate[fate] = self.by_fate.get(fate, 0) + 1
        if fate in ("missing", "damaged"):
            self.troubled.append((fate, file_id))

    def count(self, fate: Fate) -> int:
        return self.by_fate.get(fate, 0)


def walk_stored(database: Database) -> Iterator[FileRef]:
    """All files whose bytes are complete, by id, a page at a time."""
    last_id = ""
    while page := database.read_sync(partial(attachments.list_stored, after_id=last_id, most=PAGE_SIZE)):
        yield from page
        last_id = page[-1].id


def move_files(database: Database, files: S3FileStore, to: Literal["folder", "s3"]) -> FileCounts:
    """Move all files to one of the places. Raises NOT_STORED; what is moved by then stays moved."""
    counts, mover = FileCounts(), FileMover(database, files)
    move = mover.to_s3 if to == "s3" else mover.to_folder
    for file in walk_stored(database):
        counts.add(move(file), file.id)
    return counts


def verify_files(database: Database, files: FileStore) -> FileCounts:
    """Read every file, wherever it is, and compare it with the checksum of its row. Raises FilesUnavailable."""
    counts = FileCounts()
    for file in walk_stored(database):
        counts.add(_verify(files, file), file.id)
    return counts


def _verify(files: FileStore, file: FileRef) -> Fate:
    try:
        return "there" if _digest(files.open(file.id)) == file.sha256 else "damaged"
    except FileNotFoundError:
        return "missing"
    except FilesUnavailable as error:
        if error.trouble != "damaged":
            raise
        return "damaged"


def _digest(chunks: Iterable[bytes]) -> str:
    sha256 = hashlib.sha256()
    for chunk in chunks:
        sha256.update(chunk)
    return sha256.hexdigest()


class FileMover:
    """Moves one file at a time."""

    def __init__(self, database: Database, files: S3FileStore) -> None:
        self._database = database
        self._files = files

    def to_s3(self, file: FileRef) -> Fate:
        """Move the file from the folder to the storage."""
        path, storage = self._files.path(file.id), self._files.storage
        try:
            with path.open("rb") as content:
                if _digest(read_chunks(path.open("rb"))) != file.sha256:
                    return "damaged"
                storage.save(file.id, content, file.sha256)
        except FileNotFoundError:
            return self._found_there(storage.has(file.id), file)
        if _digest(storage.open(file.id)) != file.sha256:
            raise FilesUnavailable("damaged")
        path.unlink(missing_ok=True)
        return self._unless_disposed(file)

    def to_folder(self, file: FileRef) -> Fate:
        """Move the file from the storage to the folder."""
        path, storage = self._files.path(file.id), self._files.storage
        if not path.exists():
            try:
                incoming = self._fetch(file)
            except FileNotFoundError:
                return self._found_there(path.exists(), file)
            if incoming is None:
                return "damaged"
            path.parent.mkdir(parents=True, exist_ok=True)
            incoming.replace(path)
            sync_folder(path.parent)
        elif not storage.has(file.id):
            return "there"
        elif _digest(read_chunks(path.open("rb"))) != file.sha256:
            return "damaged"
        storage.remove(file.id)
        return self._unless_disposed(file)

    def _fetch(self, file: FileRef) -> Path | None:
        """The file from the storage, synced to disk under another name; None where it is not as its row says."""
        incoming, sha256 = self._files.root / "incoming" / f"{file.id}.moving", hashlib.sha256()
        incoming.parent.mkdir(parents=True, exist_ok=True)
        chunks = self._files.storage.open(file.id)
        self._files.refuse_full()
        with incoming.open("wb") as content:
            for chunk in chunks:
                content.write(chunk)
                sha256.update(chunk)
            content.flush()
            os.fsync(content.fileno())
        if sha256.hexdigest() == file.sha256:
            return incoming
        incoming.unlink()
        return None

    def _found_there(self, is_there: bool, file: FileRef) -> Fate:
        return "there" if is_there else "disposed" if self._is_disposed(file) else "missing"

    def _unless_disposed(self, file: FileRef) -> Fate:
        """Remove the file where it was disposed of while it was moved, which may have missed the new place."""
        if not self._is_disposed(file):
            return "moved"
        self._files.remove(file.id)
        return "disposed"

    def _is_disposed(self, file: FileRef) -> bool:
        return not self._database.read_sync(partial(attachments.find_needed, ids=[file.id]))
