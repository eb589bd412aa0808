"""Personnummer within what people write."""

from __future__ import annotations

import re

from stdnum import luhn

from bot.text.typed import fold_signs

_LOOKS = re.compile(
    r"(?<!\d)(?P<century>(?:1[6-9]|20)[ ]?)?(?P<year>\d\d)[ ]?(?P<month>\d\d)[ ]?(?P<day>\d\d)"
    r"[ ]?(?P<sign>[-+])?[ ]?(?P<last>\d{4})(?!\d)"
)

COORDINATION = 60
"""A samordningsnummer is a personnummer with this added to its day."""


def holds_personnummer(text: str) -> bool:
    """Whether something in the text looks like a personnummer or a samordningsnummer.

    Written as one (with its sign, or with its century) it need not have the right check digit: a slip of the finger
    is somebody's all the same. Ten digits alone are more often a phone number, so there the check digit decides.
    """
    return any(_is_one(found) for found in _LOOKS.finditer(fold_signs(text)))


def _is_one(found: re.Match[str]) -> bool:
    month, day = int(found["month"]), int(found["day"])
    if not (1 <= month <= 12 and 1 <= (day - COORDINATION if day > COORDINATION else day) <= 31):
        return False
    if found["sign"] or found["century"]:
        return True
    return bool(luhn.is_valid("".join(found[part] for part in ("year", "month", "day", "last"))))
