"""Disposal of many cases in one night: the program's job, and bare statements that erase the same rows.

python -m bench.retention CASES FOLDER
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from bench.open_cases import SERVICE, open_cases
from bench.processes import CATALOG
from bot.catalog.files.loader import load
from bot.catalog.models import Catalog
from bot.catalog.municipality import RetentionLimits
from bot.catalog.people import Grant
from bot.catalog.services import EService
from bot.clients.slack_files import SlackFiles
from bot.domain.actors import Officer, find_officer
from bot.domain.messages.correspondence import SendMessage
from bot.domain.notes import AddNote
from bot.domain.retention import rule_digest
from bot.domain.status import SetStatus
from bot.jobs import JobDependencies, nightly_disposal
from bot.service import Service
from bot.store import Database, Keys
from bot.store.engine import migrate
from bot.store.files.file_store import FileStore
from bot.store.retention import rules
from bot.text.working_days import local_day

ERASED = (
    "UPDATE answers SET body = NULL, salt = NULL WHERE case_id = ?",
    "UPDATE message SET body = NULL, salt = NULL WHERE case_id = ?",
    "UPDATE note SET body = NULL, salt = NULL WHERE case_id = ?",
    "UPDATE history SET content = NULL, salt = NULL WHERE case_id = ? AND content IS NOT NULL",
    "UPDATE applicant SET name = '', email = '', phone = '', mailbox = NULL, salt = NULL WHERE case_id = ?",
    "UPDATE file SET name = '', sha256 = NULL, salt = NULL WHERE case_id = ?",
    "UPDATE search SET words = '' WHERE case_id = ?",
)
"""What the floor does with each case."""


@dataclass(frozen=True)
class Disposed:
    """Cases a second, of the program and of the floor."""

    ours: float
    floor: float


class _Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 7, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def _catalog() -> tuple[Catalog, EService, str]:
    """The sample catalog with a rule that may dispose of everything, and its coordinator."""
    catalog = load(CATALOG)
    service, officer = catalog.services[SERVICE], catalog.municipality.officers[0].key
    service = service.model_copy(update={"officers": (Grant(officer=officer, coordinator=True),)})
    municipality = catalog.municipality.model_copy(update={"retention": RetentionLimits(max_percent=100)})
    services = {**catalog.services, SERVICE: service}
    return catalog.model_copy(update={"services": services, "municipality": municipality}), service, officer


async def _fill(service: Service, e_service: EService, officer: Officer, count: int) -> None:
    """Closed cases with an applicant, a message and a note each."""
    closed = next(one for one in e_service.statuses if one.kind == "closed" and one.requires != "message")
    async for ids in open_cases(service, e_service, count):
        commands: list[Any] = [
            SendMessage(case_id=case_id, text="Vi tittar på det. " * 20) for case_id in ids
        ]
        commands += [AddNote(case_id=case_id, text="Ringde, fick svar. " * 20) for case_id in ids]
        await service.perform_all(commands, officer)
        closings = [
            SetStatus(case_id=case_id, status=closed.key, expected=e_service.initial_status.key, note="Klart")
            for case_id in ids
        ]
        await service.perform_all(closings, officer)


async def _measure(count: int, folder: Path) -> Disposed:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    catalog, e_service, key = _catalog()
    clock, files = _Clock(), FileStore(folder / "files")
    files.root.mkdir(parents=True)
    database = Database(f"sqlite:///{folder / 'case.db'}", Keys(b"a secret for measuring, 32 bytes"))
    migrate.upgrade(database)
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    officer = find_officer(catalog, key, local_day(clock()))
    assert officer is not None
    await _fill(service, e_service, officer, count)
    with (
        closing(sqlite3.connect(folder / "case.db")) as source,
        closing(sqlite3.connect(folder / "floor.db")) as copy,
    ):
        source.backup(copy)
    calls: Any = None
    deps = JobDependencies(service, files, folder / "checkpoints", SlackFiles(calls, calls, "", ""))
    clock.now += timedelta(days=10_000)
    await nightly_disposal.dispose(deps)  # lists them
    digest = rule_digest(SERVICE, e_service.retention)
    await database.write(lambda tx: rules.approve(tx, digest, key, clock()))
    clock.now += timedelta(days=15)
    started = time.perf_counter()
    await nightly_disposal.dispose(deps)
    seconds = time.perf_counter() - started
    with closing(sqlite3.connect(folder / "case.db")) as connection:
        (left,) = connection.execute("SELECT count(*) FROM answers WHERE body IS NOT NULL").fetchone()
    assert left == 0, f"{left} cases are left"
    database.close()
    return Disposed(count / seconds, count / _floor(folder / "floor.db"))


def _floor(path: Path) -> float:
    """The seconds that bare statements take, ten cases in a transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        ids = connection.execute('SELECT id FROM "case"').fetchall()
        started = time.perf_counter()
        for first in range(0, len(ids), nightly_disposal.MAX_CASES):
            connection.execute("BEGIN IMMEDIATE")
            for case_id in ids[first : first + nightly_disposal.MAX_CASES]:
                for statement in ERASED:
                    connection.execute(statement, case_id)
            connection.execute("COMMIT")
        return time.perf_counter() - started


def measure(count: int, folder: Path) -> Disposed:
    """Dispose of so many cases in stores under the folder, which must be empty."""
    return asyncio.run(_measure(count, folder))


if __name__ == "__main__":
    found = measure(int(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(f"{found.ours:.0f} {found.floor:.0f} cases/s, ratio {found.ours / found.floor:.2f}\n")
