"""Two acts at once on PostgreSQL: one is begun before a chosen statement of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from bot.store import Database, Tx
from tests.conftest import PATIENCE
from tests.store.outbox.outbox_model import Operation


def run_overlapping(database: Database, operations: tuple[Operation, Operation], statement: int) -> bool:
    """Do both, and settle them in the order in which they are committed: the second is begun before the first's
    statement of that number, and ends before it goes on unless it has to wait for it.

    False where the first has fewer statements: the second is begun before it is committed.
    """
    first, second = operations
    with ThreadPoolExecutor(1) as thread:
        concurrent = _ConcurrentOperation(database, second, thread)
        outcome, began_within = database.write_sync(
            lambda tx: concurrent.run_within(tx, first.work, statement)
        )
        assert concurrent.future is not None
        outcomes = [(first, outcome), (second, concurrent.future.result(PATIENCE))]
    for operation, its_outcome in reversed(outcomes) if concurrent.committed_first else outcomes:
        operation.check(its_outcome)
    return began_within


class _ConcurrentOperation:
    """An act in a transaction of its own, while another's is open."""

    def __init__(self, database: Database, operation: Operation, thread: ThreadPoolExecutor) -> None:
        self._database, self._operation, self._thread = database, operation, thread
        self._backend_pid = 0
        self.future: Future[Any] | None = None
        self.committed_first = False

    def run_within(self, tx: Tx, work: Callable[[Tx], Any], statement: int) -> tuple[Any, bool]:
        """What comes of the first act, and whether this one was begun within it."""
        with _run_before_statement(tx, statement, self._begin):
            outcome = work(tx)
        began_within = self.future is not None
        if not began_within:
            self._begin()
        return outcome, began_within

    def _begin(self) -> None:
        self.future = self._thread.submit(self._database.write_sync, self._work)
        while not self.future.done() and not self._is_blocked():
            wait([self.future], timeout=0.001)
        self.committed_first = self.future.done()

    def _work(self, tx: Tx) -> Any:
        self._backend_pid = tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        return self._operation.work(tx)

    def _is_blocked(self) -> bool:
        """Whether it waits for a lock that another transaction has."""
        query = text("SELECT cardinality(pg_blocking_pids(:process))")
        return bool(
            self._database.read_sync(
                lambda tx: tx.conn.execute(query, {"process": self._backend_pid}).scalar()
            )
        )


@contextmanager
def _run_before_statement(tx: Tx, number: int, operation: Callable[[], None]) -> Iterator[None]:
    statements = 0

    def count(*_: Any) -> None:
        nonlocal statements
        statements += 1
        if statements == number + 1:
            operation()

    event.listen(tx.conn, "before_cursor_execute", count)
    yield
    event.remove(tx.conn, "before_cursor_execute", count)
