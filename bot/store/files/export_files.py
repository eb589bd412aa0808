"""Exported files on disk: unfinished ones in folders of their own, finished ones under random names."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from bot.store.files.file_store import FileStore, disk_full_as_error, read_chunks

FORGOTTEN_SECONDS = 24 * 3600
"""The age at which what no row names is deleted: a process that was killed left it."""


class ExportFiles:
    """The files under `exports` in the file store's folder. They hold personal data, and are not kept for long."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self._finished = files.root / "exports" / "finished"
        self._unfinished = files.root / "exports" / "unfinished"

    def refuse_full(self) -> None:
        """Raise DiskFull where too few bytes are left free."""
        self._files.refuse_full()

    @contextlib.contextmanager
    def open_folder(self, batch_id: str) -> Iterator[Path]:
        """A folder for the batch's unfinished files, removed at the end. Raises DiskFull within.

        What another process left of the same batch is removed first.
        """
        name = uuid.uuid5(uuid.NAMESPACE_OID, batch_id).hex
        for left in self._unfinished.glob(f"{name}-*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = self._unfinished / f"{name}-{uuid.uuid4().hex}"
        folder.mkdir(parents=True)
        try:
            with disk_full_as_error():
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def open_unnamed(self) -> IO[bytes]:
        """An empty file that is gone when it is closed, or when the program ends."""
        self._unfinished.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self._unfinished)

    def keep(self, path: Path) -> tuple[str, int]:
        """Move the finished file to its place, durably. Returns its id and its size in bytes."""
        file_id = uuid.uuid4().hex
        self._finished.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(self._path(file_id))
        return file_id, self._path(file_id).stat().st_size

    def read(self, file_id: str) -> Iterator[bytes] | None:
        """The file in chunks; None where it is gone."""
        try:
            file = self._path(file_id).open("rb")
        except FileNotFoundError:
            return None
        return read_chunks(file)

    def remove(self, file_id: str) -> None:
        """Remove the file, if it exists."""
        self._path(file_id).unlink(missing_ok=True)

    def remove_forgotten(self, known_ids: Collection[str]) -> None:
        """Remove what is older than a day and named by none of the rows."""
        oldest = time.time() - FORGOTTEN_SECONDS
        for path in (*self._finished.glob("*"), *self._unfinished.glob("*")):
            if path.name in known_ids or path.stat().st_mtime > oldest:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _path(self, file_id: str) -> Path:
        if len(file_id) != 32 or not file_id.isalnum():
            raise ValueError("not a file id")
        return self._finished / file_id
