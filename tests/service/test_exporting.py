"""Exports: every case that may be in the file is, once, whatever stops or happens meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.catalog import load
from bot.catalog.base import Text
from bot.catalog.models import Catalog
from bot.domain.lists.batches import BatchProgress, ExportCases
from bot.export.case_table import CaseTable
from bot.service import Service, case_exporter, export_contents
from bot.service.results import CommandResult
from bot.store import Database, Tx
from bot.store.files.export_files import FORGOTTEN_SECONDS, ExportFiles
from bot.store.files.file_store import FileStore
from bot.store.log import readings
from bot.store.officers import batch_claims, batches
from bot.text import words
from tests.conftest import SAMPLE, Clock
from tests.municipality import MunicipalityDriver, person, small_catalog
from tests.runners import create_runner


class ExportingHall(MunicipalityDriver):
    """A municipality whose officers export cases to files under `root`."""

    root: Path

    async def begin(
        self, cases: Sequence[CommandResult], officer: str = "anna", action: ExportCases | None = None
    ) -> None:
        ids = [case.case_id for case in cases]
        runner = create_runner(self.service, self.root)
        chosen = action or ExportCases(columns=("number",))
        await runner.begin(self.officer(officer), chosen, ids, batch_id="export1")

    async def run(self) -> None:
        """Another process performs all batches that wait."""
        while await create_runner(self.service, self.root).run_next():
            pass

    async def find(self) -> BatchProgress:
        found = await self.service.database.read(lambda tx: batches.find(tx, "export1"))
        assert found is not None
        return found

    def files(self) -> list[Path]:
        """All that exports have left on the disk."""
        return [path for path in self.root.rglob("*") if path.is_file()]

    def rows(self) -> list[Any]:
        """The first column of the only file, without its heading."""
        (file,) = self.files()
        sheet = load_workbook(file.open("rb"))["Ärenden"]
        return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]


@pytest.fixture
def hall(database: Database, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExportingHall:
    monkeypatch.setattr(export_contents, "CASES_AT_ONCE", 2)
    return create_hall(database, clock, tmp_path, small_catalog())


def create_hall(database: Database, clock: Clock, folder: Path, catalog: Catalog) -> ExportingHall:
    hall = ExportingHall(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)
    hall.root = folder / "files"
    return hall


async def test_the_file_has_the_cases_in_the_chosen_order(hall: ExportingHall) -> None:
    cases = [await hall.submit() for _ in range(5)]
    order = [cases[3], cases[0], cases[4], cases[1], cases[2]]
    await hall.begin(order)
    await hall.run()
    assert hall.rows() == [case.number for case in order]
    done = await hall.find()
    assert (done.state, done.done, done.skipped) == ("done", 5, 0)


async def test_the_number_comes_first_whatever_columns_are_chosen(hall: ExportingHall) -> None:
    case = await hall.submit()
    await hall.begin([case], action=ExportCases(columns=("colour", "service")))
    await hall.run()
    assert hall.rows() == [case.number]


async def test_the_sheet_about_the_export_says_whose_cases_they_are(hall: ExportingHall) -> None:
    await hall.begin([await hall.submit()])
    await hall.run()
    (file,) = hall.files()
    about = load_workbook(file.open("rb"))["Om exporten"]
    said = " ".join(str(cell) for row in about.iter_rows(values_only=True) for cell in row)
    assert hall.service.catalog.municipality.name.sv in said and "sv=" not in said


def test_a_text_between_questions_is_no_column() -> None:
    catalog = load(SAMPLE)
    service = next(one for one in catalog.services.values() if any(f.kind == "info" for f in one.fields))
    table = CaseTable(ExportCases(columns=("number",), answers_of=service.key), catalog, words("sv"))
    titles = [one.title for one in table.columns()]
    shown = [one.label.sv for one in service.fields if one.kind != "info"]
    assert titles[1:] == shown


async def test_cases_of_a_strict_e_service_are_exported_by_its_coordinators_only(
    hall: ExportingHall, database: Database, clock: Clock, tmp_path: Path
) -> None:
    cases = [await hall.submit(service="oro"), await hall.submit()]
    await hall.begin(cases)
    await hall.run()
    assert hall.rows() == [cases[1].number]
    assert ((await hall.find()).done, (await hall.find()).skipped) == (1, 1)


async def test_a_coordinator_exports_cases_of_a_strict_e_service(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    catalog = small_catalog()
    oro = catalog.services["oro"]
    grants = tuple(one.model_copy(update={"access": "full", "coordinator": True}) for one in oro.officers)
    services = dict(catalog.services) | {"oro": oro.model_copy(update={"officers": grants})}
    hall = create_hall(database, clock, tmp_path, catalog.model_copy(update={"services": services}))
    case = await hall.submit(service="oro")
    await hall.begin([case])
    await hall.run()
    assert hall.rows() == [case.number]


class Killed(BaseException):
    """The process ends here."""


async def test_an_export_that_was_killed_begins_again_and_leaves_one_file(
    hall: ExportingHall, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [await hall.submit() for _ in range(5)]
    await hall.begin(cases)
    database = hall.service.database
    held = await database.write(lambda tx: batch_claims.claim(tx, "killed", clock()))
    assert held is not None
    # What the killed process had done: some outcomes, and a folder with the first rows.
    with monkeypatch.context() as patched:
        patched.setattr("bot.store.files.export_files.shutil.rmtree", lambda *_, **__: None)
        with pytest.raises(Killed):
            await kill_after(hall, held, 2)
    assert (await hall.find()).done == 2 and hall.files()
    clock.advance(seconds=batch_claims.LEASE.total_seconds() + 1)
    await hall.run()
    assert hall.rows() == [case.number for case in cases]
    done = await hall.find()
    assert (done.state, done.done) == ("done", 5)
    for case in cases:
        found = await database.read(lambda tx, one=case.case_id: readings.list_for_case(tx, one))  # type: ignore[misc]
        assert [part for _, _, part in found] == [readings.EXPORTED_PART]


async def kill_after(hall: ExportingHall, held: batch_claims.Claim, cases: int) -> None:
    """Export until that many cases have their outcome, and end there."""
    exporter = case_exporter.CaseExporter(hall.service, FileStore(hall.root))

    def end() -> bool:
        found = hall.service.database.read_sync(lambda tx: batches.find(tx, "export1"))
        if found is not None and found.done >= cases:
            raise Killed
        return False

    assert isinstance(held.progress.action, ExportCases)
    await exporter.export(held, held.progress.action, end)


async def test_a_cancelled_export_leaves_nothing(hall: ExportingHall, clock: Clock) -> None:
    cases = [await hall.submit() for _ in range(5)]
    await hall.begin(cases)
    held = await hall.service.database.write(lambda tx: batch_claims.claim(tx, "runner", clock()))
    assert held is not None and isinstance(held.progress.action, ExportCases)
    exporter = case_exporter.CaseExporter(hall.service, FileStore(hall.root))

    def cancel() -> bool:
        def work(tx: Tx) -> None:
            batches.cancel(tx, "anna", "export1", clock())

        hall.service.database.write_sync(work)
        return False

    await exporter.export(held, held.progress.action, cancel)
    assert hall.files() == [] and (await hall.find()).state == "cancelled"


def test_what_a_killed_process_left_is_deleted_after_a_day(tmp_path: Path) -> None:
    files = ExportFiles(FileStore(tmp_path))
    with files.open_folder("one") as folder:
        (folder / "finished").write_bytes(b"x")
        known, _ = files.keep(folder / "finished")
        (folder / "finished").write_bytes(b"x")
        forgotten, _ = files.keep(folder / "finished")
        (folder / "rows.xml").write_bytes(b"x")
        files.remove_forgotten([known])
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3
        long_ago = time.time() - FORGOTTEN_SECONDS - 60
        for path in tmp_path.rglob("*"):
            os.utime(path, (long_ago, long_ago))
        files.remove_forgotten([known])
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [known] != [forgotten]


async def test_who_applied_is_in_the_file_where_that_column_is_chosen_and_is_recorded(
    hall: ExportingHall,
) -> None:
    case = await hall.submit(person(name="Eva Ek"), person(name="Karl Ek"))
    await hall.begin([case], action=ExportCases(columns=("number", "applicants")))
    await hall.run()
    (file,) = hall.files()
    rows = list(load_workbook(file.open("rb"))["Ärenden"].iter_rows(values_only=True))
    assert rows == [("Ärendenummer", "Sökande"), (case.number, "Eva Ek, Karl Ek")]
    found = await hall.service.database.read(lambda tx: readings.list_for_case(tx, case.case_id))
    assert {part for _, _, part in found} == {readings.EXPORTED_PART, readings.EXPORTED_NAMES_PART}


async def test_hostile_names_and_an_answer_longer_than_a_cell_make_a_file_that_can_be_read(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    catalog = small_catalog()
    service = catalog.services["bygglov"].model_copy(
        update={"name": Text.model_validate("Bygg [A]: 1/2?*\\")}
    )
    catalog = catalog.model_copy(update={"services": {**catalog.services, "bygglov": service}})
    hall = create_hall(database, clock, tmp_path, catalog)
    case = await hall.submit(person(name="Eva\nEk"), values={"vad": "å" * 33_000, "typ": "till"})
    await hall.begin([case], action=ExportCases(columns=("number", "applicants"), answers_of="bygglov"))
    await hall.run()
    (file,) = hall.files()
    book = load_workbook(file.open("rb"))
    assert len(book.sheetnames) == 2 and not set("[]:*?/\\") & set("".join(book.sheetnames))
    heading, row = book.worksheets[0].iter_rows(values_only=True)
    assert heading[:2] == ("Ärendenummer", "Sökande") and row[:2] == (case.number, "Eva\nEk")
    assert any(str(value).startswith("ååå") and str(value).endswith("å […]") for value in row[2:])
