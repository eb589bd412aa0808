"""Sums that stand for figures: a million cases have more of them than fit in memory."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache

from bot.domain.case_figures import FigureKey


class FigureSums(Counter[str]):
    """By e-service: each of its figures times a number that only the figure's key gives, added up."""

    def add_figures(self, figures: Mapping[FigureKey, int]) -> None:
        """Add these to the sums."""
        for key, count in figures.items():
            self[key.service] += count * _key_number(key)


@lru_cache(maxsize=20_000)
def _key_number(key: FigureKey) -> int:
    # The JSON of a list, which progress that is resumed was added up with; made by hand, as it is by the million.
    name = f'[{_quote(key.service)}, "{key.kind}", "{key.day.isoformat()}", {key.minutes}]'
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest())


_quote = cache(json.dumps)
