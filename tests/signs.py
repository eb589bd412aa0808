"""Signs that are written for a hyphen or a space, and those that nobody sees, out of all of Unicode."""

from __future__ import annotations

import sys
import unicodedata


def _of(category: str) -> list[str]:
    letters = map(chr, range(sys.maxunicode + 1))
    return [letter for letter in letters if unicodedata.category(letter) == category]


ALL_DASHES = [*_of("Pd"), *"\u2212\u02d7\u2043\u2053\u207b\u208b\u2796"]
ALL_SPACES = [*_of("Zs"), "\t"]
ALL_UNSEEN = _of("Cf")
