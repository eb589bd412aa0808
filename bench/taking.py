"""A take's transaction beside its own statements, given to SQLite's driver without anything around them.

In processor time of one thread, from the beginning of the transaction to before the commit: other programs on the
machine add less to it than to seconds by the clock, and the disk nothing. The least of many takes is what one costs
with warm caches.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import delete, event

from bench.open_cases import SERVICE, open_cases
from bench.processes import CATALOG
from bot.catalog.files.loader import load
from bot.domain.actors import Officer, find_officer
from bot.domain.assignment import TakeCase
from bot.service import IdempotencyKey, Service
from bot.service.performer import CommandPerformer
from bot.store import Database, Keys, Tx
from bot.store.engine import migrate
from bot.store.engine.database import PRAGMAS
from bot.store.outbox import card_places
from bot.store.tables import DeliveryRow
from bot.text.working_days import local_day

OFFICER = "marta-lindqvist"
KEYS = Keys(b"a secret for measuring, 32 bytes")


@dataclass(frozen=True)
class Taken:
    """Milliseconds of each take: of the program, and of its statements alone."""

    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)


Statement = tuple[str, Any]
"""Its text and its parameters, as the driver gets them; a list of these for a statement that is run for each."""


class _RolledBack(Exception):
    """Raised so that nothing of a transaction is kept."""


def measure(count: int, folder: Path) -> Taken:
    """Take so many cases of a SQLite store under the folder, which must be empty."""
    folder.mkdir(parents=True, exist_ok=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    path = folder / "case.db"
    database = Database(f"sqlite:///{path}", KEYS)
    catalog = load(CATALOG)
    officer = find_officer(catalog, OFFICER, local_day(_clock()))
    assert officer is not None
    try:
        migrate.upgrade(database)
        service = Service(database, lambda: catalog, clock=_clock, wake=lambda: None)
        case_ids = asyncio.run(_open(service, count))
        database.write_sync(lambda tx: _post_cards(tx, case_ids))
        return _take(database, path, CommandPerformer(lambda: catalog, _clock), officer, case_ids)
    finally:
        database.close()


def _clock() -> datetime:
    return datetime.now(UTC)


async def _open(service: Service, count: int) -> list[str]:
    e_service = load(CATALOG).services[SERVICE]
    return [one async for some in open_cases(service, e_service, count) for one in some]


def _post_cards(tx: Tx, case_ids: list[str]) -> None:
    """Their cards are in Slack, and nothing waits to be told."""
    tx.conn.execute(delete(DeliveryRow))
    for number, case_id in enumerate(case_ids):
        card_places.save(tx, case_id, ("C0BENCH", f"1.{number:06d}"), _clock())


def _take(
    database: Database, path: Path, performer: CommandPerformer, officer: Officer, case_ids: list[str]
) -> Taken:
    """Each case is taken three times: to see the statements, by these alone, both undone, and to stay taken."""
    taken = Taken()

    def take(tx: Tx, case_id: str) -> float:
        request = IdempotencyKey(f"slack:{case_id}")
        began = time.thread_time()
        performer.perform(tx, TakeCase(case_id=case_id), officer, request)
        return (time.thread_time() - began) * 1000

    def take_and_undo(tx: Tx, case_id: str) -> None:
        take(tx, case_id)
        raise _RolledBack

    with (
        closing(sqlite3.connect(path, isolation_level=None)) as bare,
        _recorder(f"sqlite:///{path}") as (recorder, statements),
    ):
        for pragma in PRAGMAS:
            bare.execute(f"PRAGMA {pragma}")
        for case_id in case_ids:
            statements.clear()
            with suppress(_RolledBack):
                recorder.write_sync(partial(take_and_undo, case_id=case_id))
            taken.floor.append(_run_and_undo(bare, statements))
            taken.ours.append(database.write_sync(partial(take, case_id=case_id)))
    return taken


@contextmanager
def _recorder(url: str) -> Iterator[tuple[Database, list[Statement]]]:
    """The database once more, and the statements that are run through this one.

    Through the other none listens, as in the program: that would be asked about with each statement.
    """
    database, statements = Database(url, KEYS), list[Statement]()

    def record(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        statements.append((statement, parameters))

    event.listen(database.migration_engine(), "before_cursor_execute", record)
    try:
        yield database, statements
    finally:
        database.close()


def _run_and_undo(connection: sqlite3.Connection, statements: list[Statement]) -> float:
    """Milliseconds for the statements, whose rows are fetched."""
    connection.execute("BEGIN IMMEDIATE")
    began = time.thread_time()
    for statement, parameters in statements:
        if isinstance(parameters, list):
            connection.executemany(statement, parameters)
        else:
            connection.execute(statement, parameters).fetchall()
    milliseconds = (time.thread_time() - began) * 1000
    connection.execute("ROLLBACK")
    return milliseconds
