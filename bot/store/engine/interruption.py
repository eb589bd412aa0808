"""Interruption of running statements, so that the program can be stopped."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, event

REPEAT_SECONDS = 0.05
"""Seconds between two rounds of interrupting: a statement may begin just after the first."""

CANCEL_SECONDS = 0.5
"""How long PostgreSQL may take to receive one interruption."""


class Interrupter:
    """Tracks the connections in use of some engines, and interrupts them."""

    def __init__(self) -> None:
        self._in_use: dict[Any, Any] = {}
        self._errors: set[type[Exception]] = set()
        self._ended = threading.Event()

    def watch(self, engine: Engine) -> None:
        """Track the connections that are checked out of the engine's pool."""
        self._errors.add(engine.dialect.loaded_dbapi.Error)
        event.listen(engine, "checkout", self._on_checkout)
        event.listen(engine, "checkin", self._on_checkin)

    @contextlib.contextmanager
    def interrupt_after(self, seconds: float) -> Iterator[None]:
        """Interrupt all statements that run, or begin, later than so long after the start of the `with` block.

        A transaction with an interrupted statement is rolled back.
        """
        self._ended.clear()
        thread = threading.Thread(target=self._interrupt, args=(seconds,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _interrupt(self, seconds: float) -> None:
        wait = seconds
        while not self._ended.wait(wait):
            for connection in list(self._in_use.values()):
                with contextlib.suppress(*self._errors):  # closed in the meantime
                    _interrupt(connection)
            wait = REPEAT_SECONDS

    def _on_checkout(self, connection: Any, record: Any, _proxy: Any) -> None:
        self._in_use[record] = connection

    def _on_checkin(self, _connection: Any, record: Any) -> None:
        self._in_use.pop(record, None)


def _interrupt(connection: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.interrupt()
    else:
        connection.cancel_safe(timeout=CANCEL_SECONDS)
