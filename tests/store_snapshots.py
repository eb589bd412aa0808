"""Copies of a store on SQLite, to go back to."""

from __future__ import annotations

import sqlite3
from typing import Any

from bot.store import Database


class StoreSnapshots:
    """Copies of the store, to go back to."""

    IGNORED = ("receipt", "account", "destination")
    """What a refusal leaves behind too: its receipt, and whose account it was."""

    def __init__(self, database: Database) -> None:
        self._live = sqlite3.connect(str(database.url.database))
        self._live.execute("PRAGMA synchronous=OFF")
        (self._schema,) = self._live.execute("PRAGMA schema_version").fetchone()
        self._current: tuple[sqlite3.Connection | None, int] = (None, 0)
        self._compared: tuple[sqlite3.Connection | None, dict[str, list[Any]]] = (None, {})
        found = self._live.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self._tables = [name for (name,) in found if name not in self.IGNORED and "sqlite" not in name]

    def save(self) -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        self._live.backup(copy)
        return copy

    def restore(self, copy: sqlite3.Connection) -> None:
        if not self._is_as(copy):
            copy.backup(self._live)
            # The schema is the same, but a copy counts as another one, which each connection of the program would read.
            self._live.execute(f"PRAGMA schema_version={self._schema}")
            self._live.commit()
            self._current = (copy, self._version())

    def close(self) -> None:
        self._live.close()

    def _is_as(self, copy: sqlite3.Connection) -> bool:
        """Whether nothing has been written since the store was made like the copy."""
        return self._current == (copy, self._version())

    def _version(self) -> int:
        """Another one after every write."""
        (version,) = self._live.execute("PRAGMA data_version").fetchone()
        return int(version)

    def changed(self, since: sqlite3.Connection) -> frozenset[str]:
        """The tables that differ."""
        if self._is_as(since):
            return frozenset()
        rows = self._rows_of_copy(since)
        return frozenset(one for one in self._tables if self._rows(self._live, one) != rows[one])

    def _rows_of_copy(self, copy: sqlite3.Connection) -> dict[str, list[Any]]:
        """All that is in the copy, which never changes; it is compared with many times in a row."""
        if self._compared[0] is not copy:
            self._compared = (copy, {one: self._rows(copy, one) for one in self._tables})
        return self._compared[1]

    @staticmethod
    def _rows(of: sqlite3.Connection, table: str) -> list[Any]:
        return of.execute(f'SELECT * FROM "{table}"').fetchall()
