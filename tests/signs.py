"""Signs that are written for a hyphen or a space, and those that nobody sees, out of all of Unicode."""

from __future__ import annotations

import sys
import unicodedata

_BY_CATEGORY: dict[str, list[str]] = {"Pd": [], "Zs": [], "Cf": []}
for _sign in map(chr, range(sys.maxunicode + 1)):
    if (_category := unicodedata.category(_sign)) in _BY_CATEGORY:
        _BY_CATEGORY[_category].append(_sign)

ALL_DASHES = [*_BY_CATEGORY["Pd"], *"\u2212\u02d7\u2043\u2053\u207b\u208b\u2796"]
ALL_SPACES = [*_BY_CATEGORY["Zs"], "\t"]
ALL_UNSEEN = _BY_CATEGORY["Cf"]
