"""Folding of typed values (numbers, codes, days, addresses) before they are parsed."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

MOST_TYPED = 2_000
"""Characters. Longer texts are no number, code, day or address, and are not folded."""

MAX_DIGITS = 9
"""Digits of the longest number that a page holds of itself, such as a version: Python refuses to read thousands."""

DASHES = (
    "-\u02d7\u058a\u05be\u1400\u1806\u2010-\u2015\u2043\u2053\u207b\u208b\u2212\u2796\u2e17\u2e1a\u2e3a\u2e3b\u2e40"
    "\u2e5d\u301c\u3030\u30a0\ufe31\ufe32\ufe58\ufe63\uff0d\U00010ead"
)
"""Characters that are typed for a hyphen, for use inside the brackets of a regular expression."""

_LIKE_DASHES = frozenset("\u02d7\u2043\u2053\u207b\u208b\u2212\u2796")
"""Dashes that are not in Unicode's category Pd."""
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs that are invisible."""
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that are invisible, or only choose another picture of the letter before."""
_ODD_SPACE = re.compile("^ | $|(?<= ) ")
_WESTERN_LETTERS = tuple(code for code in range(0xC0, 0x100) if chr(code).isalpha())
"""Letters such as å, which stand for themselves."""
_ALIKE = {
    "Pd": "-", "Zs": " ", "Cc": " ", "Zl": "\n", "Zp": "\n",
    "Cf": "",  # soft hyphens, joiners and spaces without width, order marks
}  # fmt: skip


class _Folding(dict[int, str]):
    """A table for `str.translate`: of ASCII and Western European letters.

    Missing characters are computed, and not cached: the table would grow with input.
    """

    def __init__(self, allowed: str = "") -> None:
        unchanged = (*range(0x20, 0x7F), 0x0A, *_WESTERN_LETTERS, *map(ord, allowed))
        super().__init__({code: chr(code) for code in unchanged})

    def __missing__(self, code: int) -> str:
        return _folded(chr(code))


class _FoldingButDigits(_Folding):
    def __missing__(self, code: int) -> str:
        return chr(code) if unicodedata.category(chr(code)) == "Nd" else super().__missing__(code)


def _folded(letter: str) -> str:
    if letter in _LIKE_DASHES:
        return "-"
    if letter in _BLANKS:
        return ""
    category = unicodedata.category(letter)
    return str(unicodedata.decimal(letter)) if category == "Nd" else _ALIKE.get(category, letter)


_TABLE = _Folding()
_JOINERS = "\u200c\u200d"
_NO_JOINERS = dict.fromkeys(map(ord, _JOINERS))
_MAIL_TABLE = _FoldingButDigits(allowed=_JOINERS)


class OddSign(NamedTuple):
    """A sign that no id may have: its name, such as U+200B, and its position, from 1."""

    name: str
    position: int


def find_odd_sign(identifier: str) -> OddSign | None:
    """The first sign for which an id that a machine sends could not be told from another one by who reads it.

    Of signs that are not seen, of spaces other than single ones between others, and of letters that are not composed
    (NFC): an id must not be taken for another's, nor be folded into it. None where there is no such sign.
    """
    positions = [at for at, sign in enumerate(identifier) if not sign.isprintable()]
    positions += [
        found.start() for found in (_UNSEEN.search(identifier), _ODD_SPACE.search(identifier)) if found
    ]
    if (uncomposed := _find_uncomposed(identifier)) is not None:
        positions.append(uncomposed)
    if not positions:
        return None
    first = min(positions)
    return OddSign(f"U+{ord(identifier[first]):04X}", first + 1)


def _find_uncomposed(text: str) -> int | None:
    """The position of the first mark, or else letter, that composing (NFC) changes; None where it changes nothing."""
    composed = unicodedata.normalize("NFC", text)
    if composed == text:
        return None
    pairs = enumerate(zip(text, composed, strict=False))
    at = next((at for at, (one, other) in pairs if one != other), len(composed))
    has_mark = at + 1 < len(text) and unicodedata.combining(text[at + 1])
    return at + 1 if has_mark else at


def parse_count(text: str, default: int) -> int:
    """The whole number that a page sends back of itself; `default` where the text is none or is too long."""
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else default


def fold_typed(text: str) -> str:
    """`fold_signs` of a field's value; a value longer than `MOST_TYPED` is returned unchanged."""
    return text if len(text) > MOST_TYPED else fold_signs(text)


def fold_signs(text: str) -> str:
    """The text with one character for all dashes, one for all spaces, and ASCII digits for those of every script.

    Invisible characters, repeated spaces and spaces at line ends are removed; line breaks remain. Only for values that
    are parsed: in prose a dash, or a joiner in a name or an emoji, has a meaning.
    """
    if text.isascii() and text.isprintable():  # nothing to fold but spaces, as in most values
        return " ".join(text.split())
    return _without_spare_spaces(text.translate(_TABLE))


def fold_mail_address(text: str) -> str:
    """As `fold_typed`, but digits and joiners of other scripts remain: without them it would be another address."""
    if len(text) > MOST_TYPED:
        return text
    folded = _without_spare_spaces(text.translate(_MAIL_TABLE))
    bare = folded.translate(_NO_JOINERS).strip()
    return bare if bare.isascii() else folded


def _without_spare_spaces(text: str) -> str:
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join([" ".join(line.split()) for line in text.split("\n")]).strip()
