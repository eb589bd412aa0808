"""Execution of a verification's parts: all in one transaction, or each in its own, in several processes."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from bot.domain.declarations import event_kinds
from bot.store.engine.database import Database, Tx
from bot.store.engine.keys import Keys

P = TypeVar("P")
R = TypeVar("R")

GARBAGE_THRESHOLD = 100_000
"""Objects that a process has made since it last looked for garbage among them: as many as a part makes."""

AHEAD = 4
"""Parts that are prepared ahead for each process."""


class PartRunner(Protocol):
    """Runs parts of a verification, each of which sees one snapshot of the database."""

    def read(self, work: Callable[[Tx], R]) -> R:
        """Run `work` in this process."""
        ...

    def map(self, work: Callable[[Tx, P], R], parts: Iterable[P]) -> Iterator[tuple[P, R]]:
        """Run `work` for each part, maybe in other processes. Returns each part with its result, in order."""
        ...


@dataclass(frozen=True)
class InOneTransaction:
    """All parts see the same snapshot."""

    tx: Tx

    def read(self, work: Callable[[Tx], R]) -> R:
        return work(self.tx)

    def map(self, work: Callable[[Tx, P], R], parts: Iterable[P]) -> Iterator[tuple[P, R]]:
        return ((part, work(self.tx, part)) for part in parts)


@dataclass(frozen=True)
class _InParts:
    """Each part in a transaction of its own."""

    database: Database

    def read(self, work: Callable[[Tx], R]) -> R:
        return self.database.read_sync(work)

    def map(self, work: Callable[[Tx, P], R], parts: Iterable[P]) -> Iterator[tuple[P, R]]:
        for part in parts:
            yield part, self.database.read_sync(partial(_with_part, work, part))


@dataclass(frozen=True)
class _InProcesses(_InParts):
    """Each part in a transaction of its own, in one of the pool's processes."""

    pool: ProcessPoolExecutor
    most: int
    """Parts in progress at once."""

    def map(self, work: Callable[[Tx, P], R], parts: Iterable[P]) -> Iterator[tuple[P, R]]:
        left, running = iter(parts), deque[tuple[P, Future[R]]]()
        first = list(islice(left, 2))
        if len(first) < 2:  # not worth another process
            yield from _InParts.map(self, work, first)
            return
        left = chain(first, left)
        while True:
            capacity = self.most - len(running)
            running.extend((part, self.pool.submit(_run_part, work, part)) for part in islice(left, capacity))
            if not running:
                return
            part, future = running.popleft()
            yield part, future.result()


@contextmanager
def in_processes(database: Database, processes: int) -> Iterator[PartRunner]:
    """Run parts in a number of processes; with 1, in this one. Raises DatabaseBusy."""
    if processes <= 1:
        with _rare_collections():
            yield _InParts(database)
        return
    url = database.url.render_as_string(hide_password=False)
    pool = ProcessPoolExecutor(
        processes,
        multiprocessing.get_context("spawn"),  # forking a process with threads may deadlock
        initializer=_open_database,
        initargs=(url, database.keys.secret),
    )
    try:
        yield _InProcesses(database, pool, processes * AHEAD)
    finally:
        pool.shutdown(cancel_futures=True)


def _with_part(work: Callable[[Tx, P], R], part: P, tx: Tx) -> R:
    return work(tx, part)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage as seldom as the processes of a pool do, which saves a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)


_opened: list[Database] = []
"""The database of this process, if it belongs to a pool."""


def _open_database(url: str, secret: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the process that has the pool
    _opened.append(Database(url, Keys(secret)))
    event_kinds()  # imports the whole domain
    # Of a process that does nothing else, the program is no garbage, and a part's objects are all in use until its end.
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


def _run_part(work: Callable[[Tx, Any], R], part: Any) -> R:
    return _opened[0].read_sync(partial(_with_part, work, part))
