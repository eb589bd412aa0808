"""A status set in many cases at once, and what presses on other cases wait for meanwhile.

    python -m bench.many_at_once CASES FOLDER [DATABASE]

The floor changes the same rows by bare statements, as many cases in a transaction. DATABASE is sqlite or postgresql.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count as count_up
from pathlib import Path
from statistics import quantiles

import structlog
from sqlalchemy import text

from bench.million.stores import Kind, running
from bench.open_cases import SERVICE, open_cases
from bench.processes import CATALOG
from bot.app import THREAD_SWITCH_SECONDS
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
    'UPDATE "case" SET status = :status, changed_at = :at WHERE id = :id',
    "INSERT INTO bare_history (case_id, seq, body) VALUES (:id, 3, :body)",
    "INSERT INTO bare_delivery (case_id, seq, body) VALUES (:id, 3, :body)",
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


async def _measure(count: int, url: str, folder: Path) -> Changed:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    catalog = load(CATALOG)
    database = Database(url, Keys(b"a secret for measuring, 32 bytes"))
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
    floor = _floor(database, changed)
    database.close()
    return Changed(seconds, floor, _p99(resting), _p99(meanwhile))


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98] * 1000 if len(seconds) > 1 else seconds[0] * 1000


def _floor(database: Database, case_ids: list[str]) -> float:
    """The seconds that bare statements take, by the driver alone."""
    engine = database.migration_engine()
    statements = CHANGED if database.is_sqlite else [str(text(one).compile(engine)) for one in CHANGED]
    connection = engine.raw_connection()
    cursor = connection.cursor()
    for table in ("bare_history", "bare_delivery"):
        cursor.execute(f"CREATE TABLE {table} (case_id TEXT, seq INTEGER, body TEXT)")
    connection.commit()
    started = time.perf_counter()
    for first in range(0, len(case_ids), CASES_AT_ONCE):
        if database.is_sqlite:  # the other driver begins by itself
            cursor.execute("BEGIN IMMEDIATE")
        for case_id in case_ids[first : first + CASES_AT_ONCE]:
            given = {"status": STATUS, "at": _clock().isoformat(), "id": case_id, "body": "x" * 300}
            for statement in statements:
                cursor.execute(statement, given)
        connection.commit()
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def measure(count: int, folder: Path, kind: Kind = "sqlite") -> Changed:
    """Set a status in so many cases of a store under the folder, which must be empty."""
    folder.mkdir(parents=True, exist_ok=True)
    with running(kind, folder) as url:
        return asyncio.run(_measure(count, url, folder))


if __name__ == "__main__":
    sys.setswitchinterval(THREAD_SWITCH_SECONDS)  # as the program does
    found = measure(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "sqlite")  # type: ignore[arg-type]
    sys.stdout.write(
        f"{found.ours:.1f} s, floor {found.floor:.1f} s; "
        f"a press {found.press_at_rest:.1f} ms at rest, {found.press_meanwhile:.1f} ms meanwhile (p99)\n"
    )
