"""A table as an Excel workbook, written row by row so that memory does not grow with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from bot.export.table import AboutRow, Column, Value, clean_text, cut_text, is_exact_number

MAX_ROWS = 1_048_576
"""The rows of a sheet, its header among them."""

MAX_SHEET_NAME = 31

# Excel reads `_x000D_` in a text as the character with that number; a text that looks so is escaped the same way.
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]|^'|'$")


class WorkbookWriter:
    """Writes one workbook: sheets with the table, as many as it needs, and a sheet about the export."""

    def __init__(self, columns: Sequence[Column], sheet_name: str, max_rows: int = MAX_ROWS) -> None:
        self._book = Workbook(write_only=True)
        self._columns = columns
        self._sheet_name = sheet_name
        self._max_rows = max_rows
        self._names: set[str] = set()

    def write(
        self, path: Path, rows: Iterable[Sequence[Value]], about: tuple[str, Sequence[AboutRow]]
    ) -> int:
        """Write the file and return the number of rows. `about` are the name of the last sheet and its lines."""
        count = self._write_table(iter(rows))
        self._write_about(*about)
        self._book.save(path)
        return count

    def _write_table(self, rows: Iterator[Sequence[Value]]) -> int:
        count, row, part = 0, next(rows, None), 1
        while row is not None or part == 1:
            sheet = self._open_sheet(self._sheet_name)
            written = 1
            while row is not None and written < self._max_rows:
                sheet.append(_to_cells(sheet, row))
                written += 1
                row = next(rows, None)
            sheet.auto_filter.ref = f"A1:{get_column_letter(max(1, len(self._columns)))}{written}"
            count, part = count + written - 1, part + 1
        return count

    def _open_sheet(self, name: str) -> Any:
        sheet = self._book.create_sheet(self._unique_name(name))
        sheet.freeze_panes = "A2"
        for position, column in enumerate(self._columns, 1):
            sheet.column_dimensions[get_column_letter(position)].width = column.width
        sheet.append([_bold(sheet, column.title) for column in self._columns])
        return sheet

    def _write_about(self, name: str, lines: Sequence[AboutRow]) -> None:
        sheet = self._book.create_sheet(self._unique_name(name))
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 70
        for line in lines:
            sheet.append([_bold(sheet, line.label), *_to_cells(sheet, [line.value])])

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


def _to_cells(sheet: Any, row: Iterable[Value]) -> Iterator[Any]:
    """The row's values as openpyxl takes them; a cell only where it would take a text for something else.

    It gives dates a format of their own.
    """
    for value in row:
        if isinstance(value, str):
            text = _to_excel_text(value)
            yield _text_cell(sheet, text) if text.startswith(("=", "#")) else text
        elif isinstance(value, (int, Decimal)) and not is_exact_number(value):
            yield _text_cell(sheet, str(value) if isinstance(value, int) else f"{value:f}")
        else:
            yield value


def _text_cell(sheet: Any, text: str) -> Cell:
    """A cell whose text stays text: openpyxl takes `=…` for a formula and `#N/A` for an error."""
    cell: Cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell


def _bold(sheet: Any, text: str) -> Cell:
    cell = _text_cell(sheet, _to_excel_text(text))
    cell.font = Font(bold=True)
    return cell


def _to_excel_text(text: str) -> str:
    shown = cut_text(clean_text(text))
    return _LIKE_AN_ESCAPE.sub("_x005F_", shown) if "_x" in shown else shown
