"""Writing threads: with a transaction for each work, or one for all that wait (group commit)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")

MAX_BATCH_SIZE = 50
"""Works in one transaction."""

MAX_BATCH_SECONDS = 0.02
"""How long a transaction accepts more works, since those in it wait for its commit."""

MAX_BACKGROUND_WAIT_SECONDS = 0.5
"""How long works in the background let others go before them."""

_is_in_background: ContextVar[bool] = ContextVar("is_in_background", default=False)


@contextmanager
def in_background() -> Iterator[None]:
    """What is written within, and in tasks begun within, lets other writes go first and shares no transaction.

    A press would wait for the work that shares its transaction until both are committed. On PostgreSQL, where each
    work has a transaction of its own, nothing changes.
    """
    token = _is_in_background.set(True)
    try:
        yield
    finally:
        _is_in_background.reset(token)


@dataclass
class _PendingWrite:
    """A function that waits to be run in the context of its caller, and its outcome."""

    work: Callable[[Connection], Any]
    is_in_background: bool = field(default_factory=_is_in_background.get)
    called_at: float = field(default_factory=time.monotonic)
    context: Context = field(default_factory=copy_context)
    future: Future[Any] = field(default_factory=Future)
    outcome: Any = None
    failure: BaseException | None = None

    def run(self, conn: Connection) -> None:
        try:
            self.outcome = self.context.run(self.work, conn)
        except BaseException as failure:
            self.failure = failure
            raise

    def settle(self) -> None:
        if self.failure is not None:
            self.future.set_exception(self.failure)
        else:
            self.future.set_result(self.outcome)


@dataclass(frozen=True)
class _ForwardFailure(AbstractContextManager[None]):
    """Sets an exception raised within on the futures of those who wait, instead of raising it.

    Whose own work failed keeps that: where the disk is full, the savepoint is gone too and going back to it fails.
    """

    pending: list[_PendingWrite]

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> bool:
        for write in self.pending:
            write.failure = write.failure or failure
        return True


class Writer(Protocol):
    """Runs functions in transactions, each in the context of its caller: what is logged in one is of that request."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction. Returns its result after the commit, and raises what it raises."""
        ...

    def is_awaited(self) -> bool:
        """Whether other writes of this process wait for the one that runs, or run beside it."""
        ...

    def close(self) -> None:
        """Wait for what is queued."""
        ...


class WriterPool:
    """A thread for each connection; isolation and group commit are the database's."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store-write")
        self._begun = 0

    async def write(self, work: Callable[[Connection], T]) -> T:
        self._begun += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, copy_context().run, self._run, work
            )
        finally:
            self._begun -= 1

    def is_awaited(self) -> bool:
        return self._begun > 1

    def close(self) -> None:
        self._threads.shutdown()

    def _run(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as conn:
            return work(conn)


class GroupCommitWriter:
    """One thread that runs works in the order of the calls, those that wait in one transaction.

    SQLite has one writer, and each durable commit waits some milliseconds for the disk. With a commit for each, the
    last of fifty simultaneous requests would wait fifty times as long. Works in the background have transactions of
    their own, and wait for the others, though not for ever.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: deque[_PendingWrite] = deque()
        self._background: deque[_PendingWrite] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")

    async def write(self, work: Callable[[Connection], T]) -> T:
        pending = _PendingWrite(work)
        (self._background if pending.is_in_background else self._queue).append(pending)
        self._thread.submit(self._write_batch)
        outcome: T = await asyncio.wrap_future(pending.future)
        return outcome

    def is_awaited(self) -> bool:
        return bool(self._queue or self._background)

    def close(self) -> None:
        self._thread.shutdown()

    def _write_batch(self) -> None:
        """Run the first work that waits and those behind it, in one transaction.

        A work that fails is rolled back alone. Where its failure ends the transaction, all works in it fail.
        """
        first = self._pop_first()
        if first is None:  # it was part of an earlier batch
            return
        batch, deadline = [first], time.monotonic() + MAX_BATCH_SECONDS
        with _ForwardFailure(batch), self._engine.begin() as conn:
            first.run(conn)  # no savepoint: nothing before it in the transaction needs to be retained
            while (
                not first.is_in_background
                and len(batch) < MAX_BATCH_SIZE
                and time.monotonic() < deadline
                and (next_write := _pop_next(self._queue)) is not None
            ):
                batch.append(next_write)
                with _ForwardFailure([next_write]), conn.begin_nested():
                    next_write.run(conn)
                if next_write.failure is not None and not _is_open(conn):
                    conn.invalidate()  # its savepoints are gone with the transaction
                    raise next_write.failure
        for pending in batch:
            pending.settle()

    def _pop_first(self) -> _PendingWrite | None:
        """The work that a transaction begins with; None where none waits."""
        queues = [self._queue, self._background]
        if self._background and _seconds_waited(self._background[0]) > MAX_BACKGROUND_WAIT_SECONDS:
            queues.reverse()
        return _pop_next(queues[0]) or _pop_next(queues[1])


def _seconds_waited(pending: _PendingWrite) -> float:
    return time.monotonic() - pending.called_at


def _pop_next(queue: deque[_PendingWrite]) -> _PendingWrite | None:
    """The next work whose caller has not been cancelled; None where there is none."""
    while queue:
        pending = queue.popleft()
        if pending.future.set_running_or_notify_cancel():
            return pending
    return None


def _is_open(conn: Connection) -> bool:
    """Whether the transaction is still open: SQLite rolls all of it back on a full or failing disk."""
    return bool(getattr(conn.connection.dbapi_connection, "in_transaction", False))
