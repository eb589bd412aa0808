"""A table as a CSV file that Swedish Excel opens by a double click: UTF-8 with BOM, semicolons, decimal commas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from bot.export.table import Column, Value, clean_text

_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\n")
"""What a spreadsheet takes as the beginning of a formula, also behind white space."""


def write_csv(
    path: Path, columns: Sequence[Column], rows: Iterable[Sequence[Value]], *, yes_no: tuple[str, str]
) -> int:
    """Write the file and return the number of rows beneath the header. `yes_no` are the words for true and false."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow([_as_text(column.title, yes_no) for column in columns])
        for row in rows:
            writer.writerow([_as_text(value, yes_no) for value in row])
            count += 1
    return count


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
            return _as_plain_text(clean_text(value))


def _as_plain_text(text: str) -> str:
    """The text; where it could be taken as a formula, an apostrophe goes first, as one types it in a spreadsheet."""
    return f"'{text}" if text.lstrip(" \xa0").startswith(_LIKE_A_FORMULA) else text
