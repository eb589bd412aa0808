"""Sums that stand for figures: a million cases have more of them than fit in memory."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from bot.domain.case_figures import FigureKey


class FigureSums(Counter[str]):
    """By e-service: each of its figures times a number that only the figure's key gives, added up."""

    def add_figures(self, figures: Mapping[FigureKey, int]) -> None:
        """Add these to the sums."""
        for key, count in figures.items():
            self[key.service] += count * _key_number(key)


@lru_cache(maxsize=20_000)
def _key_number(key: FigureKey) -> int:
    name = json.dumps([key.service, key.kind, key.day.isoformat(), key.minutes])
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest())
