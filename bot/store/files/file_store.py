"""The file store: bytes under random names, in a folder or beyond it; all else is in the database."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, ParamSpec, Self, TypeVar

from bot.catalog.municipality import FileLimits
from bot.domain.submission import FileRef, ScanState
from bot.store.engine.database import DatabaseBusy, DiskFull
from bot.store.files.file_kinds import safe_name, validate_file

CHUNK_SIZE = 256 * 1024


P = ParamSpec("P")
T = TypeVar("T")


class FilesUnavailable(DatabaseBusy):
    """The storage of files beyond the folder does not do what it was asked; nothing that it keeps was changed.

    `trouble` is a short key such as `unreachable`, `denied` or `damaged`, never data of a case.
    """

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble


NOT_STORED = (DiskFull, FilesUnavailable)
"""The errors with which a file cannot be stored just now."""
FULL = "file.full"
"""The key of the reason where a file was refused because of one of them."""


class FileStore:
    """Files under `root`, on a disk where `reserved_bytes` are left free for the database and the log.

    Names given by people are never used in paths. Where `are_scanned`, new files wait for the virus scanner.
    """

    def __init__(self, root: Path, reserved_bytes: int = 0, *, are_scanned: bool = False) -> None:
        self.root = root
        self.reserved_bytes = reserved_bytes
        self.first_scan_state: ScanState = "waiting" if are_scanned else ""

    def write(self, file_id: str, chunks: Iterable[bytes]) -> tuple[int, str]:
        """Store the chunks durably. Returns the size in bytes and the SHA-256 in hex. Raises NOT_STORED."""
        incoming = self.receive(file_id)
        try:
            for chunk in chunks:
                incoming.add(chunk)
            return incoming.save()
        except BaseException:
            incoming.discard()
            raise

    def receive(self, file_id: str) -> IncomingFile:
        """Open a file for writing in chunks. Raises DiskFull."""
        path = self._receiving_path(file_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.refuse_full()
        return IncomingFile(file_id, path, self)

    def _receiving_path(self, file_id: str) -> Path:
        """Where a file is written while it is received."""
        return self.path(file_id)

    def keep(self, file_id: str, received: Path, sha256: str) -> None:
        """Store what has been received whole, and synced to disk, at that path. Raises FilesUnavailable."""

    def refuse_full(self) -> None:
        """Raise DiskFull where too few bytes are left free."""
        if self.reserved_bytes and shutil.disk_usage(self.root).free < self.reserved_bytes:
            raise DiskFull

    def copy(self, file_id: str, copy_id: str) -> None:
        """Copy the file. Raises FileNotFoundError where it is gone, and NOT_STORED."""
        self.write(copy_id, self.read(file_id))

    def share(self, file_id: str, copy_id: str) -> None:
        """Store the file under a second id, durably. Removing either leaves the other.

        The bytes are on disk once, but for disks without hard links, or with no more of them to the file: there they
        are copied. Raises FileNotFoundError where the file is gone, and NOT_STORED.
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
            sync_folder(path.parent)

    def read(self, file_id: str) -> Iterator[bytes]:
        """The file in chunks. With the first: FileNotFoundError where it is gone, and FilesUnavailable."""
        yield from self.open(file_id)

    def open(self, file_id: str) -> Iterator[bytes]:
        """The file in chunks. Raises FileNotFoundError where it is gone, and FilesUnavailable, before the first."""
        return read_chunks(self.path(file_id).open("rb"))

    def remove(self, file_id: str) -> bool:
        """Remove the file, if it exists. Returns whether it is gone; otherwise it is removed by a job, later."""
        self.path(file_id).unlink(missing_ok=True)
        return True

    def remove_soon(self, file_id: str) -> None:
        """Remove the file without waiting for anything but the disk."""
        self.path(file_id).unlink(missing_ok=True)

    def list_unsaved(self) -> list[str]:
        """Ids of files that are to be removed unless a row needs them; none where a file is never without its row."""
        return []

    def forget(self, file_id: str) -> None:
        """Forget that the file may be without a row."""

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what reads or writes files in a thread, where nothing that a press needs waits for it."""
        return await asyncio.to_thread(work, *args, **kwargs)

    def path(self, file_id: str) -> Path:
        """The file's path. Raises ValueError for an id that this program has not made."""
        if len(file_id) != 32 or not file_id.isalnum():
            raise ValueError("not a file id")
        return self.root / file_id[:2] / file_id


def read_chunks(source: IO[bytes]) -> Iterator[bytes]:
    """The rest of the file in chunks; it is closed at the end."""
    with source:
        while chunk := source.read(CHUNK_SIZE):
            yield chunk


def sync_folder(folder: Path) -> None:
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
        """Store the file durably if its kind is accepted, otherwise discard it. Raises NOT_STORED."""
        self._finish()
        with self.path.open("rb") as content:
            validated = validate_file(content, given_name, limits)
        if validated.refusal_key:
            self.discard()
            return ReceivedFile(validated.name, refusal_key=validated.refusal_key)
        size, digest = self._keep()
        file = FileRef(
            id=self.id,
            name=validated.name,
            size=size,
            kind=validated.media_type,
            sha256=digest,
            scan=self._store.first_scan_state,
        )
        return ReceivedFile(validated.name, file)

    def save(self) -> tuple[int, str]:
        """Store the file durably, whatever its kind. Returns its size in bytes and SHA-256. Raises NOT_STORED."""
        self._finish()
        return self._keep()

    def _keep(self) -> tuple[int, str]:
        self._store.keep(self.id, self.path, self._hashed.hexdigest())
        self._is_saved = True
        return self.size, self._hashed.hexdigest()

    def _finish(self) -> None:
        with disk_full_as_error():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def discard(self) -> None:
        """Delete what has been received, or stored."""
        with contextlib.suppress(OSError):  # closing writes again what a full disk has refused
            self._file.close()
        self.path.unlink(missing_ok=True)
        if self._is_saved:
            self._store.remove_soon(self.id)


@contextlib.contextmanager
def disk_full_as_error() -> Iterator[None]:
    """Raise DiskFull for a full disk or an exceeded quota."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull from None
        raise
