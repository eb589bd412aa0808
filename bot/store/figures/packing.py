"""Figures of one e-service in one interval as a single number, so that sums are made by adding such numbers.

Each figure has 32 bits of the number: first each count, then the groups of the durations in their order, one of each
kind after the other. A figure is a number of cases or messages, so that no sum runs into the next one's bits.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import get_args

from bot.domain.case_figures import DURATION_KINDS, CountKind, group_at, group_place
from bot.domain.figures import Durations, Summary

PACKED_COUNTS = tuple(kind for kind in get_args(CountKind) if kind != "open")
"""`open` is of today, and of no interval."""

PACKED_KINDS = (*PACKED_COUNTS, *DURATION_KINDS)
"""What is stored depends on this order, and on the groups of durations."""

_BITS, _BYTES = 32, 4
_DURATIONS = len(DURATION_KINDS)
_OFFSETS = {kind: place for place, kind in enumerate(PACKED_KINDS)}


def pack(figures: Mapping[str, Mapping[int, int]]) -> int:
    """The number of the figures: by kind, how many there are in each group of minutes; of counts, under 0."""
    by_place = {
        _OFFSETS[kind] + _DURATIONS * group_place(minutes): count
        for kind, groups in figures.items()
        for minutes, count in groups.items()
        if count > 0
    }
    if not by_place:
        return 0
    places = [0] * (max(by_place) + 1)
    for place, count in by_place.items():
        places[place] = count
    return int.from_bytes(struct.pack(f"<{len(places)}I", *places), "little")


def unpack(packed: int, open_at_end: int) -> Summary:
    """The summary of the figures, with the number of cases that are open at the end."""
    places = struct.unpack(f"<{_length(packed)}I", _to_bytes(packed))
    counts = {kind: count for kind, count in zip(PACKED_COUNTS, places, strict=False) if count}
    durations = {}
    for kind in DURATION_KINDS:
        counted = enumerate(places[_OFFSETS[kind] :: _DURATIONS])
        if groups := {group_at(place): count for place, count in counted if count}:
            durations[kind] = Durations(groups)
    return Summary(counts, durations, open_at_end)


def count_packed(packed: int, kind: CountKind) -> int:
    """One of the counts."""
    return packed >> _BITS * _OFFSETS[kind] & (1 << _BITS) - 1


def compress(packed: int) -> bytes:
    """The number as it is stored: most groups of durations are empty."""
    return zlib.compress(_to_bytes(packed))


def decompress(stored: bytes) -> int:
    """The number that was stored."""
    return int.from_bytes(zlib.decompress(stored), "little")


def _length(packed: int) -> int:
    return -(-packed.bit_length() // _BITS)


def _to_bytes(packed: int) -> bytes:
    return packed.to_bytes(_length(packed) * _BYTES, "little")
