"""What every text from outside goes through first."""

from __future__ import annotations

import re
import unicodedata

# Control characters but for line break and tab; halves of a pair, which no file or database takes; a byte order mark;
# and marks that turn the reading order or mark an order: with them "fdp.exe" is read as "exe.pdf".
_CONTROL = ((0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F))
_HALVES = (0xD800, 0xDFFF)
_ORDER = ((0x061C, 0x061C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069), (0xFEFF, 0xFEFF))
_NEVER = {letter: None for first, last in (*_CONTROL, _HALVES, *_ORDER) for letter in range(first, last + 1)}
_TABLE = _NEVER | dict.fromkeys(map(ord, "\r\x85\u2028\u2029"), "\n")
_TOUCHED = re.compile(f"[{re.escape(''.join(map(chr, _TABLE)))}]")
# Marks that combine are among these, as are other signs; how many of them are marks is looked at only in such a run.
_RUN = re.compile(r"[^\w\x00-\x7f]{31,}")
_MOST_MARKS = 30
_JOINER = "\u034f"


def clean(text: str) -> str:
    """The text as it may be stored and shown: NFC, no control or bidi marks, no space at a line's end.

    The time it takes grows with the text and no faster, whatever is in it.
    """
    if not text.isprintable() and _TOUCHED.search(text):
        text = text.replace("\r\n", "\n").translate(_TABLE)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _RUN.sub(_parted, text))
    if "\n" in text:
        text = "\n".join([line.rstrip() for line in text.split("\n")])
    return text.rstrip()


def _parted(run: re.Match[str]) -> str:
    """The run with a joiner after each thirty marks, as Unicode's stream-safe format has it (UAX #15, section 13).

    Marks are sorted when a text is composed, and to sort a hundred thousand of them takes minutes.
    """
    parted, marks = [], 0
    for letter in run.group():
        more = len(unicodedata.normalize("NFD", letter)) if unicodedata.combining(letter) else 0
        if not more:
            marks = 0
        elif (marks := marks + more) > _MOST_MARKS:
            parted.append(_JOINER)
            marks = more
        parted.append(letter)
    return "".join(parted)
