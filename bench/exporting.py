"""A workbook of many rows: the program's writer, and a bare write-only loop over the same cells.

    python -m bench.exporting program|floor ROWS PATH

prints the processor seconds, and by how many megabytes the process grew.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

from openpyxl import Workbook

from bot.export.table import AboutRow, Column, Value
from bot.export.workbook import WorkbookWriter
from bot.service.export_contents import CASES_AT_ONCE

COLUMNS = [Column(f"Kolumn {number}") for number in range(1, 11)]


@dataclass(frozen=True)
class Written:
    """What a workbook took: processor seconds, and megabytes of memory beyond those of the imports."""

    seconds: float
    megabytes: float


def measure(name: str, rows: int, path: Path) -> Written:
    """Write the workbook in a process of its own."""
    command = [sys.executable, "-m", "bench.exporting", name, str(rows), str(path)]
    seconds, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Written(float(seconds), float(megabytes))


def _rows(count: int) -> Iterator[list[Value]]:
    """Rows like those of a list with a few answers."""
    for number in range(count):
        received = datetime(2026, 1 + number % 12, 1 + number % 28, number % 24, number % 60)  # noqa: DTZ001
        day = date(2026, 1 + number % 12, 1)
        texts = f"2026-{number:06}", "Bygglov för altan", "Under behandling", "Anna Berg, Bo Ek"
        yield [*texts, received, day, Decimal(number) / 4, number % 2 == 0, f"En altan på {number} m² ", None]


def _write_program(count: int, path: Path) -> None:
    writer, rows = WorkbookWriter(path.parent, COLUMNS, "Ärenden"), _rows(count)
    while some := list(islice(rows, CASES_AT_ONCE)):
        writer.add_rows(some)
    writer.save(path, ("Om exporten", [AboutRow("Antal ärenden", count)]))


def _write_floor(count: int, path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Ärenden")
    sheet.append([column.title for column in COLUMNS])
    for row in _rows(count):
        sheet.append(row)
    book.save(path)


_WRITERS: dict[str, Callable[[int, Path], None]] = {"program": _write_program, "floor": _write_floor}


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(name: str, count: int, path: Path) -> None:
    _WRITERS[name](10, path)  # what is loaded at the first use
    before, started = _megabytes(), time.process_time()
    _WRITERS[name](count, path)
    print(f"{time.process_time() - started:.3f} {_megabytes() - before:.1f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
