"""A small table as the text of a CSV file, written as `csv_file` writes large ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from bot.export.csv_file import as_plain_text
from bot.export.table import clean_text


def write_csv(rows: Iterable[Sequence[str]]) -> str:
    """The rows as CSV with semicolons, without a byte order mark."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerows([as_plain_text(clean_text(value)) for value in row] for row in rows)
    return stream.getvalue()
