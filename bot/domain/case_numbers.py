"""Case numbers, as they are written and as people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from bot.text.typed import DASHES, fold_typed

_LEADING = re.compile(rf"#?(?:(?P<year>[0-9]{{4}})\s?[{DASHES}]\s?)?(?P<running>[0-9]{{1,9}})(?=\s|$)")
_TYPED = re.compile(r"(?:(?P<year>20\d\d) ?-? ?)?(?P<running>\d{0,9})", re.ASCII)
_MAX_TYPED_LENGTH = 20


def format_case_number(year: int | str, running: int) -> str:
    """`2026-000123`: the year, and the running number in it, from 1."""
    return f"{year}-{running:06d}"


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """A case number as someone types it: with or without its `year`, `running` whole, short or begun."""

    year: str
    running: str

    def complete(self, year: str) -> str | None:
        """The number of that year, were nothing left to type; None where only a year is typed."""
        return format_case_number(year, int(self.running)) if self.running else None


def parse_leading_number(text: str, today: date) -> tuple[str, str] | None:
    """The case number that a text begins with, and what follows it. Without its year it is of this year."""
    found = _LEADING.match(text)
    if found is None:
        return None
    number = format_case_number(found["year"] or today.year, int(found["running"]))
    return number, text[found.end() :].strip()


def parse_typed_numbers(typed: str) -> tuple[TypedNumber, ...]:
    """The numbers that may be meant, if a number is what is typed.

    Four digits may be a year, and a year may be the first of so many digits.
    """
    plain = fold_typed(typed[:_MAX_TYPED_LENGTH])
    found = _TYPED.fullmatch(plain)
    if found is None or not plain:
        return ()
    with_year = TypedNumber(found["year"] or "", found["running"])
    if plain.isdecimal() and found["year"] and len(plain) <= 9:
        return (with_year, TypedNumber("", plain))
    return (with_year,)
