"""Figures as an Excel workbook: a sheet for each table with its charts, and one about them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.utils import get_column_letter

from bot.domain.figure_tables import (
    MINUTES_A_DAY,
    FigureCell,
    FigureChart,
    FigureColumn,
    FigureTable,
    FigureTableRow,
    Measure,
)
from bot.export.workbook import PRINTED_HEADER, bold_cell, set_up_printing, text_cell
from bot.text import Words

CHART_HEIGHT = 16
"""Rows of a sheet that a chart takes."""

CHART_WIDTH = 11
"""Columns of a sheet that a chart takes."""

_NUMBER_FORMATS: dict[Measure, str] = {"count": "#,##0", "duration": "0.00", "share": "0%", "average": "0.0"}


def build_workbook(tables: Sequence[FigureTable], about: Sequence[tuple[str, str]], words: Words) -> bytes:
    """The file. `about` are the lines of the last sheet: what each says, and of what."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        _add_table(book, table, words)
    _add_about(book, about, words)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _add_table(book: Workbook, table: FigureTable, words: Words) -> None:
    sheet: Any = book.create_sheet(table.title)
    titles = [table.row_title, *(_title(column, words) for column in table.columns)]
    sheet.append([bold_cell(sheet, title) for title in titles])
    # What is added up stands beneath what it adds up, so that a chart's cells are next to each other.
    rows = sorted(table.rows, key=lambda row: row.is_sum)
    for row in rows:
        sheet.append(_cells(sheet, row, table.columns))
    for position in range(1, len(titles) + 1):
        sheet.column_dimensions[get_column_letter(position)].width = 30 if position == 1 else 18
    sheet.freeze_panes = "B2"
    last_row = 1 + sum(not row.is_sum for row in rows)
    first_column = len(titles) + 2
    for place, chart in enumerate(table.charts):
        anchor = f"{get_column_letter(first_column)}{2 + place * CHART_HEIGHT}"
        sheet.add_chart(_chart(sheet, chart, last_row), anchor)
    set_up_printing(sheet)
    sheet.print_title_rows = PRINTED_HEADER
    areas = [f"A1:{get_column_letter(len(titles))}{1 + len(rows)}"]
    # Each chart by itself: beside the table its text would be too small to read, and below another it would be cut off.
    last_column = get_column_letter(first_column + CHART_WIDTH - 1)
    tops = (2 + place * CHART_HEIGHT for place in range(len(table.charts)))
    areas += [f"{get_column_letter(first_column)}{top}:{last_column}{top + CHART_HEIGHT - 1}" for top in tops]
    sheet.print_area = ",".join(areas)


def _title(column: FigureColumn, words: Words) -> str:
    is_duration = column.measure == "duration"
    return words("figures.indays", title=column.title) if is_duration else column.title


def _cells(sheet: Any, row: FigureTableRow, columns: Sequence[FigureColumn]) -> list[Any]:
    label = bold_cell(sheet, row.label) if row.is_sum else text_cell(sheet, row.label)
    return [label, *(_number(sheet, cell, column) for cell, column in zip(row.cells, columns, strict=True))]


def _number(sheet: Any, cell: FigureCell, column: FigureColumn) -> Any:
    if cell.value is None:
        return None
    value = cell.value / MINUTES_A_DAY if column.measure == "duration" else cell.value
    written = text_cell(sheet, "")
    written.value = value
    written.number_format = _NUMBER_FORMATS[column.measure]
    return written


def _chart(sheet: Any, chart: FigureChart, last_row: int) -> BarChart | LineChart:
    drawing = BarChart() if chart.kind == "bar" else LineChart()
    drawing.title, drawing.height, drawing.width = chart.title, 7.5, 18
    for place in chart.columns:
        values = Reference(sheet, min_col=place + 2, min_row=1, max_row=last_row)
        drawing.add_data(values, titles_from_data=True)
    drawing.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=last_row))
    # Without these, newer versions of Excel show a chart without its axes.
    drawing.x_axis.delete = drawing.y_axis.delete = False
    if len(chart.columns) == 1:
        drawing.legend = None
    return drawing


def _add_about(book: Workbook, about: Sequence[tuple[str, str]], words: Words) -> None:
    sheet: Any = book.create_sheet(words("page.figures.about"))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 100
    set_up_printing(sheet)
    for label, text in about:
        sheet.append([bold_cell(sheet, label), text_cell(sheet, text)])
