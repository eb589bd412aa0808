"""What every text from outside goes through first."""

from __future__ import annotations

import re
import unicodedata

_LINE_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# Marks that turn the reading order or mark an order: with them "fdp.exe" is read as "exe.pdf".
_ORDER_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KEPT = frozenset("\n\t")
# Control characters, and halves of a pair, which no file or database takes.
_REMOVED = frozenset({"Cc", "Cs"})


def clean(text: str) -> str:
    """The text as it may be stored and shown: NFC, no control or bidi marks, no space at a line's end."""
    kept = "".join(letter for letter in _LINE_BREAKS.sub("\n", text) if _is_kept(letter))
    composed = unicodedata.normalize("NFC", kept)
    return "\n".join(line.rstrip() for line in composed.split("\n")).rstrip()


def _is_kept(letter: str) -> bool:
    if letter in _KEPT:
        return True
    return letter not in _ORDER_MARKS and letter != "\ufeff" and unicodedata.category(letter) not in _REMOVED
