"""Exported workbooks, read back as Excel reads them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.export.table import MAX_TEXT, AboutRow, Column, Value
from bot.export.workbook import MAX_SHEET_NAME, WorkbookWriter
from tests.conftest import skip_or_fail

COLUMNS = [Column("Ärendenummer", 14), Column("Inkom"), Column("Yta")]
A4 = 9
ABOUT = ("Om exporten", [AboutRow("Antal ärenden", 1)])


def write(path: Path, rows: Sequence[Sequence[Value]], columns: Sequence[Column] = COLUMNS) -> Path:
    return save(WorkbookWriter(path.parent, columns, "Ärenden"), path, rows)


def save(writer: WorkbookWriter, path: Path, rows: Sequence[Sequence[Value]]) -> Path:
    """The file, of rows that come one by one; nothing else is left in its folder."""
    for row in rows:
        writer.add_rows([row])
    writer.save(path, ABOUT)
    assert list(path.parent.glob("*.xml")) == []
    return path


def read(path: Path, sheet: str = "Ärenden") -> list[tuple[Value, ...]]:
    book = load_workbook(path)
    return [tuple(row) for row in book[sheet].iter_rows(values_only=True)]


def test_dates_numbers_and_truths_are_what_they_are_and_not_texts(tmp_path: Path) -> None:
    row: list[Value] = ["2026-000123", datetime.fromisoformat("2026-03-01T12:05"), Decimal("24.5")]
    columns = [*COLUMNS, Column("Bifall"), Column("Klart senast"), Column("Tomt")]
    path = write(tmp_path / "a.xlsx", [[*row, True, date(2026, 4, 1), None]], columns)
    expected = (
        "2026-000123",
        datetime.fromisoformat("2026-03-01T12:05"),
        24.5,
        True,
        datetime.fromisoformat("2026-04-01"),
        None,
    )
    assert read(path)[1] == expected


def test_each_sheet_is_printed_as_wide_as_a_page_lying_down_with_its_header_on_every_page(
    tmp_path: Path,
) -> None:
    book = load_workbook(write(tmp_path / "a.xlsx", [["2026-000123", None, 1]]))
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == A4
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert "&P" in str(sheet.oddFooter.right.text)
    assert book["Ärenden"].print_title_rows == "$1:$1" and not book["Om exporten"].print_title_rows


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("x")', "#N/A", "#REF!", "+46 70", "-1", "@SUM(A1)", "="]
)
def test_text_like_a_formula_stays_text(tmp_path: Path, text: str) -> None:
    cell = load_workbook(write(tmp_path / "a.xlsx", [[text]]))["Ärenden"]["A2"]
    assert (cell.value, cell.data_type) == (text, "s")


def test_what_a_file_cannot_hold_is_replaced_by_a_mark_and_line_breaks_stay(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", [["Anna\x00 Berg\x1b", "två\r\nrader", "halv\ud800"]])
    assert read(path)[1] == (
        "Anna\N{REPLACEMENT CHARACTER} Berg\N{REPLACEMENT CHARACTER}",
        "två\nrader",
        "halv�",
    )


def test_a_text_longer_than_a_cell_is_cut_with_a_mark(tmp_path: Path) -> None:
    (long, emoji, _) = read(write(tmp_path / "a.xlsx", [["a" * 33_000, "🏠" * 17_000, "kort"]]))[1]
    assert isinstance(long, str) and isinstance(emoji, str)
    assert len(long) == MAX_TEXT and long.endswith("a […]")
    assert len(emoji.encode("utf-16-le")) // 2 <= MAX_TEXT and emoji.endswith("🏠 […]")


def test_a_number_that_excel_would_round_is_text(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.xlsx", [[198505172382123456, 123_456_789_012_345]]))[1][:2] == (
        "198505172382123456",
        123_456_789_012_345,
    )


@pytest.mark.parametrize("name", ["Bygg [A]: 1/2?*\\", "'citat'", "", "x" * 60, "rad\nbyte", "Om exporten"])
def test_any_name_of_an_e_service_can_name_a_sheet(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.xlsx"
    save(WorkbookWriter(tmp_path, COLUMNS, name), path, [])
    names = load_workbook(path).sheetnames
    assert len(names) == 2 and all(0 < len(found) <= MAX_SHEET_NAME for found in names)
    assert not set("[]:*?/\\\n") & set("".join(names))


def test_more_rows_than_a_sheet_holds_go_on_in_a_further_one_with_its_own_header(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    save(WorkbookWriter(tmp_path, COLUMNS, "Ärenden", max_rows=3), path, [[n] for n in range(5)])
    assert load_workbook(path).sheetnames == ["Ärenden", "Ärenden 2", "Ärenden 3", "Om exporten"]
    assert [row[0] for row in read(path, "Ärenden 3")] == ["Ärendenummer", 4]


def test_the_header_stays_and_can_be_filtered_and_an_export_of_nothing_has_one(tmp_path: Path) -> None:
    sheet = load_workbook(write(tmp_path / "a.xlsx", []))["Ärenden"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:C1")
    assert sheet.column_dimensions["A"].width == 14 and sheet["A1"].font.bold


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    st.lists(
        TEXTS | st.sampled_from(["_x000D_", "_x0041_a", " mellanslag ", "\t", "'a"]), min_size=1, max_size=9
    )
)
def test_any_text_is_read_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = write(tmp_path_factory.mktemp("any") / "a.xlsx", [texts])
    shown = [(str(value or "")).replace("_x005F_", "_") for value in read(path)[1][: len(texts)]]
    assert shown == [replaced(text) for text in texts]


def replaced(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        letter if letter in "\t\n" or (letter >= " " and letter not in "\ufffe\uffff") else "�"
        for letter in lines
    )
    return "".join(kept)


@pytest.mark.long
def test_libreoffice_reads_the_same_values(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        skip_or_fail("LibreOffice (soffice) is not installed")
    assert office is not None
    rows: list[list[Value]] = [
        ["=1+1", datetime.fromisoformat("2026-03-29T03:30"), Decimal("24.5")],
        ["två\nrader", None, 123_456_789_012_345],
        ["_x000D_ är text", date(2026, 12, 31), True],
        ["Åsa 🏠 \N{REPLACEMENT CHARACTER}", None, -1],
    ]
    path = write(tmp_path / "a.xlsx", rows)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    out = tmp_path / "out"
    command = [office, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    expected = [tuple(_as_read(value) for value in row) for row in rows]
    assert read(out / "a.xlsx")[1:] == expected


def _as_read(value: Value) -> object:
    """The value as openpyxl reads it; LibreOffice saves a true cell as the formula for it."""
    if value is True:
        return "=TRUE()"
    if type(value) is date:
        return datetime.fromisoformat(value.isoformat())
    return float(value) if isinstance(value, Decimal) else value
