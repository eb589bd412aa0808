"""Normalisation of text that enters the program: NFC, without control and bidi characters."""

from __future__ import annotations

import re
import unicodedata

# Control characters except line break and tab; lone surrogates, which no file or database accepts; the byte order mark;
# and bidi marks, which change the reading order: with them "fdp.exe" is displayed as "exe.pdf".
_CONTROL = ((0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F))
_SURROGATES = (0xD800, 0xDFFF)
_BIDI = ((0x061C, 0x061C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069), (0xFEFF, 0xFEFF))
_REMOVED = {
    letter: None for first, last in (*_CONTROL, _SURROGATES, *_BIDI) for letter in range(first, last + 1)
}
_TABLE = _REMOVED | dict.fromkeys(map(ord, "\r\x85\u2028\u2029"), "\n")
_AFFECTED = re.compile(f"[{re.escape(''.join(map(chr, _TABLE)))}]")
_VISIBLE = re.compile(
    r"[^\s\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
# What may hold too many combining marks: over 30 signs, no letters, none of ASCII. `_break_up_marks` counts them.
_RUN = re.compile(r"[^\w\x00-\x7f]{31,}")
_MOST_MARKS = 30
_JOINER = "\u034f"


def clean(text: str) -> str:
    """Return the text as it may be stored and shown: NFC, no control or bidi marks, no space at a line's end.

    A text in which nothing can be seen is empty. Linear in the length of the text, whatever it contains.
    """
    if not text.isprintable() and _AFFECTED.search(text):
        text = text.replace("\r\n", "\n").translate(_TABLE)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _RUN.sub(_break_up_marks, text))
    if "\n" in text:
        text = "\n".join([line.rstrip() for line in text.split("\n")])
    text = text.rstrip()
    return text if text.isascii() or _VISIBLE.search(text) else ""


def _break_up_marks(run: re.Match[str]) -> str:
    """The run with a joiner after every 30 combining marks: Unicode's stream-safe format (UAX #15, section 13).

    NFC sorts combining marks, and sorting a run of 100,000 takes minutes.
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
