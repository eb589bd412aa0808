"""What a disposed case held is nowhere: not in a table, not in the database's files, not among the files."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.domain.actors import Machine
from bot.domain.notes import AddNote
from bot.domain.retention import DisposeCase, rule_digest
from bot.domain.rules import DisposedOf, Refused
from bot.service import CommandResult, Service
from bot.store import Database
from bot.store.cases import content_places
from bot.store.files.file_store import FileStore
from bot.store.tables import Base
from bot.store.verification import proof
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver
from tests.store.cases.disposal_harness import MarkedCases, catalog_with_thread_notes, dump_rows, tables_with

MARK, OTHER = "zzqxmark1", "zzqxmark2"


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


@pytest.fixture
def marked(database: Database, clock: Clock, files: FileStore) -> MarkedCases:
    catalog = catalog_with_thread_notes()
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    return MarkedCases(MunicipalityDriver(service, catalog), files)


async def dispose(marked: MarkedCases, case: CommandResult) -> CommandResult:
    """The case is disposed of by its e-service's rule."""
    service = marked.municipality.service
    digest = rule_digest("bygglov", marked.municipality.catalog.services["bygglov"].retention)
    command = DisposeCase(case_id=case.case_id, run=local_day(service.clock()), digest=digest)
    return await service.perform(command, Machine("clock"))


def test_every_table_says_what_it_holds_of_a_case(database: Database) -> None:
    names = set(Base.metadata.tables) | {"search_index"}
    listed = set(content_places.TABLES)
    assert names - listed == set(), (
        f"say in TABLES of bot/store/cases/content_places.py what {names - listed} hold of a case, and how it is erased"
    )
    assert listed - names == set()
    if database.is_sqlite:  # the tables that migrations have made, too
        made = database.read_sync(
            lambda tx: set(
                tx.conn.execute(
                    text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
                ).scalars()
            )
        )
        assert {name for name in made if not name.startswith("search_index")} - listed == {"alembic_version"}


async def test_nothing_of_a_disposed_case_is_left_in_any_table(marked: MarkedCases, clock: Clock) -> None:
    case, other = await marked.create(MARK), await marked.create(OTHER)
    held = tables_with(marked.database, MARK)
    erased = {
        name
        for name, place in content_places.TABLES.items()
        if place.erase is not None and name not in ("delivery", "hits")
    }
    assert erased - {"export_file", "unread_mark"} <= {*held, "search"}, (
        "the mark is to stand wherever something can be erased"
    )
    assert case.case_id in str(dump_rows(marked.database)["unread_mark"]), "which holds no text"
    before = _rows_without(dump_rows(marked.database), case)
    clock.advance(days=800)
    await dispose(marked, case)
    assert tables_with(marked.database, MARK) == []
    assert case.case_id not in str(dump_rows(marked.database)["unread_mark"])
    assert _rows_without(dump_rows(marked.database), case) == before
    assert other.case_id in str(before)


def _rows_without(rows: dict[str, list[str]], case: CommandResult) -> dict[str, list[str]]:
    """The rows that are about other cases: they name neither the case nor its mark, and are no queue's."""
    queues = ("delivery", "destination", "bucket", "search_index", "sign_in", "export_file")
    return {
        name: sorted(row for row in of if case.case_id not in row and MARK not in row)
        for name, of in rows.items()
        if name not in queues
    }


async def test_mailboxes_that_another_case_needs_are_kept(marked: MarkedCases, clock: Clock) -> None:
    case, again = await marked.create(MARK), await marked.create(OTHER)
    shared = marked.mailbox_of(again)
    await marked.database.write(
        lambda tx: tx.conn.execute(
            text("UPDATE applicant SET mailbox = :mailbox WHERE case_id = :case"),
            {"mailbox": next(iter(shared)), "case": case.case_id},
        )
    )
    clock.advance(days=800)
    await dispose(marked, case)
    assert next(iter(shared)) in str(dump_rows(marked.database)["session"])
    await dispose(marked, again)
    assert next(iter(shared)) not in str(dump_rows(marked.database))


async def test_the_log_is_proved_after_a_case_is_disposed_of(
    marked: MarkedCases, clock: Clock, tmp_path: Path
) -> None:
    """Also against checkpoints of before, in which the readings are counted with their reasons."""
    case, _ = await marked.create(MARK), await marked.create(OTHER)
    clock.advance(hours=1)
    proof.write_checkpoint(marked.database, tmp_path / "outside", clock())
    clock.advance(days=800)
    await dispose(marked, case)
    report = marked.database.read_sync(lambda tx: proof.verify(tx, tmp_path / "outside"))
    assert report.ok, report.findings
    assert report.erased > 0 and report.checkpoint_at is not None


async def test_nothing_more_can_be_done_with_a_disposed_case(marked: MarkedCases, clock: Clock) -> None:
    case = await marked.create(MARK)
    clock.advance(days=800)
    await dispose(marked, case)
    with pytest.raises(DisposedOf):
        await marked.municipality.perform("anna", AddNote(case_id=case.case_id, text="Mer"))
    with pytest.raises(Refused):
        await dispose(marked, case)
    view = await marked.municipality.view_case("anna", case)
    assert view.case.number == case.number and view.case.disposed_at == clock()
    assert not view.messages or all(not one.text for one in view.messages)


@pytest.mark.parametrize("days", [0, 729])
async def test_a_case_is_not_disposed_of_before_its_time(
    marked: MarkedCases, clock: Clock, days: int
) -> None:
    case = await marked.create(MARK)
    clock.advance(days=days)
    with pytest.raises(Refused):
        await dispose(marked, case)
    assert "answers" in tables_with(marked.database, MARK)


async def test_every_kind_of_file_is_listed(marked: MarkedCases, files: FileStore, clock: Clock) -> None:
    await marked.create(MARK)
    clock.advance(hours=1)
    proof.write_checkpoint(marked.database, files.root / "checkpoints", clock() + timedelta(hours=1))
    stored = [str(path.relative_to(files.root)) for path in files.root.rglob("*") if path.is_file()]
    assert len(stored) >= 5
    for path in stored:
        kinds = [kind for kind in content_places.FILE_KINDS if re.fullmatch(kind, path)]
        assert len(kinds) == 1, (
            f"say in FILE_KINDS of bot/store/cases/content_places.py what {path} holds of a case"
        )
