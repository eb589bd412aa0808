"""The table that is exported: its columns and values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

Value = str | int | float | Decimal | bool | date | datetime | None
"""A value of a cell; a datetime is local time without a time zone, since spreadsheets have none."""

MAX_TEXT = 32_767
"""The longest text that a cell of Excel holds, in UTF-16 code units."""

MAX_DIGITS = 15
"""The digits of a number that Excel keeps; longer numbers are exported as text."""
_MAX_WHOLE_NUMBER: int = 10**MAX_DIGITS - 1

# What XML 1.0 cannot hold: controls but tab and newline, surrogates, and U+FFFE and U+FFFF.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n?")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
CUT_MARK = " […]"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, and its width in characters."""

    title: str
    width: int = 16


@dataclass(frozen=True, slots=True)
class AboutRow:
    """A line about the export: what it says, and of what."""

    label: str
    value: Value


class TableWriter(Protocol):
    """Writes a table to a file, a few rows at a time. One is ended by `save` or `discard`."""

    def add_rows(self, rows: Iterable[Sequence[Value]]) -> None: ...

    def save(self, path: Path, about: tuple[str, Sequence[AboutRow]]) -> None: ...

    def discard(self) -> None: ...


def clean_text(text: str) -> str:
    """The text as a file can hold it: line ends as `\\n`, and a visible mark for each forbidden character."""
    if text.isprintable():  # none of the forbidden characters is, nor a line end
        return text
    return _NOT_IN_XML.sub(REPLACEMENT, _LINE_END.sub("\n", text) if "\r" in text else text)


def cut_text(text: str) -> str:
    """The text, or as much of it as a cell holds, with a mark at its end."""
    if len(text) * 2 <= MAX_TEXT or _utf16_length(text) <= MAX_TEXT:
        return text
    remaining = MAX_TEXT - len(CUT_MARK)
    encoded = text.encode("utf-16-le")[: remaining * 2]
    return encoded.decode("utf-16-le", "ignore") + CUT_MARK


def is_exact_number(value: int | Decimal) -> bool:
    """Whether Excel keeps each digit of the number."""
    if isinstance(value, int):
        return abs(value) <= _MAX_WHOLE_NUMBER
    if value.is_finite() and len(str(value)) <= MAX_DIGITS:  # most numbers, found at once
        return True
    digits = value.normalize().as_tuple()
    return isinstance(digits.exponent, int) and len(digits.digits) <= MAX_DIGITS


def _utf16_length(text: str) -> int:
    return len(text) + sum(letter > "\uffff" for letter in text)
