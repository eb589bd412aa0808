"""Exclusive use of an SQLite file by one process, whose caches in memory another would not see."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.store.engine.database import normalize_url
from bot.text.worded_errors import WordedError

LOCK_SUFFIX = "-serve.lock"


class DatabaseInUse(WordedError):
    """Another process uses this SQLite file."""

    def __init__(self, path: Path, pid: str) -> None:
        super().__init__("cli.stop.in_use", path=path, process=f" (process {pid})" if pid else "")


@contextmanager
def hold_alone(database_url: str) -> Iterator[None]:
    """Hold a lock on an SQLite file during the block; the system releases it when the process dies.

    PostgreSQL is shared. Raises DatabaseInUse. For a folder without write permission it does nothing: opening the
    database fails then.
    """
    url = normalize_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    path = Path(url.database).resolve()
    try:
        lock = os.open(f"{path}{LOCK_SUFFIX}", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield
        return
    try:
        _acquire(lock, path)
        yield
    finally:
        os.close(lock)


def _acquire(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DatabaseInUse(path, os.pread(lock, 20, 0).decode("ascii", "ignore").strip()) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
