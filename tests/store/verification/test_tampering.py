"""Whatever is changed, removed, put in or moved behind the program's back shows: in every table and column.

`make test` tries a part of the columns, rows and pairs, each time another; `make long` tries all.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Date, Integer, Table, and_, delete, insert, select, update

from bot.domain.actors import Machine
from bot.domain.assignment import ChangeAssignees
from bot.domain.contacts import Contact, CorrectContact
from bot.domain.editing import AnswerChange, EditCase
from bot.domain.messages.correspondence import ConfirmReceipt, SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notes import AddNote, MarkReplyRemoved, ReplySource, ReviseNote
from bot.domain.protection import SetProtection
from bot.domain.representatives import AddRepresentative, EndRepresentative
from bot.domain.status import SetStatus
from bot.domain.submission import FileRef
from bot.service import CommandResult, Service
from bot.store import Database, Tx
from bot.store.cases import contents
from bot.store.files import unattached
from bot.store.log import readings
from bot.store.log.readings import Reading
from bot.store.tables import Base, UtcDateTime
from bot.store.verification import proof
from bot.store.verification.checkpoints import FILE_NAME
from bot.store.verification.proof import Report
from bot.text.working_days import local_day
from tests.conftest import Clock, postgres_in_ci
from tests.municipality import MunicipalityDriver, small_catalog
from tests.scope import sample
from tests.store.figures.figure_counting import count_figures, make_sums
from tests.store.verification.test_proof import write_checkpoint

PROVED_TABLES = (
    *("case", "assignee", "applicant", "answers", "message", "note", "note_revision", "file"),
    *("history", "reading", "definition", "number", "figure", "figure_sum"),
)

UNPROVED_TABLES = {
    "receipt": "remembers requests for a month, so that none is done twice",
    "delivery": "is on its way, and gone when it has arrived",
    "destination": "says when a place may next be tried",
    "bucket": "keeps Slack's pace",
    "card": "says where a card is in Slack, and can be posted again",
    "thread": "says where a thread is in Slack",
    "left_file": "names what is still to leave Slack",
    "account": "binds accounts to officers; each binding is in the program's own log",
    "flag": "is an officer's own",
    "unread_mark": "is an officer's own",
    "preference": "is an officer's own",
    "home": "is an officer's own",
    "home_list": "is an officer's own",
    "hits": "is what a search found",
    "saved_query": "is a list that an officer has named",
    "open_list": "is a list that an officer goes through",
    "ticking": "is an officer's own",
    "absence": "is an officer's own",
    "assignment_rotation": "says who was chosen last, which the log says too",
    "draft": "is not written yet",
    "form_draft": "is not sent in yet",
    "sign_in": "is a code that was asked for",
    "session": "is who is signed in now",
    "door": "is a link of a minute's",
    "failed_import": "is no case",
    "job_run": "is the clock's",
    "batch": "says how far an action on many cases has come; what it did is in the log of each",
    "batch_case": "says which cases are still to come; what was done is in the log of each",
    "export_file": "names a file that is deleted after a day; what was read for it is a reading",
    "search": "is made anew of the texts",
    "figure_state": "says how far the figures are counted; where that is wrong, they are not what the log says",
    "retention_rule": "says which rules were approved",
    "retention_list": "is made anew by the clock",
    "retention_line": "repeats what the log says of each case that was disposed of",
    "remaining_reply": "says where colleagues' words still are in Slack",
    "seal": "refuses another key at the start",
}

MADE_ANEW = {"figure_sum"}
"""Where a row that is taken away is no fault: until it is made anew, what it says is read where it came from."""

UNCOVERED_COLUMNS = {
    ("case", "read_at"): "only says what is new to the officers; that they read it is a reading",
    ("applicant", "language"): "only says in which language mails are written",
    ("assignee", "position"): "only the order counts",
    ("file", "at"): "only the order counts; the event that brought it has its time",
    ("file", "slack_id"): "names a copy in Slack for as long as there may be one",
    ("reading", "id"): "only the order counts",
}
"""Columns of proved tables that nothing vouches for, and why that is right."""


ROWS_OF_EACH_TABLE = 2
"""How many are taken away in `make test`, each by itself."""


@pytest.fixture
async def municipality(database: Database, clock: Clock) -> tuple[MunicipalityDriver, list[CommandResult]]:
    """A town with two cases that have something of everything in every table."""
    catalog = small_catalog()
    bygglov = catalog.services["bygglov"]
    full = tuple(one for one in bygglov.officers if one.access == "full")
    catalog = catalog.model_copy(
        update={"services": {**catalog.services, "bygglov": bygglov.model_copy(update={"officers": full})}}
    )
    municipality = MunicipalityDriver(
        Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog
    )
    cases = [await _create_full_case(municipality, n) for n in range(2)]
    count_figures(database, clock())
    make_sums(database, local_day(clock()) + timedelta(days=40))
    return municipality, cases


async def _create_full_case(municipality: MunicipalityDriver, n: int) -> CommandResult:
    clock, service = municipality.service.clock, municipality.service
    drawing, paper = (_store_file(service, f"{letter}{n}" * 16) for letter in "ab")
    case = await municipality.submit(files=(drawing,), external=f"annat:{n}")
    case_id, place = case.case_id, f"C1:{n}"
    sent = await municipality.perform(
        "anna", SendMessage(case_id=case_id, text="Hej", receipt=True, files=(paper,))
    )
    clock.advance(minutes=5)  # type: ignore[attr-defined]
    undone = await municipality.perform("anna", SendMessage(case_id=case_id, text="Fel"))
    eva = await municipality.applicant(case)
    await service.perform(ConfirmReceipt(case_id=case_id, message_id=sent.ids["message_id"]), eva)
    for act in (
        UndoMessage(case_id=case_id, message_id=undone.ids["message_id"]),
        ChangeAssignees(case_id=case_id, assignees=("officer:anna", "officer:bo"), expected=(), reason="x"),
        AddNote(case_id=case_id, text="Sagt", source=ReplySource(place)),
        ReviseNote(case_id=case_id, text="Sagt igen", source=ReplySource(place, "1")),
        SetStatus(case_id=case_id, status="working", expected="submitted"),
        SetProtection(case_id=case_id, protected=True, reason="Hotad"),
    ):
        await municipality.perform("anna", act)
    edited = _store_file(service, f"c{n}" * 16)
    edit = EditCase(
        case_id=case_id,
        expected=1,
        answers={"vad": "Ett uterum"},
        changes=(AnswerChange(field="vad", before="Altan", after="Ett uterum"),),
        reason="Ringde",
        files=(edited,),
        withdrawn=(drawing.id,),
    )
    await municipality.perform("anna", edit)
    (person,) = service.database.read_sync(lambda tx: contents.load_people(tx, case_id))
    before = Contact(name=person.name, email=person.email, phone=person.phone)
    correction = CorrectContact(
        case_id=case_id,
        applicant=person.id,
        expected=0,
        before=before,
        after=replace(before, email="rätt@ek.example"),
        reason="Ringde",
    )
    await municipality.perform("anna", correction)
    for name in ("Lo", "Mo"):
        contact = Contact(name=name, email=f"{name}@byra.example")
        added = AddRepresentative(case_id=case_id, contact=contact, language="sv", reason="Fullmakt")
        await municipality.perform("anna", added)
    _, lo, _ = service.database.read_sync(lambda tx: contents.load_people(tx, case_id))
    await municipality.perform(
        "anna", EndRepresentative(case_id=case_id, person=lo, expected=0, reason="Upphörde")
    )
    await service.perform(MarkReplyRemoved(case_id=case_id, place=place), Machine("slack"))
    for opening in ("o1", "o2"):
        reading = Reading("officer:anna", case_id, "answers", opening, "Handlägger")
        await service.database.write(lambda tx, one=reading: readings.record(tx, one, clock()))
    return case


def _store_file(service: Service, file_id: str) -> FileRef:
    file = FileRef(id=file_id, name="a.pdf", size=3, kind="application/pdf", sha256="0" * 64, field="ritning")
    service.database.write_sync(lambda tx: unattached.save(tx, file, service.clock()))
    return file


@pytest.fixture(autouse=True)
def one_case_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.verification.case_proof.PAGE_SIZE", 1)


class _RollBack(Exception):
    pass


def find_after_tampering(database: Database, work: Any, folder: Path | None = None) -> Report:
    """What a proof finds after the work, which is done with the guards taken down, and then undone."""
    found: list[Report] = []

    def attack(tx: Tx) -> None:
        if tx.locks_rows:
            tx.conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            triggers = tx.conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in triggers.fetchall():
                tx.conn.exec_driver_sql(f"DROP TRIGGER {name}")
            tx.conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        work(tx)
        found.append(proof.verify(tx, folder))
        raise _RollBack

    with pytest.raises(_RollBack):
        database.write_sync(attack)
    return found[0]


def list_tables() -> Iterator[Table]:
    yield from (Base.metadata.tables[name] for name in PROVED_TABLES)


def list_rows(database: Database, table: Table) -> list[Any]:
    order = table.primary_key.columns
    return list(database.read_sync(lambda tx: tx.conn.execute(select(table).order_by(*order)).all()))


def is_row(table: Table, row: Any) -> Any:
    """The condition for that row alone."""
    return and_(*(column == getattr(row, column.name) for column in table.primary_key.columns))


def other_value(value: Any, kind: Any) -> Any:
    """Another value of the column's kind."""
    if value is None:
        value = DEFAULT_VALUES.get(type(kind), "")
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case datetime():
            return value + timedelta(seconds=1)
        case date():
            return value + timedelta(days=1)
        case bytes():
            return bytes([*value[:-1], value[-1] ^ 1])
    return f"{value[:-1]}~"


