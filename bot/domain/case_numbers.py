"""Case numbers: formatting, and parsing of what people type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.text.typed_values import DASHES, fold_typed

_CALLED = r"(?:(?:ärende(?:t|nr|nummer)?|case|nr|nummer|number)(?![^\W\d_])[.:]?\s*){0,2}(?:#\s*)?"
_NUMBER = rf"{_CALLED}(?:(?P<year>\d{{4}})\s?[{DASHES}]\s?)?(?P<running>\d{{1,9}})(?::?an(?![^\W\d_]))?"
# Phones put a full stop after what is typed or dictated, and many write a colon between the number and a text.
_LEADING = re.compile(rf"{_NUMBER}[.,;:!?)]*(?=\s|$)", re.IGNORECASE)
_ANYWHERE = re.compile(rf"(?<!\S){_NUMBER}(?:[.,;:!?)]+$|(?=[.,;:!?)]*(?:\s|$)))", re.IGNORECASE)
_NAMED = re.compile(
    r"(?<!\S)(?:ärende(?:t|nr|nummer)?|case)(?![^\W\d_])[.:]?\s*(?:(?:nr|nummer|number)[.:]?\s*)?#?\s*\d",
    re.IGNORECASE,
)
_TYPED = re.compile(r"(?:(?P<year>20\d\d) ?-? ?)?(?P<running>\d{0,9})", re.ASCII)
_TYPED_CALLED = re.compile(_CALLED, re.IGNORECASE)
_MAX_TYPED_LENGTH = 40


def format_case_number(year: int | str, running: int) -> str:
    """`2026-000123`: the year, and the running number within it, from 1."""
    return f"{year}-{running:06d}"


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """A typed case number: `year` may be missing, and `running` may lack its leading zeros or its last digits."""

    year: str
    running: str

    def complete(self, year: str) -> str | None:
        """The case number in that year, taking `running` as complete; None where only a year is typed."""
        return format_case_number(year, int(self.running)) if self.running else None


def parse_leading_number(text: str, today: date) -> tuple[str, str] | None:
    """The case number that a text begins with, in the current year where none is typed, and the rest of the text.

    A word may precede it: "ärende 123", "case 123", "nr 123". None where there is no number.
    """
    found = _LEADING.match(text)
    return (_to_number(found, today), text[found.end() :].strip()) if found is not None else None


def parse_only_number(typed: str, today: date) -> str | None:
    """The case number that is all that is typed; None where something else is, or more."""
    found = parse_leading_number(typed.strip(), today)
    return found[0] if found is not None and not found[1] else None


def find_numbers(text: str, today: date) -> Iterator[tuple[str, str]]:
    """Each possible case number anywhere in a text, with the text without it."""
    for found in _ANYWHERE.finditer(text):
        yield _to_number(found, today), f"{text[: found.start()]}{text[found.end() :].lstrip()}".strip()


def names_case(text: str) -> bool:
    """Whether a number in the text is called a case's: "i ärende 3", "case #3"."""
    return _NAMED.search(text) is not None


def _to_number(found: re.Match[str], today: date) -> str:
    """In the digits 0 to 9, whichever were typed."""
    return format_case_number(int(found["year"] or today.year), int(found["running"]))


def parse_typed_numbers(typed: str) -> tuple[TypedNumber, ...]:
    """All readings of what is typed as a case number; none where it is no number. A word may precede it: "nr 123".

    Four digits may be a year or a running number, and longer ones may begin with a year.
    """
    plain = fold_typed(_TYPED_CALLED.sub("", fold_typed(typed[:_MAX_TYPED_LENGTH]), count=1))
    found = _TYPED.fullmatch(plain)
    if found is None or not plain:
        return ()
    with_year = TypedNumber(found["year"] or "", found["running"])
    if plain.isdecimal() and found["year"] and len(plain) <= 9:
        return (with_year, TypedNumber("", plain))
    return (with_year,)
