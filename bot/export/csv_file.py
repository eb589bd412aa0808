"""A table as a CSV file that Swedish Excel opens by a double click: UTF-8 with BOM, semicolons, decimal commas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from bot.export.table import AboutRow, Column, Value, clean_text

_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\n")
"""What a spreadsheet takes as the beginning of a formula, also behind white space."""


class CsvWriter:
    """Writes one CSV file in `folder`, and puts it in its place when it is saved. `yes_no` are the words for true and
    false."""

    def __init__(self, folder: Path, columns: Sequence[Column], yes_no: tuple[str, str]) -> None:
        self._path = folder / "table.csv"
        self._yes_no = yes_no
        self._file = self._path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=";", lineterminator="\r\n")
        self.add_rows([[column.title for column in columns]])

    def add_rows(self, rows: Iterable[Sequence[Value]]) -> None:
        """Add rows beneath the ones before."""
        for row in rows:
            self._writer.writerow([_as_text(value, self._yes_no) for value in row])

    def save(self, path: Path, about: tuple[str, Sequence[AboutRow]]) -> None:
        """Put the file in its place; a CSV file has no room for what is said about it."""
        del about
        self._file.close()
        self._path.replace(path)

    def discard(self) -> None:
        """Give the file up, so that it is not open."""
        self._file.close()


def _as_text(value: Value, yes_no: tuple[str, str]) -> str:
    match value:
        case None:
            return ""
        case bool():
            return yes_no[0] if value else yes_no[1]
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case int() | float() | Decimal():
            return (
                f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else str(value).replace(".", ",")
            )
        case str():
            return as_plain_text(clean_text(value))


def as_plain_text(text: str) -> str:
    """The text; where it could be taken as a formula, an apostrophe goes first, as one types it in a spreadsheet."""
    return f"'{text}" if text.lstrip(" \xa0").startswith(_LIKE_A_FORMULA) else text


def write_csv(rows: Iterable[Sequence[str]]) -> str:
    """A small table as the text of a CSV file with semicolons, without a byte order mark."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerows([as_plain_text(clean_text(value)) for value in row] for row in rows)
    return stream.getvalue()
