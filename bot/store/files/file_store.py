"""The file store: a folder a case, a random name a file, the rest in the row."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.catalog.municipality import FileLimits
from bot.domain.submission import FileRef
from bot.store.engine.database import DiskFull
from bot.store.files.file_kinds import safe_name, validate_file

CHUNK_SIZE = 256 * 1024


FULL = "file.full"
"""The reason where a file was not taken because of DiskFull."""


class FileStore:
    """Bytes on disk under `root`, of which `kept_free` are left for the database and the log.

    Names that people gave never become paths.
    """

    def __init__(self, root: Path, reserved_bytes: int = 0) -> None:
        self.root = root
        self.reserved_bytes = reserved_bytes

    def write(self, file_id: str, chunks: Iterable[bytes]) -> tuple[int, str]:
        """Store the chunks and make them last. Returns the size in bytes and the SHA-256 in hex. DiskFull."""
        path = self.path(file_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        size, sha256 = 0, hashlib.sha256()
        with path.open("wb") as file, _disk_full_as_error():
            for chunk in chunks:
                self.refuse_full()
                file.write(chunk)
                size += len(chunk)
                sha256.update(chunk)
            file.flush()
            os.fsync(file.fileno())
        return size, sha256.hexdigest()

    def receive(self, file_id: str) -> IncomingFile:
        """A file that arrives in pieces, as an upload does. DiskFull."""
        path = self.path(file_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.refuse_full()
        return IncomingFile(file_id, path, self.refuse_full)

    def refuse_full(self) -> None:
        """DiskFull where the disk is as full as it may be."""
        if self.reserved_bytes and shutil.disk_usage(self.root).free < self.reserved_bytes:
            raise DiskFull

    def copy(self, file_id: str, copy_id: str) -> None:
        """Store the bytes of a file once more. FileNotFoundError where it is gone."""
        self.write(copy_id, self.read(file_id))

    def read(self, file_id: str) -> Iterator[bytes]:
        """The file in chunks. FileNotFoundError where it is gone."""
        with self.path(file_id).open("rb") as source:
            while chunk := source.read(CHUNK_SIZE):
                yield chunk

    def remove(self, file_id: str) -> None:
        """Remove the file; nothing happens where it is gone already."""
        self.path(file_id).unlink(missing_ok=True)

    def path(self, file_id: str) -> Path:
        """Where the file is. ValueError for an id that this program did not make."""
        if len(file_id) != 32 or not file_id.isalnum():
            raise ValueError("not a file id")
        return self.root / file_id[:2] / file_id


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that came: taken (`file`), or refused for a reason whose key is `refusal_key`."""

    name: str
    file: FileRef | None = None
    refusal_key: str = ""


def refuse_file(given_name: str, reason_key: str) -> ReceivedFile:
    """A file that was not looked at, for the reason whose key is `reason_key`."""
    return ReceivedFile(safe_name(given_name), refusal_key=reason_key)


class IncomingFile:
    """A file on its way in: kept or not by `validate`, or gone by `discard`. As a context it is one of them."""

    def __init__(self, file_id: str, path: Path, refuse_full: Callable[[], None]) -> None:
        self.id = file_id
        self.path = path
        self._refuse_full = refuse_full
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
        """The next piece. DiskFull."""
        self._refuse_full()
        with _disk_full_as_error():
            self._file.write(chunk)
        self._hashed.update(chunk)
        self.size += len(chunk)

    def validate(self, given_name: str, limits: FileLimits) -> ReceivedFile:
        """Make what has come last, if it is of a kind that is taken; else it is gone."""
        self._finish()
        with self.path.open("rb") as content:
            validated = validate_file(content, given_name, limits)
        if validated.refusal_key:
            self.discard()
            return ReceivedFile(validated.name, refusal_key=validated.refusal_key)
        self._is_saved = True
        digest = self._hashed.hexdigest()
        file = FileRef(
            id=self.id, name=validated.name, size=self.size, kind=validated.media_type, sha256=digest
        )
        return ReceivedFile(validated.name, file)

    def _finish(self) -> None:
        with _disk_full_as_error():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def discard(self) -> None:
        """Forget what has come."""
        with contextlib.suppress(
            OSError
        ):  # what a full disk did not take is written once more when it is closed
            self._file.close()
        self.path.unlink(missing_ok=True)


@contextlib.contextmanager
def _disk_full_as_error() -> Iterator[None]:
    """A full disk, or a quota that is used up, is DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull from None
        raise
