"""What jobs and the outbox ask of the database does not grow with how many cases there are.

In a store that nobody has run ANALYZE on, as every municipality's is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from bot.clients.slack import SlackClient
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.flags import Flag
from bot.jobs.dependencies import JobDependencies
from bot.jobs.runner import COUNTING, JOBS, UNSLOTTED_JOBS, Job, run_job
from bot.service import Service
from bot.store import Database, Tx
from bot.store.engine import job_leases
from bot.store.files.file_store import FileStore
from bot.store.officers import flags
from bot.store.outbox import card_places, claims, deliveries, delivery_counts, parking, queues
from bot.store.outbox.claims import Delivery
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

LARGE = (
    "case", "history", "assignee", "applicant", "answers", "message", "note", "note_revision", "file", "reading",
    "flag", "unread_mark", "search", "receipt", "delivery", "card", "thread",
)  # fmt: skip
"""Tables that grow with the cases."""

Statement = tuple[str, Any]
"""SQL, and its parameters."""


@pytest.fixture
def municipality(sqlite_database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    service = Service(sqlite_database, lambda: catalog, clock=clock, wake=lambda: None)
    return MunicipalityDriver(service, catalog)


@pytest.fixture
async def deps(municipality: MunicipalityDriver, tmp_path: Path) -> AsyncIterator[JobDependencies]:
    slack = SlackClient("xoxb-nobody", "http://127.0.0.1:1/")  # no file is in Slack, so nothing is called
    yield JobDependencies(municipality.service, FileStore(tmp_path), tmp_path, slack.files)
    await slack.close()


@pytest.fixture
async def case_id(municipality: MunicipalityDriver, clock: Clock) -> str:
    """A case that is overdue and not indexed, of which an officer is to be reminded; another has a file."""
    case = await municipality.submit()
    await municipality.submit(files=(await municipality.add_file(),))
    await municipality.perform("anna", TakeCase(case_id=case.case_id), "slack:1")
    officer, database = municipality.officer("anna"), municipality.service.database
    flag = Flag(case.case_id, "", clock() + timedelta(hours=1))
    assert await database.write(lambda tx: flags.save(tx, officer, flag, clock()))
    await database.write(lambda tx: tx.conn.execute(text("UPDATE search SET rule = 0")))
    clock.advance(days=60)
    return case.case_id


def record(database: Database) -> list[Statement]:
    """A list that grows with each statement."""
    statements: list[Statement] = []
    reads: Engine = database.read_sync(lambda tx: tx.conn.engine)
    for engine in (reads, database.migration_engine()):
        event.listen(
            engine,
            "before_cursor_execute",
            lambda _c, _u, sql, given, _x, many: statements.append((sql, given[0] if many else given)),
        )
    return statements


def find_scans(database: Database, statements: list[Statement]) -> set[str]:
    """The tables that statements read from their beginning to their end, each with the partial index where by one."""

    def steps(tx: Tx) -> list[str]:
        return [
            row[3]
            for sql, given in dict.fromkeys((sql, tuple(given)) for sql, given in statements)
            if sql.startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT INTO"))
            and "search_index" not in sql
            for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
        ]

    partial = database.read_sync(_load_partial_indexes)
    scans = (
        re.match(r"SCAN (\w+?)(?:_\d+)?(?= |$)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        for step in database.read_sync(steps)
    )
    return {
        f"{scan[1]} by {scan[2]}" if scan[2] in partial else scan[1]
        for scan in scans
        if scan and scan[1] in LARGE
    }


def _load_partial_indexes(tx: Tx) -> set[str]:
    wanted = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
    return set(tx.conn.exec_driver_sql(wanted).scalars())


_DISPOSED_FILES = "file by ix_file_disposed"
"""All that this index has is wanted."""

SCANS = {"sweep": {"receipt", _DISPOSED_FILES}, "dispose": {_DISPOSED_FILES}, "retry_parked": {"delivery"}}
"""The requests' outcomes are found without an index, which each press would have to write to; so is what is parked,
among what has not been sent.
"""


@pytest.mark.parametrize("job", [*JOBS, *UNSLOTTED_JOBS], ids=lambda job: job.name)
async def test_no_job_reads_every_case(
    deps: JobDependencies, sqlite_database: Database, case_id: str, job: Job
) -> None:
    statements = record(sqlite_database)
    await run_job(job, deps, job_leases.acquire if job.slot else lambda *_: True)
    assert statements
    assert find_scans(sqlite_database, statements) == SCANS.get(job.name, set())


async def test_what_is_new_is_counted_without_reading_the_rest(
    deps: JobDependencies, municipality: MunicipalityDriver, sqlite_database: Database, case_id: str
) -> None:
    await run_job(COUNTING, deps, lambda *_: True)
    await municipality.perform("anna", ReleaseCase(case_id=case_id), "slack:2")
    statements = record(sqlite_database)
    await run_job(COUNTING, deps, lambda *_: True)
    assert any("INSERT INTO figure" in sql or "UPDATE figure_state" in sql for sql, _ in statements)
    assert find_scans(sqlite_database, statements) == set()


def _claim(tx: Tx, now: Any) -> Delivery:
    delivery = claims.claim(tx, now)
    assert delivery is not None
    return delivery


def _deliver(tx: Tx, now: Any) -> None:
    delivery = _claim(tx, now)
    assert claims.mark_sending(tx, delivery, now)
    claims.renew_leases(tx, [delivery], now)
    card_places.save(tx, delivery.case_id, ("C1", "1.1"), now)
    assert claims.complete(tx, delivery)


OUTBOX: dict[str, Callable[[Tx, str, Any], object]] = {
    "looking for what is due": lambda tx, case_id, now: (
        claims.find_due(tx, now),
        queues.find_next_due(tx, now),
    ),
    "delivering": lambda tx, case_id, now: _deliver(tx, now),
    "trying again": lambda tx, case_id, now: claims.retry(
        tx, _claim(tx, now), now, uncertain=False, trouble="slack_down"
    ),
    "parking": lambda tx, case_id, now: claims.park(tx, _claim(tx, now), "not_in_channel"),
    "a case's parked ones": lambda tx, case_id, now: parking.unpark(tx, now, case_id=case_id),
    "a case's late ones": lambda tx, case_id, now: delivery_counts.count_delayed(tx, now, case_id),
    "a case's card": lambda tx, case_id, now: (
        deliveries.find_open_card(tx, case_id),
        card_places.find(tx, case_id),
    ),
    "a thread's case": lambda tx, case_id, now: card_places.find_case_of_thread(tx, "C1", "1.1"),
    "threads used lately": lambda tx, case_id, now: card_places.list_touched_threads(tx, now, 10),
}


@pytest.mark.parametrize("name", OUTBOX)
async def test_nothing_in_the_outbox_is_found_by_reading_it_all(
    municipality: MunicipalityDriver, sqlite_database: Database, clock: Clock, case_id: str, name: str
) -> None:
    statements = record(sqlite_database)
    await sqlite_database.write(lambda tx: OUTBOX[name](tx, case_id, clock()))
    assert statements
    assert find_scans(sqlite_database, statements) == set()


async def test_home_counts_what_is_late_without_reading_all_that_waits(
    municipality: MunicipalityDriver, sqlite_database: Database, clock: Clock, case_id: str
) -> None:
    """Some of it failed, and some waits for a destination that is held."""
    held = clock() + timedelta(minutes=5)
    await sqlite_database.write(lambda tx: claims.hold_destination(tx, "mail", held))
    statements = record(sqlite_database)
    assert await sqlite_database.read(lambda tx: deliveries.count_all_delayed(tx, clock()))
    assert find_scans(sqlite_database, statements) == {"delivery by ix_delivery_failed"}


async def test_a_press_reads_no_more_of_the_outbox_than_its_case(
    municipality: MunicipalityDriver, sqlite_database: Database, case_id: str
) -> None:
    statements = record(sqlite_database)
    await municipality.perform("anna", ReleaseCase(case_id=case_id), "slack:2")
    assert find_scans(sqlite_database, statements) == set()
