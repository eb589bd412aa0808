"""Isolation of what is written from right to left within a sentence that is written from left to right."""

from __future__ import annotations

import re

_FIRST_STRONG_ISOLATE, _POP = "\u2068", "\u2069"

# The blocks whose letters are written from right to left: Hebrew, Arabic, Syriac, Thaana, N'Ko and others.
_FROM_RIGHT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def isolate(text: str) -> str:
    """The text, isolated (UAX #9) where it has letters that are written from right to left.

    Otherwise numbers and signs beside it in a sentence would be shown in another order. Other text is left as it is.
    """
    if text.isascii() or text.startswith(_FIRST_STRONG_ISOLATE) or not _FROM_RIGHT.search(text):
        return text
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP}"
