"""Writing very many rows: COPY on PostgreSQL, prepared statements without a journal on SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg

Rows = Sequence[Sequence[Any]]

TIDY_WITHIN = 600
"""Seconds within which PostgreSQL's autovacuum must have processed all written tables."""


class Bulk(Protocol):
    """A database that is being filled."""

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        """Add the rows."""

    def rows(self, query: str) -> Rows:
        """What the query finds."""


class _Lite:
    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        marks = ", ".join("?" * len(columns))
        self.connection.execute("BEGIN")
        self.connection.executemany(f'INSERT INTO "{table}" ({_named(columns)}) VALUES ({marks})', rows)
        self.connection.execute("COMMIT")

    def rows(self, query: str) -> Rows:
        return self.connection.execute(query).fetchall()


class _Post:
    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        statement = f'COPY "{table}" ({_named(columns)}) FROM STDIN'
        with self.connection.cursor() as cursor, cursor.copy(statement.encode()) as copying:
            for row in rows:
                copying.write_row(row)

    def rows(self, query: str) -> Rows:
        return self.connection.execute(query.encode()).fetchall()


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f'"{one}"' for one in columns)


@contextmanager
def in_bulk(url: str) -> Iterator[Bulk]:
    """The database for bulk writing: its indexes, apart from keys, are created afterwards. Nothing else may use it."""
    with _sqlite(url) if url.startswith("sqlite") else _postgresql(url) as bulk:
        yield bulk


@contextmanager
def _sqlite(url: str) -> Iterator[Bulk]:
    bulk = _Lite(url.removeprefix("sqlite:///"))
    run = bulk.connection.execute
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-2000000"):
        run(f"PRAGMA {pragma}")
    indexes = bulk.rows("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    for name, _ in indexes:
        run(f'DROP INDEX "{name}"')
    yield bulk
    for _, made in indexes:
        run(made)
    run("PRAGMA synchronous=FULL")
    run("PRAGMA journal_mode=WAL")
    bulk.connection.close()


@contextmanager
def _postgresql(url: str) -> Iterator[Bulk]:
    bulk = _Post(url)
    for setting in (
        "timezone = 'UTC'",
        "session_replication_role = replica",  # no triggers, no looking up of foreign keys
        "synchronous_commit = off",
        "maintenance_work_mem = '512MB'",
    ):
        bulk.connection.execute(f"SET {setting}".encode())
    indexes = bulk.rows(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    for name, _ in indexes:
        bulk.connection.execute(f'DROP INDEX "{name}"'.encode())
    yield bulk
    for _, made in indexes:
        bulk.connection.execute(made.encode())
    _tidied(bulk)
    bulk.connection.close()


def _tidied(bulk: _Post) -> None:
    """Wait for PostgreSQL's autovacuum, which gathers the statistics in production too."""
    hurried = {"autovacuum_naptime": "1s", "autovacuum_vacuum_cost_delay": "0"}
    for name, value in hurried.items():
        bulk.connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
    bulk.rows("SELECT pg_reload_conf()")
    left = (
        "SELECT relname FROM pg_stat_user_tables WHERE n_live_tup > 2000"
        " AND (last_autoanalyze IS NULL OR last_autovacuum IS NULL)"
    )
    until = time.monotonic() + TIDY_WITHIN
    while bulk.rows(left):
        if time.monotonic() > until:
            raise SystemExit(f"PostgreSQL has not been round {bulk.rows(left)} within {TIDY_WITHIN} seconds")
        time.sleep(1)
    for name in hurried:
        bulk.connection.execute(f"ALTER SYSTEM RESET {name}".encode())
    bulk.rows("SELECT pg_reload_conf()")
