"""A status set in many cases at once, and what presses on other cases wait for meanwhile.

    python -m bench.many_at_once CASES FOLDER

The floor changes the same rows by bare statements, as many cases in a transaction.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count as count_up
from pathlib import Path
from statistics import quantiles

import structlog

from bench.open_cases import SERVICE, open_cases
from bench.processes import CATALOG
from bot.catalog.files.loader import load
from bot.domain.actors import Officer, find_officer
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.lists.batches import SetStatuses
from bot.service import Service
from bot.service.batches import CASES_AT_ONCE, Batches
from bot.store import Database, Keys
from bot.store.engine import migrate
from bot.store.files.file_store import FileStore
from bot.store.officers import batches
from bot.text.working_days import local_day

OFFICER = "marta-lindqvist"
STATUS = "planerat"
PRESSED = 20
"""Cases that are taken and released, one press after the other, and are not among those that are changed."""
RESTING = 400
"""Presses before the change begins."""
PAUSE = 0.005
"""Seconds between two presses: people press again when they have seen the answer."""

CHANGED = (
    'UPDATE "case" SET status = ?, changed_at = ? WHERE id = ?',
    "INSERT INTO bare_history (case_id, seq, body) VALUES (?, ?, ?)",
    "INSERT INTO bare_delivery (case_id, seq, body) VALUES (?, ?, ?)",
)
"""What the floor does with each case: its row, a line of the log, and a notice."""


@dataclass(frozen=True)
class Changed:
    """Seconds for all cases, of the program and of the floor; and of a press the milliseconds that 99 of 100 take at
    most, at rest and meanwhile.
    """

    ours: float
    floor: float
    press_at_rest: float
    press_meanwhile: float


def _clock() -> datetime:
    return datetime.now(UTC)


async def _press(
    service: Service, officer: Officer, case_ids: list[str], presses: Iterable[int], taken: list[float]
) -> None:
    """Take and release the cases in turn, one press for each number; adds the seconds of each."""
    for number in presses:
        case_id = case_ids[number // 2 % len(case_ids)]
        command = ReleaseCase(case_id=case_id) if number % 2 else TakeCase(case_id=case_id)
        started = time.perf_counter()
        await service.perform(command, officer)
        taken.append(time.perf_counter() - started)
        await asyncio.sleep(PAUSE)


async def _measure(count: int, folder: Path) -> Changed:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    catalog = load(CATALOG)
    database = Database(f"sqlite:///{folder / 'case.db'}", Keys(b"a secret for measuring, 32 bytes"))
    migrate.upgrade(database)
    service = Service(database, lambda: catalog, clock=_clock, wake=lambda: None)
    officer = find_officer(catalog, OFFICER, local_day(_clock()))
    assert officer is not None
    e_service = catalog.services[SERVICE]
    ids = [one async for some in open_cases(service, e_service, count + PRESSED) for one in some]
    pressed, changed = ids[:PRESSED], ids[PRESSED:]
    resting: list[float] = []
    meanwhile: list[float] = []
    await _press(service, officer, pressed, range(RESTING), resting)
    runner = Batches(service, FileStore(folder / "files"))
    started = time.perf_counter()
    await runner.begin(officer, SetStatuses(status=STATUS), changed, batch_id="batch")
    pressing = asyncio.create_task(_press(service, officer, pressed, count_up(), meanwhile))
    await runner.run_next()
    seconds = time.perf_counter() - started
    pressing.cancel()
    await asyncio.gather(pressing, return_exceptions=True)
    done = await database.read(lambda tx: batches.find(tx, "batch"))
    assert done is not None and done.done == count, done
    database.close()
    floor = _floor(folder / "case.db", changed)
    return Changed(seconds, floor, _p99(resting), _p99(meanwhile))


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98] * 1000 if len(seconds) > 1 else seconds[0] * 1000


def _floor(path: Path, case_ids: list[str]) -> float:
    """The seconds that bare statements take."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        for table in ("bare_history", "bare_delivery"):
            connection.execute(f"CREATE TABLE {table} (case_id TEXT, seq INTEGER, body TEXT)")
        body = "x" * 300
        started = time.perf_counter()
        for first in range(0, len(case_ids), CASES_AT_ONCE):
            connection.execute("BEGIN IMMEDIATE")
            for case_id in case_ids[first : first + CASES_AT_ONCE]:
                values = (STATUS, _clock().isoformat(), case_id), (case_id, 3, body), (case_id, 3, body)
                for statement, given in zip(CHANGED, values, strict=True):
                    connection.execute(statement, given)
            connection.execute("COMMIT")
        return time.perf_counter() - started


def measure(count: int, folder: Path) -> Changed:
    """Set a status in so many cases of a store under the folder, which must be empty."""
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_measure(count, folder))


if __name__ == "__main__":
    found = measure(int(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(
        f"{found.ours:.1f} s, floor {found.floor:.1f} s; "
        f"a press {found.press_at_rest:.1f} ms at rest, {found.press_meanwhile:.1f} ms meanwhile (p99)\n"
    )
