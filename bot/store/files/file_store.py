"""The file store: bytes on disk under random names; all else is in the database."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.catalog.municipality import FileLimits
from bot.domain.submission import FileRef, ScanState
from bot.store.engine.database import DiskFull
from bot.store.files.file_kinds import safe_name, validate_file

CHUNK_SIZE = 256 * 1024


FULL = "file.full"
"""The key of the reason where a file was refused because of DiskFull."""


class FileStore:
    """Files under `root`, on a disk where `reserved_bytes` are left free for the database and the log.

    Names given by people are never used in paths. Where `are_scanned`, new files wait for the virus scanner.
    """

    def __init__(self, root: Path, reserved_bytes: int = 0, *, are_scanned: bool = False) -> None:
        self.root = root
        self.reserved_bytes = reserved_bytes
        self.first_scan_state: ScanState = "waiting" if are_scanned else ""

    def write(self, file_id: str, chunks: Iterable[bytes]) -> tuple[int, str]:
        """Store the chunks durably. Returns the size in bytes and the SHA-256 in hex. Raises DiskFull."""
        path = self.path(file_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        size, sha256 = 0, hashlib.sha256()
        with path.open("wb") as file, disk_full_as_error():
            for chunk in chunks:
                self.refuse_full()
                file.write(chunk)
                size += len(chunk)
                sha256.update(chunk)
            file.flush()
            os.fsync(file.fileno())
        return size, sha256.hexdigest()

    def receive(self, file_id: str) -> IncomingFile:
        """Open a file for writing in chunks. Raises DiskFull."""
        path = self.path(file_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.refuse_full()
        return IncomingFile(file_id, path, self)

    def refuse_full(self) -> None:
        """Raise DiskFull where too few bytes are left free."""
        if self.reserved_bytes and shutil.disk_usage(self.root).free < self.reserved_bytes:
            raise DiskFull

    def copy(self, file_id: str, copy_id: str) -> None:
        """Copy the file. Raises FileNotFoundError where it is gone."""
        self.write(copy_id, self.read(file_id))

    def share(self, file_id: str, copy_id: str) -> None:
        """Store the file under a second id, durably. Removing either leaves the other.

        The bytes are on disk once, but for disks without hard links, or with no more of them to the file: there they
        are copied. Raises FileNotFoundError where the file is gone, and DiskFull.
        """
        path = self.path(copy_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self.path(file_id), path)
        except FileNotFoundError:
            raise
        except OSError:
            self.copy(file_id, copy_id)
        else:
            _sync_folder(path.parent)

    def read(self, file_id: str) -> Iterator[bytes]:
        """The file in chunks. Raises FileNotFoundError where it is gone."""
        with self.path(file_id).open("rb") as source:
            while chunk := source.read(CHUNK_SIZE):
                yield chunk

    def remove(self, file_id: str) -> None:
        """Remove the file, if it exists."""
        self.path(file_id).unlink(missing_ok=True)

    def path(self, file_id: str) -> Path:
        """The file's path. Raises ValueError for an id that this program has not made."""
        if len(file_id) != 32 or not file_id.isalnum():
            raise ValueError("not a file id")
        return self.root / file_id[:2] / file_id


def _sync_folder(folder: Path) -> None:
    """Write the folder's list of names to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A received file: accepted (`file`), or refused for a reason whose key is `refusal_key`."""

    name: str
    file: FileRef | None = None
    refusal_key: str = ""


def refuse_file(given_name: str, reason_key: str) -> ReceivedFile:
    """The result for a file that is refused without being read, for the reason with that key."""
    return ReceivedFile(safe_name(given_name), refusal_key=reason_key)


class IncomingFile:
    """A file being received, to be ended by `validate` or `discard`. Leaving its context discards it otherwise."""

    def __init__(self, file_id: str, path: Path, store: FileStore) -> None:
        self.id = file_id
        self.path = path
        self._store = store
        self.size = 0
        self._hashed = hashlib.sha256()
        self._file = path.open("wb")
        self._is_saved = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_saved:
            self.discard()

    def add(self, chunk: bytes) -> None:
        """Write the next chunk. Raises DiskFull."""
        self._store.refuse_full()
        with disk_full_as_error():
            self._file.write(chunk)
        self._hashed.update(chunk)
        self.size += len(chunk)

    def validate(self, given_name: str, limits: FileLimits) -> ReceivedFile:
        """Store the file durably if its kind is accepted, otherwise discard it."""
        self._finish()
        with self.path.open("rb") as content:
            validated = validate_file(content, given_name, limits)
        if validated.refusal_key:
            self.discard()
            return ReceivedFile(validated.name, refusal_key=validated.refusal_key)
        self._is_saved = True
        digest = self._hashed.hexdigest()
        file = FileRef(
            id=self.id,
            name=validated.name,
            size=self.size,
            kind=validated.media_type,
            sha256=digest,
            scan=self._store.first_scan_state,
        )
        return ReceivedFile(validated.name, file)

    def _finish(self) -> None:
        with disk_full_as_error():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def discard(self) -> None:
        """Delete what has been received."""
        with contextlib.suppress(OSError):  # closing writes again what a full disk has refused
            self._file.close()
        self.path.unlink(missing_ok=True)


@contextlib.contextmanager
def disk_full_as_error() -> Iterator[None]:
    """Raise DiskFull for a full disk or an exceeded quota."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull from None
        raise
