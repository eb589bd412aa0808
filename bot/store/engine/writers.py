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

MOST = 50
"""Works in one transaction."""

SECONDS = 0.02
"""For how long a transaction takes in more works, for those it has taken in wait for its end."""


@dataclass
class _Waiting:
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
class _ToldTo(AbstractContextManager[None]):
    """What fails within is not raised here, but to those who wait."""

    waiting: list[_Waiting]

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> bool:
        for one in self.waiting:
            one.failure = failure or one.failure
        return True


class Writers(Protocol):
    """What runs works in transactions."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction; return what it returned, once that is committed. Raises what it raises."""
        ...

    def close(self) -> None:
        """Let what was asked for finish."""
        ...


class Several:
    """As many threads as there are connections; the database keeps the works apart and commits them together."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store-write")

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._written, work)

    def close(self) -> None:
        self._threads.shutdown()

    def _written(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as conn:
            return work(conn)


class GroupCommit:
    """One thread, in the order that was asked for. What waits to be written waits for the disk once.

    SQLite has one writer, and a commit that outlives a power cut waits for the disk: milliseconds, on an ordinary one.
    Were each act to wait alone, the last of fifty people who press at once would wait for it fifty times.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")

    async def write(self, work: Callable[[Connection], T]) -> T:
        waiting = _Waiting(work)
        self._queue.append(waiting)
        self._thread.submit(self._drain)
        outcome: T = await asyncio.wrap_future(waiting.future)
        return outcome

    def close(self) -> None:
        self._thread.shutdown()

    def _drain(self) -> None:
        """Write the first that waits, and with it those behind.

        A work that fails is undone alone, but where it ends the transaction: that is told to all who are in it.
        """
        first = self._next()
        if first is None:  # written together with one before it
            return
        done, until = [first], time.monotonic() + SECONDS
        with _ToldTo(done), self._engine.begin() as conn:
            first.outcome = first.work(conn)  # with nothing before it to be kept, the transaction is its own
            while len(done) < MOST and time.monotonic() < until and (following := self._next()) is not None:
                done.append(following)
                with _ToldTo([following]), conn.begin_nested():
                    following.outcome = following.work(conn)
                if following.failure is not None and not _goes_on(conn):
                    conn.invalidate()  # it still believes in savepoints that went with the transaction
                    raise following.failure
        for one in done:
            one.settle()

    def _next(self) -> _Waiting | None:
        """The next that still waits: whoever has given up meanwhile is passed over."""
        while self._queue:
            following = self._queue.popleft()
            if following.future.set_running_or_notify_cancel():
                return following
        return None


def _goes_on(conn: Connection) -> bool:
    """Whether the transaction is still there: SQLite gives up all of it where the disk is full, or fails."""
    return bool(getattr(conn.connection.dbapi_connection, "in_transaction", False))
