"""The figures are what the log says, however it came about and whenever it was counted."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from sqlalchemy import delete, func, select, update

from bot.catalog.definition import create_definition
from bot.domain.actors import Machine
from bot.domain.case_figures import FigureKey
from bot.domain.figures import FigureReport, last_months, last_weeks
from bot.store import Database, Tx
from bot.store.figures import counting
from bot.store.figures.packing import compress
from bot.store.figures.reading import load_report
from bot.store.log import history
from bot.store.tables import FigureRow, FigureStateRow, FigureSumRow, HistoryRow
from bot.store.verification import checkpoints, proof
from bot.text.working_days import local_day
from tests.conftest import KEYS, DatabaseCopies
from tests.generated.command_strategies import (
    APPLICANT,
    PlannedCommand,
    command_sequences,
    create_submission,
    fixed_sequences,
)
from tests.generated.strategies import examples
from tests.people import BYGG
from tests.scope import pick
from tests.store.figures.figure_counting import count_figures, make_sums, stored_figures
from tests.store.figures.figure_reference import expected_figures
from tests.store.verification.test_replaying import CATALOG, CaseLives


def _planned(actor: str, kind: str, after: float, a: int = 0, b: int = 3) -> PlannedCommand:
    return PlannedCommand(actor, kind, after, "Hej", a=a, b=b, is_stale=False)


WORKING, CLOSED = 0, 2
"""Their places among the statuses."""

REOPENED_AND_LATE = [
    _planned("anna", "SetStatus", 1),
    _planned("samordnare", "TakeCase", 3_600),
    _planned("samordnare", "SetStatus", 1, WORKING),
    _planned(APPLICANT, "ReceiveMessage", 1),
    _planned("samordnare", "SendMessage", 1, b=0),
    _planned("samordnare", "SetStatus", 40 * 86_400, CLOSED),
    _planned("samordnare", "SetStatus", 86_400, WORKING),
    _planned("samordnare", "SetStatus", 86_400, CLOSED),
]


DELETED = [
    _planned("anna", "SetStatus", 1, WORKING),
    _planned("samordnare", "TakeCase", 3_600),
    _planned("samordnare", "DeleteCase", 86_400, b=0),
]


class CountedLives(CaseLives):
    """Cases that are counted now and then while they live; some were received long before they were imported."""

    def opens(self, planned: PlannedCommand, key: str) -> str:
        command = create_submission(planned, CATALOG.services[key])
        received_at = self.clock() - timedelta(days=planned.a % 50)
        form = create_definition(CATALOG.services[key])
        done = asyncio.run(
            self.service.open_case(replace(command, received_at=received_at), Machine("form"), form)
        )
        self.happened.update(done.events)
        return done.case_id

    def lives(self, planned: list[PlannedCommand], key: str) -> None:
        super().lives(planned, key)
        if planned[0].b % 2:
            count_figures(self.database, self.clock())
            make_sums(self.database, local_day(self.clock()))


def expected_now(database: Database) -> dict[FigureKey, int]:
    ids = database.read_sync(
        lambda tx: tx.conn.execute(select(HistoryRow.case_id).distinct()).scalars().all()
    )
    return dict(
        expected_figures(database.read_sync(lambda tx, i=case_id: history.read(tx, i)) for case_id in ids)
    )


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "PART_EVENTS", 7)
    monkeypatch.setattr(counting, "PART_CASES", 3)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def filled(
    request: pytest.FixtureRequest, database_copies: DatabaseCopies
) -> Iterator[tuple[str, str, datetime]]:
    """A database with a few cases that have lived through much, once for all tests: its kind, address and time."""
    with database_copies.open(request.param) as address, pytest.MonkeyPatch.context() as patched:
        patched.setattr(counting, "PART_EVENTS", 7)
        patched.setattr(counting, "PART_CASES", 3)
        database = Database(address, KEYS)
        lives = CountedLives(database)
        for row in fixed_sequences(3):
            lives.all_live(row)
        database.close()
        yield request.param, address, lives.clock()


@pytest.fixture
def lives(
    filled: tuple[str, str, datetime], database_copies: DatabaseCopies, small_parts: None
) -> Iterator[CountedLives]:
    """A copy of it, at the time when it was filled."""
    kind, source, now = filled
    with database_copies.open(kind, source) as address:
        database = Database(address, KEYS)
        lives = CountedLives(database)
        lives.clock.now = now
        yield lives
        database.close()


def _assert_holds(database: Database, count: int) -> None:
    lives = CountedLives(database)

    @examples(count)
    @given(planned=command_sequences(24))
    def tried(planned: list[PlannedCommand]) -> None:
        lives.all_live(planned)

    for row in (REOPENED_AND_LATE, DELETED, *fixed_sequences(count)):
        lives.all_live(row)
    tried()
    count_figures(database, lives.clock())
    expected = expected_now(database)
    assert stored_figures(database) == expected
    _assert_sums_hold(database, local_day(lives.clock()))
    assert lives.happened["CaseDeleted"]
    kinds = {key.kind for key in expected}
    assert {"reopened", "overdue_step", "sent", "answered", "to_take", "to_answer", "to_close"} <= kinds
    assert database.read_sync(proof.verify).ok


def _assert_sums_hold(database: Database, today: date) -> None:
    """A report is the same with the months and weeks that have been added up, and without them."""
    periods = last_months(24, today), last_weeks(60, today)

    def reports(tx: Tx) -> list[FigureReport]:
        return [load_report(tx, list(CATALOG.services), period, today) for period in periods]

    made = select(func.count()).where(FigureSumRow.sums.is_not(None))
    assert database.read_sync(lambda tx: tx.conn.execute(made).scalar_one()) > 2
    before = database.read_sync(reports)
    make_sums(database, today)
    assert database.read_sync(reports) == before
    database.write_sync(lambda tx: tx.conn.execute(delete(FigureSumRow)))
    assert database.read_sync(reports) == before


@pytest.mark.usefixtures("small_parts")
def test_figures_are_what_the_log_says(one_sqlite_database: Database) -> None:
    _assert_holds(one_sqlite_database, pick(6, 20))


@pytest.mark.long
@pytest.mark.usefixtures("small_parts")
def test_figures_are_what_the_log_says_on_postgresql(one_postgres_database: Database) -> None:
    _assert_holds(one_postgres_database, 20)


def test_figures_that_were_lost_are_counted_anew_and_are_the_same(lives: CountedLives) -> None:
    database, now = lives.database, lives.clock()
    count_figures(database, now)
    before = stored_figures(database)
    database.write_sync(counting.forget_state)
    assert count_figures(database, now) > 2
    assert stored_figures(database) == before == expected_now(database)


def test_a_database_restored_from_a_backup_is_counted_anew(lives: CountedLives) -> None:
    """What was counted last is another event there."""
    database, now = lives.database, lives.clock()
    count_figures(database, now)
    database.write_sync(lambda tx: tx.conn.execute(update(FigureStateRow).values(hash="0" * 64)))
    database.write_sync(lambda tx: tx.conn.execute(update(FigureRow).values(count=FigureRow.count + 1)))
    assert database.read_sync(counting.has_new_events)
    count_figures(database, now)
    assert stored_figures(database) == expected_now(database)


def test_figures_counted_by_other_rules_are_counted_anew(lives: CountedLives) -> None:
    database, now = lives.database, lives.clock()
    count_figures(database, now)
    assert not database.read_sync(counting.has_new_events)
    database.write_sync(lambda tx: tx.conn.execute(update(FigureStateRow).values(version=0)))
    assert database.read_sync(counting.has_new_events)
    assert count_figures(database, now) > 2
    assert stored_figures(database) == expected_now(database)


def test_two_processes_that_count_at_once_count_nothing_twice(lives: CountedLives) -> None:
    """Whoever saves last finds that the other has, and prepares its part again."""
    database, now = lives.database, lives.clock()
    database.write_sync(counting.forget_state)
    end = database.read_sync(checkpoints.find_last_event)
    chance = random.Random(1)
    waiting: list[counting.CountedPart] = []
    outcomes = []
    while part := database.read_sync(lambda tx: counting.prepare_part(tx, end, now)):
        waiting.append(part)
        while waiting and (len(waiting) > 2 or chance.random() < 0.5):
            chosen = waiting.pop(chance.randrange(len(waiting)))
            outcomes.append(database.write_sync(lambda tx, part=chosen: counting.save_part(tx, part)))
    assert stored_figures(database) == expected_now(database)
    assert False in outcomes and True in outcomes


def test_a_case_that_is_disposed_of_stays_in_the_figures(lives: CountedLives) -> None:
    """What people wrote goes from the log; what is counted has no part in it."""
    database, now = lives.database, lives.clock()
    expected = expected_now(database)
    erased = update(HistoryRow).values(content=None, salt=None)
    database.write_sync(lambda tx: tx.conn.execute(erased))
    count_figures(database, now)
    assert stored_figures(database) == expected


def test_figures_that_were_tampered_with_show_with_their_e_service(lives: CountedLives) -> None:
    database = lives.database
    count_figures(database, lives.clock())
    assert database.read_sync(proof.verify).ok
    received = FigureRow.service == BYGG, FigureRow.kind == "received"
    database.write_sync(
        lambda tx: tx.conn.execute(update(FigureRow).where(*received).values(count=FigureRow.count + 1))
    )
    findings = database.read_sync(proof.verify).findings
    assert [(one.key, one.facts) for one in findings] == [("proof.figures", {"service": BYGG})]


def test_a_month_that_was_tampered_with_shows_with_its_e_service(lives: CountedLives) -> None:
    """Its days are right, and it would be read in their place."""
    database, today = lives.database, local_day(lives.clock()) + timedelta(days=40)
    count_figures(database, lives.clock())
    make_sums(database, today)
    assert database.read_sync(proof.verify).ok
    of_bygg = FigureSumRow.service == BYGG, FigureSumRow.unit == "month"
    nothing = update(FigureSumRow).where(*of_bygg).values(sums=compress(0))
    database.write_sync(lambda tx: tx.conn.execute(nothing))
    findings = database.read_sync(proof.verify).findings
    assert [(one.key, one.facts) for one in findings] == [("proof.figures", {"service": BYGG})]


def test_sums_that_another_process_has_overtaken_are_made_again(lives: CountedLives) -> None:
    database, today = lives.database, local_day(lives.clock()) + timedelta(days=40)
    count_figures(database, lives.clock())
    database.write_sync(lambda tx: tx.conn.execute(update(FigureSumRow).values(sums=None)))
    prepared = database.read_sync(lambda tx: counting.prepare_sums(tx, today))
    assert prepared is not None
    lives.all_live(REOPENED_AND_LATE)
    count_figures(database, lives.clock())
    assert not database.write_sync(lambda tx: counting.save_sums(tx, prepared))
    make_sums(database, local_day(lives.clock()) + timedelta(days=40))
    assert database.read_sync(proof.verify).ok