DEFAULT_VALUES = {UtcDateTime: datetime(2026, 1, 1, tzinfo=UTC), Date: date(2026, 1, 1), Integer: 0}


def test_every_table_is_proved_or_says_why_not() -> None:
    assert set(Base.metadata.tables) == set(PROVED_TABLES) | set(UNPROVED_TABLES)


async def test_a_town_where_nobody_has_tampered_is_right(
    municipality: tuple[MunicipalityDriver, list[CommandResult]], tmp_path: Path
) -> None:
    town_, _ = municipality
    write_checkpoint(town_, tmp_path)
    report = find_after_tampering(town_.service.database, lambda tx: None, tmp_path)
    assert report.ok, report.findings
    for table in list_tables():
        assert len(list_rows(town_.service.database, table)) >= (
            1 if table.name in ("definition", "number") else 2
        )


@postgres_in_ci
async def test_a_change_in_any_column_shows(
    municipality: tuple[MunicipalityDriver, list[CommandResult]],
) -> None:
    database, unseen = municipality[0].service.database, []
    columns = [column for table in list_tables() for column in table.columns]
    tried = sample(columns, len(columns) // 4)
    for column in tried:
        table = column.table
        row = list_rows(database, table)[-1]
        value = other_value(getattr(row, column.name), column.type)

        def change(
            tx: Tx, table: Table = table, column: Any = column, row: Any = row, value: Any = value
        ) -> None:
            tx.conn.execute(update(table).where(is_row(table, row)).values({column.name: value}))

        if find_after_tampering(database, change).ok:
            unseen.append((table.name, column.name))
    assert set(unseen) == set(UNCOVERED_COLUMNS) & {(one.table.name, one.name) for one in tried}


@postgres_in_ci
async def test_a_row_that_is_taken_away_shows(
    municipality: tuple[MunicipalityDriver, list[CommandResult]], tmp_path: Path
) -> None:
    """Of readings, once a checkpoint has counted them."""
    town_, _ = municipality
    database = town_.service.database
    write_checkpoint(town_, tmp_path)
    for table in [table for table in list_tables() if table.name not in MADE_ANEW]:
        for row in sample(list_rows(database, table), ROWS_OF_EACH_TABLE):
            report = find_after_tampering(
                database, lambda tx, t=table, r=row: tx.conn.execute(delete(t).where(is_row(t, r))), tmp_path
            )
            assert not report.ok, (table.name, row)


@postgres_in_ci
async def test_a_row_that_is_put_in_shows(
    municipality: tuple[MunicipalityDriver, list[CommandResult]],
) -> None:
    """A copy of one that is there, under another name."""
    database, unseen = municipality[0].service.database, []
    for table in list_tables():
        row = list_rows(database, table)[-1]
        given = {**row._asdict()}
        for column in (*table.primary_key.columns, *(one for one in table.columns if one.unique)):
            if column.name != "case_id":
                given[column.name] = other_value(given[column.name], column.type)
        if table.name == "reading":
            given |= {"id": 10_000, "opening": "o9"}
        if table.name == "note":
            given["source"] = None
        if find_after_tampering(
            database, lambda tx, t=table, g=given: tx.conn.execute(insert(t).values(g))
        ).ok:
            unseen.append(table.name)
    assert unseen == []


@postgres_in_ci
async def test_two_rows_of_a_case_that_change_places_show(
    municipality: tuple[MunicipalityDriver, list[CommandResult]],
) -> None:
    database = municipality[0].service.database
    history = Base.metadata.tables["history"]
    own = [row for row in list_rows(database, history) if row.case_id == municipality[1][0].case_id]
    pairs = list(itertools.combinations(own, 2))
    for one, other in sample(pairs, len(pairs) // 4):

        def swap(tx: Tx, one: Any = one, other: Any = other) -> None:
            for row, seq in ((one, 10_000), (other, one.seq)):
                tx.conn.execute(update(history).where(is_row(history, row)).values(seq=seq))
            moved = and_(history.c.case_id == one.case_id, history.c.seq == 10_000)
            tx.conn.execute(update(history).where(moved).values(seq=other.seq))

        assert not find_after_tampering(database, swap).ok, (one.seq, other.seq)


async def test_a_tail_of_any_length_that_is_cut_shows(
    municipality: tuple[MunicipalityDriver, list[CommandResult]],
) -> None:
    database = municipality[0].service.database
    history, case = Base.metadata.tables["history"], municipality[1][0]
    last = max(row.seq for row in list_rows(database, history) if row.case_id == case.case_id)
    for seq in sample(range(last), last // 3):
        tail = and_(history.c.case_id == case.case_id, history.c.seq > seq)
        report = find_after_tampering(
            database, lambda tx, tail=tail: tx.conn.execute(delete(history).where(tail))
        )
        assert case.number in {one.number for one in report.findings}, seq


@postgres_in_ci
async def test_two_cases_whose_rows_of_any_table_change_places_show(
    municipality: tuple[MunicipalityDriver, list[CommandResult]],
) -> None:
    database, (one, other) = municipality[0].service.database, (case.case_id for case in municipality[1])
    unseen = []
    for table in list_tables():
        if "case_id" not in table.columns or table.name == "file":
            continue

        def swap(tx: Tx, table: Table = table) -> None:
            for of, to in ((one, "x" * 32), (other, one), ("x" * 32, other)):
                tx.conn.execute(update(table).where(table.c.case_id == of).values(case_id=to))

        if find_after_tampering(database, swap).ok:
            unseen.append(table.name)
    assert unseen == []


async def test_what_is_disposed_of_as_the_rules_have_it_stays_right(
    municipality: tuple[MunicipalityDriver, list[CommandResult]], tmp_path: Path
) -> None:
    town_, _ = municipality
    write_checkpoint(town_, tmp_path)

    def disposed(tx: Tx) -> None:
        for name in ("answers", "message", "note", "note_revision"):
            table = Base.metadata.tables[name]
            tx.conn.execute(update(table).values(body=None, salt=None))
        nobody = {"name": "", "email": "", "phone": "", "mailbox": None, "salt": None}
        tx.conn.execute(update(Base.metadata.tables["applicant"]).values(nobody))
        tx.conn.execute(update(Base.metadata.tables["file"]).values(name="", kind="", sha256=None, salt=None))
        tx.conn.execute(update(Base.metadata.tables["history"]).values(content=None, salt=None))

    report = find_after_tampering(town_.service.database, disposed, tmp_path)
    assert report.ok, report.findings
    assert report.erased > 20


async def test_readings_of_before_they_were_sealed_are_right_and_later_ones_cannot_pretend_to_be(
    municipality: tuple[MunicipalityDriver, list[CommandResult]],
) -> None:
    database, reading = municipality[0].service.database, Base.metadata.tables["reading"]
    rows = list_rows(database, reading)[:2]
    first, second = (row.id for row in rows)
    number = next(one.number for one in municipality[1] if one.case_id == rows[1].case_id)

    def unsealed(tx: Tx, only: int) -> None:
        tx.conn.execute(update(reading).where(reading.c.id == only).values(hash=None))

    assert find_after_tampering(database, lambda tx: unsealed(tx, first)).ok
    report = find_after_tampering(database, lambda tx: unsealed(tx, second))
    assert [one.number for one in report.findings] == [number]


async def test_a_checkpoint_counts_only_what_came_since_the_one_before(
    municipality: tuple[MunicipalityDriver, list[CommandResult]], tmp_path: Path
) -> None:
    town_, (case, _) = municipality
    database, clock = town_.service.database, town_.service.clock
    write_checkpoint(town_, tmp_path)
    later = Reading("officer:bo", case.case_id, "answers", "o3")
    database.write_sync(lambda tx: readings.record(tx, later, clock()))
    write_checkpoint(town_, tmp_path)
    write_checkpoint(town_, tmp_path)
    ends = [
        json.loads(line) for line in (tmp_path / FILE_NAME).read_text().splitlines() if '"readings"' in line
    ]
    assert [end["readings"]["count"] for end in ends] == [4, 1, 0]
    assert database.read_sync(lambda tx: proof.verify(tx, tmp_path)).ok
