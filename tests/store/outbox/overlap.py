"""Two acts at once on PostgreSQL: one is begun before a chosen statement of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from bot.store import Database, Tx
from tests.store.outbox.outbox_promises import Act


def at_once(database: Database, acts: tuple[Act, Act], at: int) -> bool:
    """Do both, and settle them in the order in which they are committed: the second is begun before the first's
    statement of that number, and ends before it goes on unless it has to wait for it.

    False where the first has fewer statements: the second is begun before it is committed.
    """
    first, second = acts
    with ThreadPoolExecutor(1) as thread:
        meanwhile = _Meanwhile(database, second, thread)
        outcome, within = database.write_now(lambda tx: meanwhile.within(tx, first.work, at))
        assert meanwhile.future is not None
        both = [(first, outcome), (second, meanwhile.future.result(10))]
    for act, came in reversed(both) if meanwhile.was_first else both:
        act.settle(came)
    return within


class _Meanwhile:
    """An act in a transaction of its own, while another's is open."""

    def __init__(self, database: Database, act: Act, thread: ThreadPoolExecutor) -> None:
        self._database, self._act, self._thread = database, act, thread
        self._process = 0
        self.future: Future[Any] | None = None
        self.was_first = False

    def within(self, tx: Tx, work: Callable[[Tx], Any], at: int) -> tuple[Any, bool]:
        """What comes of the first act, and whether this one was begun within it."""
        with _before_statement(tx, at, self._begin):
            outcome = work(tx)
        within = self.future is not None
        if not within:
            self._begin()
        return outcome, within

    def _begin(self) -> None:
        self.future = self._thread.submit(self._database.write_now, self._work)
        while not self.future.done() and not self._waits():
            wait([self.future], timeout=0.001)
        self.was_first = self.future.done()

    def _work(self, tx: Tx) -> Any:
        self._process = tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        return self._act.work(tx)

    def _waits(self) -> bool:
        """Whether it waits for a lock that another transaction has."""
        query = text("SELECT cardinality(pg_blocking_pids(:process))")
        return bool(
            self._database.read_now(lambda tx: tx.conn.execute(query, {"process": self._process}).scalar())
        )


@contextmanager
def _before_statement(tx: Tx, number: int, act: Callable[[], None]) -> Iterator[None]:
    statements = 0

    def count(*_: Any) -> None:
        nonlocal statements
        statements += 1
        if statements == number + 1:
            act()

    event.listen(tx.conn, "before_cursor_execute", count)
    yield
    event.remove(tx.conn, "before_cursor_execute", count)
