"""Verification of the figures: whether those of days are what the log says, and those of months and weeks their sums.

What the log says is counted where the cases are verified, in one pass over their events.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import select, tuple_

from bot.domain.case_figures import FigureKey
from bot.domain.figures import interval_of
from bot.store.engine.database import Tx
from bot.store.figures import counting, sums
from bot.store.figures.packing import decompress
from bot.store.tables import FigureRow, FigureSumRow
from bot.store.verification.figure_sums import FigureSums
from bot.store.verification.findings import Findings
from bot.store.verification.parts import PartRunner

PART_SIZE = 100
"""Sums of months and weeks that are verified in one transaction."""


@dataclass(frozen=True, slots=True)
class StoredFigures:
    """The sums of the stored figures, and the place of the event that was counted last."""

    counted_until: int
    sums: FigureSums


def load_stored(tx: Tx) -> StoredFigures | None:
    """What the log is compared with; None where they are being counted from the beginning, or will be."""
    state = counting.load_state(tx)
    if state is None or not state.is_complete or not counting.is_in_place(tx, state):
        return None
    found = FigureSums()
    rows = tx.conn.execute(select(FigureRow.__table__).execution_options(yield_per=1_000))
    for service, kind, day, minutes, count in rows:
        found.add_figures({FigureKey(service, kind, day, minutes): count})
    return StoredFigures(state.event, found)


def check(run: PartRunner, stored: StoredFigures | None, counted: FigureSums, findings: Findings) -> None:
    """Compare the stored figures, where there are any to compare, with what the events of all cases add."""
    wrong = {service for _, found in run.map(_find_wrong_sums, _sum_parts(run)) for service in found}
    if stored is not None:
        services = stored.sums.keys() | counted.keys()
        wrong |= {service for service in services if stored.sums[service] != counted[service]}
    for service in sorted(wrong):
        findings.add("", "proof.figures", service=service)


_PART_KEY = (FigureSumRow.unit, FigureSumRow.first, FigureSumRow.service)


def _sum_parts(run: PartRunner) -> Iterator[Any]:
    """The key after which each part begins; None for the first."""
    after = None
    while True:
        yield after
        rows = run.read(lambda tx, after=after: _load_sums(tx, after))  # type: ignore[misc]
        if len(rows) < PART_SIZE:
            return
        after = tuple(rows[-1][:3])


def _load_sums(tx: Tx, after: Any) -> Sequence[Any]:
    query = select(*_PART_KEY, FigureSumRow.sums).order_by(*_PART_KEY).limit(PART_SIZE)
    if after is not None:
        query = query.where(tuple_(*_PART_KEY) > tuple_(*after))
    return tx.conn.execute(query).all()


def _find_wrong_sums(tx: Tx, after: Any) -> list[str]:
    """The e-services of those sums in the part that are not what their days say."""
    wrong = []
    made = [row for row in _load_sums(tx, after) if row.sums is not None]
    for (unit, first), rows in groupby(made, attrgetter("unit", "first")):
        of_interval = list(rows)
        services = [row.service for row in of_interval]
        if unit not in sums.UNITS or first != interval_of(first, unit).first:
            wrong += services
            continue
        of_days = sums.add_up_days(tx, services, interval_of(first, unit))
        wrong += [row.service for row in of_interval if _unpack(row.sums) != of_days.get(row.service, 0)]
    return wrong


def _unpack(stored: bytes) -> int | None:
    try:
        return decompress(stored)
    except zlib.error:
        return None
