"""The file store where S3-compatible storage is used: new files go there or to the folder, and all are found in both.

So files can be moved either way while the program serves. What is removed is noted in the folder first, where the disk
alone is waited for, and a job removes what was left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bot.store.files.file_store import FileStore, FilesUnavailable, P, T, read_chunks
from bot.store.files.s3_storage import S3Storage

THREADS = 16
"""Calls of the storage at a time."""
S3_FOLDERS = ("incoming", "unsaved")
"""What is under the folder of the files beside them."""
UNSAVED_SECONDS = 24 * 3600
"""The age at which a file without a row is removed: the program was killed before it saved the row."""


class S3FileStore(FileStore):
    """Files in `storage` and under `root`. New ones go to the storage where `is_written`, otherwise to the folder.

    Under `root/incoming` are files while they are received, and under `root/unsaved` empty ones named for files in the
    storage that may be without a row: those that came lately, and those that are to be removed.
    """

    def __init__(
        self,
        root: Path,
        storage: S3Storage,
        reserved_bytes: int = 0,
        *,
        are_scanned: bool = False,
        is_written: bool = True,
    ) -> None:
        super().__init__(root, reserved_bytes, are_scanned=are_scanned)
        self.storage = storage
        self.is_written = is_written
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="file-storage")

    def _receiving_path(self, file_id: str) -> Path:
        final = super()._receiving_path(file_id)
        return self.root / "incoming" / file_id if self.is_written else final

    def keep(self, file_id: str, received: Path, sha256: str) -> None:
        if not self.is_written:
            return
        self._note(file_id)
        with received.open("rb") as content:
            self.storage.save(file_id, content, sha256)
        received.unlink()

    def copy(self, file_id: str, copy_id: str) -> None:
        if not self.is_written or self.path(file_id).exists():
            super().copy(file_id, copy_id)
            return
        self._note(copy_id)
        self.storage.copy(file_id, copy_id)

    def share(self, file_id: str, copy_id: str) -> None:
        if self.is_written or not self.path(file_id).exists():
            self.copy(file_id, copy_id)
        else:
            super().share(file_id, copy_id)

    def open(self, file_id: str) -> Iterator[bytes]:
        # Once more in the folder, since a file may be moved there between the first look and the second.
        in_folder = partial(self._open_in_folder, file_id)
        for find in (in_folder, partial(self.storage.open, file_id), in_folder):
            with contextlib.suppress(FileNotFoundError):
                return find()
        raise FileNotFoundError(file_id)

    def _open_in_folder(self, file_id: str) -> Iterator[bytes]:
        return read_chunks(self.path(file_id).open("rb"))

    def remove(self, file_id: str) -> bool:
        self.remove_soon(file_id)
        try:
            self.storage.remove(file_id)
        except FilesUnavailable:
            return False
        self.forget(file_id)
        return True

    def remove_soon(self, file_id: str) -> None:
        super().remove_soon(file_id)
        self._note(file_id, is_due=True)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        call = partial(work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def _note(self, file_id: str, *, is_due: bool = False) -> None:
        """Note that the file may be without a row, from now on or, where it is due, for long."""
        note = self._note_path(file_id)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()
        if is_due:
            os.utime(note, (0, 0))

    def list_unsaved(self) -> list[str]:
        """Ids of the files that are to be removed, unless a row needs them. What was left half received is deleted."""
        oldest = time.time() - UNSAVED_SECONDS
        for left in (self.root / "incoming").glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if left.stat().st_mtime < oldest:
                    left.unlink()
        return [note.name for note in (self.root / "unsaved").glob("*") if self._is_older(note, oldest)]

    @staticmethod
    def _is_older(note: Path, oldest: float) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return note.stat().st_mtime < oldest
        return False

    def is_noted(self, file_id: str) -> bool:
        """Whether it is noted that the file may be without a row: the program itself removes it then."""
        return self._note_path(file_id).exists()

    def forget(self, file_id: str) -> None:
        """Forget that the file may be without a row."""
        self._note_path(file_id).unlink(missing_ok=True)

    def _note_path(self, file_id: str) -> Path:
        return self.root / "unsaved" / self.path(file_id).name
