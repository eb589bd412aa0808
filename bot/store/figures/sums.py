"""Figures of whole months and weeks, added up from those of days.

They are made when the month or week is over, and again where something is counted in it later on. What has none is read
from its days, so that a report never depends on whether they have been made yet.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple, get_args

from sqlalchemy import String, bindparam, cast, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.case_figures import FigureKey
from bot.domain.figures import FigurePeriod, Interval, IntervalUnit, interval_of
from bot.store.engine.database import Tx
from bot.store.figures.packing import PACKED_KINDS, compress, decompress, pack
from bot.store.tables import FigureRow, FigureSumRow

UNITS: tuple[IntervalUnit, ...] = get_args(IntervalUnit)

MOST_MADE = 60
"""Sums that are made at once: about half a second, where an e-service has a thousand cases a month."""

_PAIRS = func.aggregate_strings(
    cast(FigureRow.minutes, String) + "," + cast(FigureRow.count, String), ","
).label("pairs")
"""Many rows' minutes and counts in one text, `minutes,count,minutes,count`: far cheaper to fetch than the rows."""

_SAVE = (
    update(FigureSumRow)
    .where(
        FigureSumRow.unit == bindparam("of_unit"),
        FigureSumRow.first == bindparam("from_day"),
        FigureSumRow.service == bindparam("of_service"),
    )
    .values(sums=bindparam("made"))
)


class SumKey(NamedTuple):
    """What a sum is of: an e-service, and the month or week that begins on that day."""

    unit: IntervalUnit
    first: date
    service: str


def load(
    tx: Tx, services: Collection[str], period: FigurePeriod
) -> Iterator[tuple[Interval, Mapping[str, int]]]:
    """Each interval of the period with the packed figures of the e-services in it."""
    stored = _load_stored(tx, services, period)
    for interval in period.intervals():
        is_whole = interval == interval_of(interval.first, period.unit)
        found = stored[interval.first] if is_whole else {}
        others = [service for service in services if service not in found]
        of_days = add_up_days(tx, others, interval) if others else {}
        yield interval, {service: decompress(sums) for service, sums in found.items()} | of_days


def add_up_days(tx: Tx, services: Collection[str], interval: Interval) -> dict[str, int]:
    """The packed figures of those of the e-services that have any in the interval, from its days."""
    query = (
        select(FigureRow.service, FigureRow.kind, _PAIRS)
        .where(
            FigureRow.service.in_(services),
            FigureRow.kind.in_(PACKED_KINDS),
            FigureRow.day.between(interval.first, interval.last),
        )
        .group_by(FigureRow.service, FigureRow.kind)
    )
    figures: dict[str, dict[str, dict[int, int]]] = defaultdict(dict)
    for service, kind, pairs in tx.conn.execute(query):
        groups = figures[service][kind] = defaultdict(int)
        numbers = iter(json.loads(f"[{pairs}]"))
        for minutes, count in zip(numbers, numbers, strict=True):
            groups[minutes] += count
    return {service: pack(of_service) for service, of_service in figures.items()}


def forget(tx: Tx, changed: Iterable[FigureKey]) -> None:
    """Have the sums made anew that have the changed figures in them."""
    rows = sorted(
        {
            SumKey(unit, interval_of(key.day, unit).first, key.service)
            for key in changed
            if key.kind in PACKED_KINDS
            for unit in UNITS
        }
    )
    if rows:
        new: Any = (postgresql.insert if tx.locks_rows else sqlite.insert)(FigureSumRow)
        forgotten = new.on_conflict_do_update(
            index_elements=["unit", "first", "service"],
            set_={"sums": None},
            where=FigureSumRow.sums.is_not(None),
        )
        tx.conn.execute(forgotten, [{**key._asdict(), "sums": None} for key in rows])


def make_missing(tx: Tx, today: date) -> dict[SumKey, bytes]:
    """The next sums that are to be saved, of months and weeks that are over; empty when all have been."""
    made: dict[SumKey, bytes] = {}
    for unit in UNITS:
        current = interval_of(today, unit).first
        missing = select(FigureSumRow.first, FigureSumRow.service).where(
            FigureSumRow.unit == unit, FigureSumRow.first < current, FigureSumRow.sums.is_(None)
        )
        services: dict[date, list[str]] = defaultdict(list)
        rows = tx.conn.execute(missing.order_by(FigureSumRow.first).limit(MOST_MADE - len(made)))
        for first, service in rows:
            services[first].append(service)
        for first, some in services.items():
            packed = add_up_days(tx, some, interval_of(first, unit))
            made |= {SumKey(unit, first, key): compress(packed.get(key, 0)) for key in some}
    return made


def save(tx: Tx, made: Mapping[SumKey, bytes]) -> None:
    """Save what `make_missing` made, if nothing has been counted since."""
    rows = [
        {"of_unit": key.unit, "from_day": key.first, "of_service": key.service, "made": sums}
        for key, sums in made.items()
    ]
    tx.conn.execute(_SAVE, rows)


def _load_stored(
    tx: Tx, services: Collection[str], period: FigurePeriod
) -> defaultdict[date, dict[str, bytes]]:
    query = select(FigureSumRow.first, FigureSumRow.service, FigureSumRow.sums).where(
        FigureSumRow.unit == period.unit,
        FigureSumRow.first.between(period.first, period.last),
        FigureSumRow.service.in_(services),
    )
    stored: defaultdict[date, dict[str, bytes]] = defaultdict(dict)
    for first, service, sums in tx.conn.execute(query):
        if sums is not None:
            stored[first][service] = sums
    return stored
