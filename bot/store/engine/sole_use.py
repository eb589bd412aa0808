"""An SQLite file is served by one process: what is kept in memory there would not be another's."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.store.engine.database import normalize_url

LOCK_SUFFIX = "-serve.lock"


class DatabaseInUse(Exception):
    """Another process serves this SQLite file."""

    def __init__(self, path: Path, pid: str) -> None:
        which = f" (process {pid})" if pid else ""
        super().__init__(
            f"Another process{which} serves the database {path} already. Stop it first. To serve with several "
            "processes, let DATABASE_URL lead to PostgreSQL."
        )


@contextmanager
def hold_alone(database_url: str) -> Iterator[None]:
    """Serve an SQLite file alone while the block runs; the system lets go of it when the process dies.

    PostgreSQL is shared. Raises DatabaseInUse. A folder that cannot be written in is left for the database to tell of.
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
