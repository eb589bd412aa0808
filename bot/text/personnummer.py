"""Personnummer and samordningsnummer: the day of birth in one, and whether a text contains one."""

from __future__ import annotations

import re
from datetime import date

from stdnum import luhn

from bot.text.typed_values import fold_signs

_CANDIDATE = re.compile(
    r"(?<!\d)(?P<century>(?:1[6-9]|20)[ ]?)?(?P<year>\d\d)(?P<before>[-/. ]?)(?P<month>\d\d)"
    r"(?P<after>[-/. ]?)(?P<day>\d\d)"
    r"[ ]?(?P<sign>[-+/._:]{0,2})\s?(?P<last>\d{4})(?!\d)"
)

COORDINATION_DAY_OFFSET = 60
"""A samordningsnummer is a personnummer with this added to its day."""

CENTURIES = ("18", "19", "20")
"""Of the population register (Skatteverket, Rättslig vägledning: Personnummer)."""


def earliest_birth(digits: str) -> date | None:
    """The earliest day of birth that `digits` (YYYYMMDD of a number) allow; None where they are no date.

    In a samordningsnummer the month is 00 and the day 60 where they are not known; Skatteverket's published
    test numbers have both.
    """
    if digits[:2] not in CENTURIES:
        return None
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if day >= COORDINATION_DAY_OFFSET:
        month, day = month or 1, day - COORDINATION_DAY_OFFSET or 1
    try:
        return date(year, month, day)
    except ValueError:
        return None


def with_century(digits: str, today: date, *, is_hundred: bool = False) -> str | None:
    """The twelve digits of a number of ten; None where no day of birth fits.

    The century is that of the latest birth; where it `is_hundred`, as a plus says, of one who turns 100 or more this
    year (folkbokföringslagen 18 §).
    """
    for back in range(3):
        century = str(today.year // 100 - back)
        born = earliest_birth(century + digits[:6])
        if born and born <= today and born.year <= today.year - (100 if is_hundred else 0):
            return century + digits
    return None


def contains_number(text: str, digits: str, today: date) -> bool:
    """Whether the text has the number of twelve digits, and not just that of someone a century older or younger."""
    born = earliest_birth(digits[:8])
    is_hundred = born is not None and born.year <= today.year - 100
    pattern = rf"(?P<century>(?:{'|'.join(CENTURIES)})(?=\d{{6}}))?{digits[2:8]}(?P<sign>[-+ ]?){digits[8:]}"
    return any(
        found["century"] == digits[:2] if found["century"] else is_hundred or found["sign"] != "+"
        for found in re.finditer(pattern, text)
    )


def contains_personnummer(text: str) -> bool:
    """Whether something in the text looks like a personnummer or a samordningsnummer.

    Written with its sign or its century it need not have the right check digit: a mistyped number still points to
    somebody. Ten digits alone are more often a phone number, and other signs between them belong to a day and an hour,
    so there the check digit decides.
    """
    return has_personnummer(fold_signs(text))


def has_personnummer(folded: str) -> bool:
    """`contains_personnummer` of a text from `fold_signs`."""
    return any(_is_personnummer(found) for found in _CANDIDATE.finditer(folded))


def _is_personnummer(found: re.Match[str]) -> bool:
    month, day = int(found["month"]), int(found["day"])
    coordination = day >= COORDINATION_DAY_OFFSET
    first, day = (0, day - COORDINATION_DAY_OFFSET) if coordination else (1, day)
    if not (first <= month <= 12 and first <= day <= 31):
        return False
    is_customary = not (found["before"] + found["after"]).strip() and found["sign"] in ("", "-", "+")
    if is_customary and (found["sign"] or found["century"]):
        return True
    return bool(luhn.is_valid("".join(found[part] for part in ("year", "month", "day", "last"))))
