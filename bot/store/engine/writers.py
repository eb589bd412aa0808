"""Threads that write: each act in a transaction of its own, or those that wait together in one."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")

MAX_BATCH_SIZE = 50
"""Works in one transaction."""

MAX_BATCH_SECONDS = 0.02
"""For how long a transaction takes in more works, for those it has taken in wait for its end."""


@dataclass
class _PendingWrite:
    """A work, and what came of it."""

    work: Callable[[Connection], Any]
    future: Future[Any] = field(default_factory=Future)
    outcome: Any = None
    failure: BaseException | None = None

    def settle(self) -> None:
        if self.failure is not None:
            self.future.set_exception(self.failure)
        else:
            self.future.set_result(self.outcome)


@dataclass(frozen=True)
class _ForwardFailure(AbstractContextManager[None]):
    """What fails within is not raised here, but to those who wait."""

    pending: list[_PendingWrite]

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> bool:
        for write in self.pending:
            write.failure = failure or write.failure
        return True


class Writer(Protocol):
    """What runs works in transactions."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction; return what it returned, once that is committed. Raises what it raises."""
        ...

    def close(self) -> None:
        """Let what was asked for finish."""
        ...


class WriterPool:
    """As many threads as there are connections; the database keeps the works apart and commits them together."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store-write")

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def close(self) -> None:
        self._threads.shutdown()

    def _run(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as conn:
            return work(conn)


class GroupCommitWriter:
    """One thread, in the order that was asked for. What waits to be written waits for the disk once.

    SQLite has one writer, and a commit that outlives a power cut waits for the disk: milliseconds, on an ordinary one.
    Were each act to wait alone, the last of fifty people who press at once would wait for it fifty times.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: deque[_PendingWrite] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")

    async def write(self, work: Callable[[Connection], T]) -> T:
        pending = _PendingWrite(work)
        self._queue.append(pending)
        self._thread.submit(self._write_batch)
        outcome: T = await asyncio.wrap_future(pending.future)
        return outcome

    def close(self) -> None:
        self._thread.shutdown()

    def _write_batch(self) -> None:
        """Write the first that waits, and with it those behind.

        A work that fails is undone alone, but where it ends the transaction: that is told to all who are in it.
        """
        first = self._pop_next()
        if first is None:  # written together with one before it
            return
        batch, deadline = [first], time.monotonic() + MAX_BATCH_SECONDS
        with _ForwardFailure(batch), self._engine.begin() as conn:
            first.outcome = first.work(conn)  # with nothing before it to be kept, the transaction is its own
            while (
                len(batch) < MAX_BATCH_SIZE
                and time.monotonic() < deadline
                and (next_write := self._pop_next()) is not None
            ):
                batch.append(next_write)
                with _ForwardFailure([next_write]), conn.begin_nested():
                    next_write.outcome = next_write.work(conn)
                if next_write.failure is not None and not _is_open(conn):
                    conn.invalidate()  # it still believes in savepoints that went with the transaction
                    raise next_write.failure
        for pending in batch:
            pending.settle()

    def _pop_next(self) -> _PendingWrite | None:
        """The next that still waits: whoever has given up meanwhile is passed over."""
        while self._queue:
            pending = self._queue.popleft()
            if pending.future.set_running_or_notify_cancel():
                return pending
        return None


def _is_open(conn: Connection) -> bool:
    """Whether the transaction is still there: SQLite gives up all of it where the disk is full, or fails."""
    return bool(getattr(conn.connection.dbapi_connection, "in_transaction", False))
