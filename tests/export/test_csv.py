"""Exported CSV files, for Swedish Excel."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.export.csv_file import CsvWriter
from bot.export.table import Column, Value


def write(path: Path, *rows: list[Value]) -> list[list[str]]:
    columns = [Column("Ärende"), Column("Yta")]
    writer = CsvWriter(path.parent, columns, ("Ja", "Nej"))
    writer.add_rows(rows)
    writer.save(path, ("Om exporten", []))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf\xc3\x84rende;Yta\r\n")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";"))[1:]


def test_values_are_written_as_swedish_excel_reads_them(tmp_path: Path) -> None:
    row: list[Value] = [
        Decimal("24.50"),
        1.5,
        datetime.fromisoformat("2026-03-01T09:05"),
        date(2026, 4, 1),
        True,
        False,
        None,
        -3,
    ]
    assert write(tmp_path / "a.csv", row) == [
        ["24,50", "1,5", "2026-03-01 09:05", "2026-04-01", "Ja", "Nej", "", "-3"]
    ]


@pytest.mark.parametrize("text", ["=1+1", "+46 70 123", "-1", "@SUM(A1)", "\t=1", " =1", "\r\n=1"])
def test_text_that_could_be_taken_for_a_formula_begins_with_an_apostrophe(tmp_path: Path, text: str) -> None:
    assert write(tmp_path / "a.csv", [text]) == [["'" + text.replace("\r\n", "\n")]]


def test_semicolons_quotes_and_line_breaks_stay_in_their_cell(tmp_path: Path) -> None:
    text = 'Altan; "stor"\ntvå rader'
    assert write(tmp_path / "a.csv", [text, "ö"]) == [[text, "ö"]]
