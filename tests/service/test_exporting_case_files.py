"""Summaries and case files of many cases: one file, of those that the officer may take along, each recorded as read."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import ZipFile

import pytest
from pypdf import PdfReader

from bot.clients.pdf.typesetter import TypesettingFailed
from bot.domain.lists.batches import ExportCaseFiles
from bot.domain.notes import AddNote
from bot.export.case_file import read_case_file
from bot.service import export_contents
from bot.service.results import CommandResult
from bot.store import Database
from bot.store.log import readings
from bot.text.working_days import local_time
from tests.conftest import Clock
from tests.municipality import small_catalog
from tests.service.test_exporting import ExportingHall, create_hall


@pytest.fixture
def hall(database: Database, clock: Clock, tmp_path: Path) -> ExportingHall:
    return create_hall(database, clock, tmp_path, small_catalog())


async def take_along(hall: ExportingHall, cases: list[CommandResult], action: ExportCaseFiles) -> ZipFile:
    await hall.begin(cases, action=action)
    await hall.run()
    (file,) = hall.files()
    return ZipFile(file)


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def parts_read(hall: ExportingHall, case: CommandResult) -> set[str]:
    found = await hall.service.database.read(lambda tx: readings.list_for_case(tx, case.case_id))
    return {part for _, _, part in found}


async def test_each_case_has_its_summary_with_the_chosen_parts_and_is_recorded_as_read(
    hall: ExportingHall,
) -> None:
    cases = [await hall.submit() for _ in range(3)]
    note = AddNote(case_id=cases[0].case_id, text="Ring grannen först")
    await hall.service.perform(note, hall.officer("anna"))
    strict, protected = await hall.submit(service="oro"), await hall.submit(protected=True)
    archive = await take_along(hall, [*cases, strict, protected], ExportCaseFiles(parts=("answers", "notes")))
    names = [f"Sammanställning {case.number}.pdf" for case in cases]
    assert archive.namelist() == [*names, "Om exporten.txt"]
    first = text_of(archive.read(names[0]))
    assert "Ring grannen först" in first and "Meddelanden" not in first
    about = archive.read("Om exporten.txt").decode()
    assert "Antal ärenden: 3" in about and "uppgifter och noteringar" in about
    for case in cases:
        assert await parts_read(hall, case) == {"exported_case", "answers", "notes"}
    assert await parts_read(hall, strict) == await parts_read(hall, protected) == set()
    done = await hall.find()
    assert (done.state, done.done, done.skipped) == ("done", 3, 2)


async def test_each_case_has_its_case_file_which_is_proved_and_without_notes_unless_they_are_chosen(
    hall: ExportingHall,
) -> None:
    cases = [await hall.submit() for _ in range(2)]
    note = AddNote(case_id=cases[0].case_id, text="Ring grannen först")
    await hall.service.perform(note, hall.officer("anna"))
    archive = await take_along(hall, cases, ExportCaseFiles(content="case_file"))
    made_at = local_time(hall.service.clock()).timetuple()
    assert {one.date_time[:5] for one in archive.infolist()} == {made_at[:5]}
    for case in cases:
        record = read_case_file(io.BytesIO(archive.read(f"Akt {case.number}.zip")))
        assert record.view.case.number == case.number and record.view.notes == ()
        assert await parts_read(hall, case) == {"exported_case", "answers", "messages", "files", "history"}


async def test_a_case_that_cannot_be_typeset_is_left_out_and_said_so(
    hall: ExportingHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [await hall.submit() for _ in range(3)]
    typeset = export_contents.Typesetter.typeset

    async def fail_once(self: object, document: dict[str, object]) -> bytes:
        if document["footer"] == cases[1].number:
            raise TypesettingFailed
        return await typeset(self, document)  # type: ignore[arg-type]

    monkeypatch.setattr(export_contents.Typesetter, "typeset", fail_once)
    archive = await take_along(hall, cases, ExportCaseFiles(parts=("answers",)))
    assert [name for name in archive.namelist() if cases[1].number in name] == []
    assert len(archive.namelist()) == 3
    done = await hall.find()
    assert (done.done, done.skipped) == (2, 1)
    assert await parts_read(hall, cases[1]) == set()
    assert (
        "1 ärende är inte med: Sammanställningen kunde inte göras" in archive.read("Om exporten.txt").decode()
    )
