"""A table as an Excel workbook, written row by row so that memory does not grow with it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from bot.export.table import AboutRow, Column, Value, clean_text, cut_text, is_exact_number

MAX_ROWS = 1_048_576
"""The rows of a sheet, its header among them."""

MAX_SHEET_NAME = 31

PRINTED_HEADER = "1:1"
"""The rows that are printed on every page of a table."""

# Excel reads `_x000D_` in a text as the character with that number; a text that looks so is escaped the same way.
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]|^'|'$")


class WorkbookWriter:
    """Writes one workbook: sheets with the table, as many as it needs, and a sheet about the export.

    Rows wait in files in `folder`, which is to be removed when the workbook is saved or given up.
    """

    def __init__(
        self, folder: Path, columns: Sequence[Column], sheet_name: str, max_rows: int = MAX_ROWS
    ) -> None:
        self._book: Any = Workbook(write_only=True)
        self._folder = folder
        self._columns = columns
        self._sheet_name = sheet_name
        self._max_rows = max_rows
        self._names: set[str] = set()
        self._sheet = self._open_table()
        self._rows_in_sheet = 1

    def add_rows(self, rows: Iterable[Sequence[Value]]) -> None:
        """Add rows beneath the ones before, in a further sheet where one is full."""
        for row in rows:
            if self._rows_in_sheet == self._max_rows:
                self._end_table()
                self._sheet, self._rows_in_sheet = self._open_table(), 1
            self._sheet.append(_to_cells(self._sheet, row))
            self._rows_in_sheet += 1

    def save(self, path: Path, about: tuple[str, Sequence[AboutRow]]) -> None:
        """Write the file. `about` are the name of the last sheet and its lines."""
        self._end_table()
        self._write_about(*about)
        self._book.save(path)

    def discard(self) -> None:
        """Give the workbook up, so that no file is open."""
        if not self._sheet.closed:
            self._sheet.close()

    def _open_table(self) -> Any:
        sheet = self._open_sheet(self._sheet_name)
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = PRINTED_HEADER
        for position, column in enumerate(self._columns, 1):
            sheet.column_dimensions[get_column_letter(position)].width = column.width
        sheet.append([bold_cell(sheet, column.title) for column in self._columns])
        return sheet

    def _end_table(self) -> None:
        last_column = get_column_letter(max(1, len(self._columns)))
        self._sheet.auto_filter.ref = f"A1:{last_column}{self._rows_in_sheet}"
        self._sheet.close()

    def _open_sheet(self, name: str) -> Any:
        sheet = _Sheet(self._book, self._unique_name(name), self._folder)
        set_up_printing(sheet)
        self._book._add_sheet(sheet)
        return sheet

    def _write_about(self, name: str, lines: Sequence[AboutRow]) -> None:
        sheet = self._open_sheet(name)
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 70
        for line in lines:
            sheet.append([bold_cell(sheet, line.label), *_to_cells(sheet, [line.value])])

    def _unique_name(self, name: str) -> str:
        """The name as Excel allows it for a sheet, and unlike those of the other sheets, whatever the case."""
        allowed = _NOT_IN_SHEET_NAMES.sub("_", clean_text(name)).strip() or "_"
        unique, number = allowed[:MAX_SHEET_NAME], 1
        while unique.casefold() in self._names:
            number += 1
            ending = f" {number}"
            unique = allowed[: MAX_SHEET_NAME - len(ending)] + ending
        self._names.add(unique.casefold())
        return unique


class _RowsFile(WorksheetWriter):
    """A sheet's rows in a file of our own."""

    def cleanup(self) -> None:
        Path(str(self.out)).unlink(missing_ok=True)


class _Sheet(WriteOnlyWorksheet):
    """A sheet whose rows wait in a file in `folder`; openpyxl's would be left in the system's after a kill."""

    _writer: Any

    def __init__(self, book: Any, name: str, folder: Path) -> None:
        super().__init__(book, name)
        self._folder = folder

    def _get_writer(self) -> None:
        if self._writer is None:
            self._writer = _RowsFile(self, str(self._folder / f"{uuid.uuid4().hex}.xml"))
            self._writer.write_top()


def _to_cells(sheet: Any, row: Iterable[Value]) -> Iterator[Any]:
    """The row's values as openpyxl takes them; a cell only where it would take a text for something else.

    It gives dates a format of their own.
    """
    for value in row:
        if isinstance(value, str):
            text = _to_excel_text(value)
            yield text_cell(sheet, text) if text.startswith(("=", "#")) else text
        elif isinstance(value, (int, Decimal)) and not is_exact_number(value):
            yield text_cell(sheet, str(value) if isinstance(value, int) else f"{value:f}")
        else:
            yield value


def set_up_printing(sheet: Any) -> None:
    """Have the sheet printed on A4 lying down, all columns within the width of a page, with the pages' numbers."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "&P / &N"


def text_cell(sheet: Any, text: str) -> Cell:
    """A cell whose text stays text: openpyxl takes `=…` for a formula and `#N/A` for an error."""
    cell: Cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell


def bold_cell(sheet: Any, text: str) -> Cell:
    cell = text_cell(sheet, _to_excel_text(text))
    cell.font = Font(bold=True)
    return cell


def _to_excel_text(text: str) -> str:
    shown = cut_text(clean_text(text))
    return _LIKE_AN_ESCAPE.sub("_x005F_", shown) if "_x" in shown else shown
