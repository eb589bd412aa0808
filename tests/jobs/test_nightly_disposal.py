"""Gallring at night: what is due by an approved rule goes whole, and nothing else is touched."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from bot.catalog.municipality import RetentionLimits
from bot.catalog.services import EService, Retention
from bot.clients.slack_files import SlackFiles
from bot.domain.actors import Officer
from bot.domain.case import with_changes
from bot.domain.deletion import DeleteCase
from bot.domain.lists.batches import ExportCases
from bot.domain.notes import AddNote
from bot.domain.retention import (
    DisposeCase,
    HoldCase,
    HoldEndRequired,
    NotDue,
    due_day,
    is_held,
    last_closing_day,
    rule_digest,
)
from bot.domain.retention_plan import ProtocolLine, RulePlan, protocol_table
from bot.domain.rules import Context
from bot.domain.status import SetStatus
from bot.export.csv_file import write_csv
from bot.jobs import JobDependencies
from bot.jobs import nightly_disposal as job
from bot.jobs.disposal_transaction import CLOCK, Approval, dispose_together
from bot.service import CommandResult, Service
from bot.store import Database, DatabaseBusy, Tx
from bot.store.files.file_store import FileStore
from bot.store.lists import search_results
from bot.store.outbox import delivery_counts
from bot.store.retention import listing, protocol, rules
from bot.store.tables import AnswersRow, BatchRow
from bot.store.verification import proof
from bot.text import words
from bot.text.working_days import local_day
from tests.conftest import PATIENCE, Clock
from tests.domain.test_authorisation import create_case
from tests.municipality import MunicipalityDriver, officer, person, small_catalog
from tests.people import BYGG, CaseFacts
from tests.runners import create_runner
from tests.store.cases.disposal_harness import (
    MarkedCases,
    catalog_with_thread_notes,
    dump_rows,
    files_with,
    pages_with,
    tables_with,
)

MARK, OTHER = "zzqxmark1", "zzqxmark2"


class Town:
    """The small town with its nightly job."""

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        self.catalog = catalog_with_thread_notes()
        self.clock, self.database, self.folder = clock, database, folder
        self.files = FileStore(folder / "files")
        service = Service(database, lambda: self.catalog, clock=clock, wake=lambda: None)
        self.driver = MunicipalityDriver(service, self.catalog)
        self.marked = MarkedCases(self.driver, self.files)
        calls: Any = None
        slack_files = SlackFiles(calls, calls, "", "")
        self.deps = JobDependencies(service, self.files, folder / "files" / "checkpoints", slack_files)

    @property
    def rule(self) -> Retention:
        return self.catalog.services["bygglov"].retention

    def change_rule(self, **changes: Any) -> None:
        service = self.catalog.services["bygglov"]
        rule = self.rule.model_copy(update=changes)
        services = {**self.catalog.services, "bygglov": service.model_copy(update={"retention": rule})}
        self.catalog = self.catalog.model_copy(update={"services": services})

    def allow_deleting(self) -> None:
        service = self.catalog.services["bygglov"]
        statuses = tuple(one.model_copy(update={"may_delete": True}) for one in service.statuses)
        services = {**self.catalog.services, "bygglov": service.model_copy(update={"statuses": statuses})}
        self.catalog = self.catalog.model_copy(update={"services": services})

    def approve(self) -> None:
        digest = rule_digest("bygglov", self.rule)
        assert self.database.write_sync(lambda tx: rules.approve(tx, digest, "anna", self.clock()))

    async def run_nights(self, *days: int) -> None:
        """So many days pass before each run of the job."""
        for count in days:
            self.clock.advance(days=count)
            await job.dispose(self.deps)

    def plan(self) -> RulePlan:
        service, today = self.catalog.services["bygglov"], local_day(self.clock())
        return self.database.read_sync(lambda tx: rules.load_plan(tx, self.catalog, service, today))

    def lines(self) -> list[ProtocolLine]:
        run = self.database.read_sync(protocol.find_last_run)
        if run is None:
            return []
        return self.database.read_sync(lambda tx: protocol.load_lines(tx, run, ["bygglov"]))

    def is_left(self, mark: str = MARK) -> bool:
        return "answers" in tables_with(self.database, mark)


@pytest.fixture
def town(database: Database, clock: Clock, tmp_path: Path) -> Town:
    return Town(database, clock, tmp_path)


@pytest.mark.parametrize(
    ("rule", "closed", "due"),
    [
        ({"months": 24}, (2026, 11, 23), date(2028, 11, 23)),
        ({"months": 1}, (2027, 1, 31), date(2027, 2, 28)),
        ({"months": 1}, (2028, 1, 31), date(2028, 2, 29)),
        ({"months": 12, "from": "year_end"}, (2026, 1, 1), date(2028, 1, 1)),
        ({"months": 24, "from": "year_end"}, (2026, 12, 31), date(2029, 1, 1)),
    ],
)
def test_months_are_counted_from_closing_or_from_the_years_end(
    rule: dict[str, Any], closed: tuple[int, int, int], due: date
) -> None:
    found = Retention.model_validate({"basis": "x", **rule})
    assert due_day(found, datetime(*closed, 12, tzinfo=UTC)) == due
    last = last_closing_day(found, due)
    assert last is not None and last >= date(*closed)
    before = last_closing_day(found, due - timedelta(days=1))
    assert before is not None and before < date(*closed)


def test_the_day_of_closing_is_the_one_in_sweden() -> None:
    rule = Retention.model_validate({"months": 12, "from": "year_end", "basis": "x"})
    assert due_day(rule, datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == date(2029, 1, 1)


def test_a_hold_lasts_through_its_last_day() -> None:
    case = with_changes(create_case(CaseFacts(BYGG)), hold="appeal", hold_until=date(2027, 11, 23))
    assert is_held(case, date(2027, 11, 23)) and not is_held(case, date(2027, 11, 24))


def test_the_rule_of_each_case_is_asked_again_when_it_is_disposed_of() -> None:
    """The list is made earlier: what has happened to a case since holds, to the day."""
    catalog = small_catalog()
    service = catalog.services["bygglov"]
    closed_at = datetime(2024, 11, 23, 12, tzinfo=UTC)  # two years of the rule end on 23 November 2026
    case = with_changes(create_case(CaseFacts(BYGG)), service="bygglov", closed_at=closed_at)

    def is_disposed(day: date, rule: Retention = service.retention, **changes: Any) -> bool:
        now = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
        command = DisposeCase(case_id=case.id, run=day, digest=rule_digest("bygglov", rule))
        try:
            return bool(
                command.decide(
                    with_changes(case, **changes), Context(now, CLOCK, catalog, service, new_id=str)
                )
            )
        except NotDue:
            return False

    due = date(2026, 11, 23)
    assert is_disposed(due) and not is_disposed(due - timedelta(days=1))
    assert not is_disposed(due, service.retention.model_copy(update={"basis": "Planens 2 §"}))
    assert not is_disposed(due, deleted_at=closed_at)
    assert not is_disposed(due, closed_at=None)
    assert not is_disposed(due, hold="appeal", hold_until=due)
    assert is_disposed(due, hold="appeal", hold_until=due - timedelta(days=1))


def test_a_hold_may_end_on_the_day_it_is_set_and_not_before() -> None:
    catalog = small_catalog()
    ctx = Context(
        datetime(2026, 11, 23, 9, tzinfo=UTC),
        officer(catalog, "anna"),
        catalog,
        catalog.services["bygglov"],
        new_id=str,
    )
    case = with_changes(create_case(CaseFacts(BYGG)), service="bygglov")

    def hold(until: date) -> HoldCase:
        return HoldCase(case_id=case.id, hold="appeal", until=until, reason="Överklagat")

    assert hold(date(2026, 11, 23)).decide(case, ctx)
    with pytest.raises(HoldEndRequired):
        hold(date(2026, 11, 22)).decide(case, ctx)


async def test_what_is_kept_is_never_due(town: Town) -> None:
    assert due_day(Retention(keep=True), town.clock()) is None
    await town.marked.create(MARK)
    town.change_rule(keep=True, months=None, basis="")
    await town.run_nights(4000, 20)
    assert town.is_left()


async def test_a_case_goes_whole_when_its_time_has_come(town: Town) -> None:
    case, other = await town.marked.create(MARK), await town.marked.create(OTHER, closed=False)
    before = _rows_of(dump_rows(town.database), other)
    await town.run_nights(720)
    assert town.plan().listed == 1 and town.is_left(), "it is listed fourteen days ahead"
    town.approve()
    await town.run_nights(9)
    assert town.is_left()
    await town.run_nights(5)
    assert tables_with(town.database, MARK) == []
    assert files_with(town.folder, MARK) == [], "in no file, and in no page of SQLite's files"
    assert pages_with(town.database, MARK) == [], "nor in a page of PostgreSQL's"
    assert files_with(town.files.root, OTHER) != []
    assert _rows_of(dump_rows(town.database), other) == before
    (line,) = town.lines()
    assert (line.number, line.basis, line.approved_by, line.files) == (case.number, "Planens 3 §", "anna", 3)
    report = town.database.read_sync(proof.verify)
    assert report.ok, report.findings
    printed = write_csv(protocol_table([line], town.catalog, words("sv")))
    assert f"{case.number};Bygglov;23 nov. 2026;" in printed and ";Anna Berg;2;3;3\r\n" in printed
    assert "Eva" not in printed and MARK not in printed


def _rows_of(rows: dict[str, list[str]], case: CommandResult) -> dict[str, list[str]]:
    return {
        name: sorted(row for row in found if case.case_id in row or OTHER in row)
        for name, found in rows.items()
        if name not in ("delivery", "export_file", "hits")  # the sweep's
    }


async def test_coordinators_are_told_once_and_without_a_number(town: Town) -> None:
    await town.marked.create(MARK)
    await town.run_nights(720, 1)
    counts = town.database.read_sync(delivery_counts.count_by_kind_and_state)
    assert counts["retention", "waiting"] == 1
    (row,) = [row for row in dump_rows(town.database)["delivery"] if "'retention'" in row]
    assert MARK not in row and '"count": 1' in row


async def test_a_rule_that_nobody_has_approved_disposes_of_nothing(town: Town) -> None:
    await town.marked.create(MARK)
    await town.run_nights(720, 30, 300)
    assert town.is_left() and town.plan().due == 1
    town.approve()
    await town.run_nights(1)
    assert not town.is_left()


async def test_a_rule_that_is_changed_while_its_list_waits_is_approved_and_listed_anew(town: Town) -> None:
    await town.marked.create(MARK)
    await town.run_nights(720)
    town.approve()
    town.change_rule(months=23)
    await town.run_nights(15)
    assert town.is_left() and town.plan().approved_at is None
    town.approve()
    await town.run_nights(13)
    assert town.is_left(), "fourteen days from when it was listed by this rule"
    await town.run_nights(1)
    assert not town.is_left()


async def test_reopening_restarts_the_time(town: Town) -> None:
    case = await town.marked.create(MARK)
    await town.run_nights(720)
    town.approve()
    reopened = SetStatus(case_id=case.case_id, status="working", expected="closed", reason="Nytt")
    await town.driver.perform("anna", reopened)
    await town.run_nights(20)
    assert town.is_left() and town.plan().listed == 0
    closing = SetStatus(case_id=case.case_id, status="closed", expected="working", note="Klart")
    await town.driver.perform("anna", closing)
    await town.run_nights(700)
    assert town.is_left()
    await town.run_nights(25, 14)
    assert not town.is_left()


async def test_a_case_that_is_closed_anew_before_the_night_is_off_the_list_at_once_until_its_new_day(
    town: Town,
) -> None:
    case = await town.marked.create(MARK)
    await town.run_nights(720)
    town.approve()
    for command in (
        SetStatus(case_id=case.case_id, status="working", expected="closed", reason="Nytt"),
        SetStatus(case_id=case.case_id, status="closed", expected="working", note="Klart"),
    ):
        await town.driver.perform("anna", command)
    assert town.plan().listed == 0
    await town.run_nights(13, 1, 6)
    assert town.is_left() and (town.plan().listed, town.plan().due) == (0, 0)
    await town.run_nights(700)
    assert town.is_left() and town.plan().first_due_on == local_day(town.clock()) + timedelta(days=14)
    await town.run_nights(14)
    assert not town.is_left()


@pytest.mark.parametrize("kind", ["held", "deleted"])
async def test_what_is_put_on_hold_or_deleted_is_off_the_list_at_once(town: Town, kind: str) -> None:
    case = await town.marked.create(MARK)
    town.allow_deleting()
    await town.run_nights(720)
    assert town.plan().listed == 1
    view = await town.driver.view_case("anna", case)
    commands = {
        "held": HoldCase(
            case_id=case.case_id, hold="appeal", until=local_day(town.clock()), reason="Överklagat"
        ),
        "deleted": DeleteCase(
            case_id=case.case_id, typed_number=case.number, ground="test", expected=view.case.seq
        ),
    }
    await town.driver.perform("anna", commands[kind])
    assert town.plan().listed == 0


async def test_stored_searches_are_swept_before_the_nights_first_case_and_only_where_one_is_due(
    town: Town,
) -> None:
    anna = Officer("anna", "Anna Berg")
    await town.marked.create(MARK)
    await town.run_nights(720)
    town.database.write_sync(lambda tx: search_results.save(tx, anna, "a" * 32, ["another"], town.clock()))
    await town.run_nights(1)
    assert len(dump_rows(town.database)["hits"]) > 0, "nothing is due"
    town.approve()
    looked_through: list[int] = []

    def note(conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE FROM hits") and "LIKE" in statement:
            looked_through.append(conn.exec_driver_sql("SELECT count(*) FROM hits").scalar())

    event.listen(town.database.migration_engine(), "before_cursor_execute", note)
    await town.run_nights(14)
    assert looked_through == [0], "one case is disposed of, and no search is looked through for it"


async def test_the_rules_of_all_e_services_are_counted_by_as_many_statements_as_that_of_one(
    town: Town,
) -> None:
    services, today = [*town.catalog.services.values()], local_day(town.clock())
    await town.marked.create(MARK)
    await town.run_nights(720)
    statements: list[str] = []

    def load(*chosen: EService) -> list[RulePlan]:
        statements.clear()
        return town.database.read_sync(lambda tx: rules.load_plans(tx, town.catalog, chosen, today))

    engine = town.database.migration_engine()
    event.listen(engine, "before_cursor_execute", lambda _conn, _cursor, sql, *_: statements.append(sql))
    one_by_one = [load(service)[0] for service in services]
    for_one = len(statements)
    assert load(*services) == one_by_one and sum(plan.listed for plan in one_by_one) == 1
    assert len(statements) == for_one and len(services) > 1


async def test_a_hold_stops_it_for_as_long_as_it_lasts(town: Town) -> None:
    case = await town.marked.create(MARK)
    await town.run_nights(720)
    town.approve()
    until = local_day(town.clock()) + timedelta(days=60)
    hold = HoldCase(case_id=case.case_id, hold="appeal", until=until, reason="Överklagat")
    await town.driver.perform("anna", hold)
    await town.run_nights(20, 40)
    assert town.is_left() and (town.plan().held, town.plan().listed) == (1, 0)
    await town.run_nights(1)
    assert town.is_left() and town.plan().listed == 1
    await town.run_nights(14)
    assert not town.is_left()


async def test_more_than_the_share_is_refused_until_it_is_confirmed(town: Town) -> None:
    for n in range(3):
        await town.marked.create(f"zzqxmark{n}")
    limits = RetentionLimits(max_percent=50, always_allowed=1)
    town.catalog = town.catalog.model_copy(
        update={"municipality": town.catalog.municipality.model_copy(update={"retention": limits})}
    )
    await town.run_nights(720)
    town.approve()
    await town.run_nights(20)
    assert town.is_left() and town.plan().is_over_limit
    assert (town.plan().due, town.plan().due_tonight) == (3, 0)
    digest = rule_digest("bygglov", town.rule)
    town.database.write_sync(lambda tx: rules.confirm(tx, digest, 2, "anna", town.clock()))
    await town.run_nights(1)
    assert town.is_left(), "three are due, and two were confirmed"
    town.database.write_sync(lambda tx: rules.confirm(tx, digest, 3, "anna", town.clock()))
    assert town.plan().due_tonight == 3
    await town.run_nights(1)
    assert not town.is_left() and town.plan().confirmed == 0


async def test_a_case_that_a_batch_works_with_waits_for_another_night(town: Town) -> None:
    await town.marked.create(MARK)
    await town.run_nights(720)
    town.approve()
    going = update(BatchRow).values(finished_at=None, state="waiting")
    await town.database.write(lambda tx: tx.conn.execute(going))
    await town.run_nights(20)
    assert town.is_left() and town.lines() == []


async def test_a_nights_cases_are_disposed_of_together(town: Town) -> None:
    """Eight take as many statements as two. What is refused is left out of the protocol, and the others go."""
    digest, statements = rule_digest("bygglov", town.rule), []
    closing = {"status": "closed", "expected": "submitted", "note": "Klart"}
    cases = [(await town.driver.submit()).case_id for _ in range(12)]
    for case_id in cases[:-1]:
        await town.driver.perform("anna", SetStatus(case_id=case_id, **closing))
    town.clock.advance(days=740)
    engine, run = town.database.migration_engine(), local_day(town.clock())
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))
    taken = []
    for some in (cases[:2], cases[2:10], cases[10:]):
        commands = [DisposeCase(case_id=case_id, run=run, digest=digest) for case_id in some]
        approval, before = Approval(run, digest, "anna"), len(statements)
        work = partial(dispose_together, service=town.deps.service, commands=commands, approval=approval)
        taken.append((await town.database.write(work), len(statements) - before))
    (two, few), (eight, many), (one, _) = taken
    assert (two, eight, one, many) == (2, 8, 1, few)
    (summary,) = await town.database.read(lambda tx: protocol.list_runs(tx, ["bygglov"], limit=2))
    assert summary.cases == 11


async def test_a_case_that_is_being_exported_waits_and_goes_with_its_file_when_that_is_made(
    town: Town,
) -> None:
    case = await town.marked.create(MARK)
    await town.run_nights(720)
    town.approve()
    runner = create_runner(town.deps.service, town.folder / "files")
    officer, action = town.driver.officer("anna"), ExportCases(answers_of="bygglov")
    await runner.begin(officer, action, [case.case_id], batch_id="e" * 32)
    await town.run_nights(20)
    assert town.is_left() and town.lines() == [], "the export has not been made yet"
    while await runner.run_next():
        pass
    await town.run_nights(1)
    assert tables_with(town.database, MARK) == [] and files_with(town.folder, MARK) == []
    assert [line.number for line in town.lines()] == [case.number]


async def test_what_a_case_was_imported_from_comes_again_and_brings_nothing_back(town: Town) -> None:
    case = await town.marked.create(MARK)
    await town.run_nights(720)
    town.approve()
    await town.run_nights(20)
    assert not town.is_left()
    again = await town.driver.submit(
        person(name=f"Eva {MARK}"), values={"vad": MARK, "typ": "till"}, external="annat:1"
    )
    assert (again.case_id, again.is_repeated) == (case.case_id, True)
    assert tables_with(town.database, MARK) == []


@pytest.mark.long
async def test_while_a_backup_reads_the_cases_go_and_their_pages_when_it_has_ended(town: Town) -> None:
    await town.marked.create(MARK)
    await town.run_nights(720)
    town.approve()
    reads, ends = threading.Event(), threading.Event()

    def back_up(tx: Tx) -> int:
        found = tx.conn.execute(select(func.count()).select_from(AnswersRow)).scalar_one()
        reads.set()
        assert ends.wait(PATIENCE)
        return int(found)

    backup = asyncio.create_task(town.database.read(back_up))
    await asyncio.to_thread(reads.wait, PATIENCE)
    town.clock.advance(days=20)
    with contextlib.suppress(DatabaseBusy):  # on PostgreSQL no table is written anew that someone holds
        await job.dispose(town.deps)
    assert not town.is_left() and [line.service for line in town.lines()] == ["bygglov"]
    ends.set()
    assert await backup == 1, "the backup has the cases of when it began"
    await job.dispose(town.deps)
    assert files_with(town.folder, MARK) == [] and pages_with(town.database, MARK) == []


class Killed(BaseException):
    """The process is killed here."""


@pytest.mark.parametrize("commits", [False, True], ids=["before the commit", "after the commit"])
async def test_killed_at_every_step_it_ends_as_if_it_had_not_been(
    town: Town, commits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the process is killed: each case once in the protocol, and nothing left of it."""
    cases = [await town.marked.create(f"zzqxmark{n}") for n in range(2)]
    kept = await town.marked.create("zzqxother", closed=False)
    await town.run_nights(720)
    town.approve()
    town.clock.advance(days=20)
    write, steps = town.database.write, 0

    def fail_after(count: int) -> Callable[..., Any]:
        left = iter(range(count))

        async def killed_write(work: Any) -> Any:
            if next(left, None) is None:
                if commits:
                    await write(work)
                raise Killed
            return await write(work)

        return killed_write

    while True:
        monkeypatch.setattr(town.database, "write", fail_after(steps))
        try:
            await job.dispose(town.deps)
        except Killed:
            steps += 1
            continue
        break
    monkeypatch.undo()
    assert steps > 8
    assert [line.number for line in town.lines()] == sorted(case.number for case in cases)
    for n in range(2):
        assert tables_with(town.database, f"zzqxmark{n}") == []
        assert files_with(town.folder, f"zzqxmark{n}") == []
    view = await town.driver.view_case("anna", kept)
    assert view.case.disposed_at is None and town.is_left("zzqxother")
    assert town.database.read_sync(proof.verify).ok
    await town.driver.perform("anna", AddNote(case_id=kept.case_id, text="Mer"))


async def test_a_deleted_case_goes_when_it_can_no_longer_be_restored_and_is_in_the_protocol(
    town: Town,
) -> None:
    """Whatever the e-service's rule is: it was never to be there."""
    town.change_rule(keep=True, months=None, basis="")
    case = await town.marked.create(MARK)
    town.allow_deleting()
    view = await town.driver.view_case("anna", case)
    deleting = DeleteCase(
        case_id=case.case_id, typed_number=case.number, ground="test", expected=view.case.seq
    )
    await town.driver.perform("anna", deleting)
    await town.run_nights(30)
    assert town.is_left()
    await town.run_nights(1)
    assert not town.is_left() and tables_with(town.database, MARK) == []
    (line,) = town.lines()
    assert (line.number, line.counted_from) == (case.number, "deleted")
    assert "togs bort" in str(protocol_table([line], town.catalog, words("sv")))


async def test_the_list_names_the_cases_and_their_days(town: Town) -> None:
    case = await town.marked.create(MARK)
    await town.run_nights(720)
    (listed,) = await town.database.read(lambda tx: listing.load_list(tx, "bygglov", 10))
    assert listed.number == case.number and listed.due_on == date(2026, 11, 23) + timedelta(days=734)
