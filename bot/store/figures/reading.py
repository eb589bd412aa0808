"""Reading of the figures of a period, in one pass over their rows.

By e-service and by interval they are added up here: a database would have to sort a million rows for each of the two.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import get_args

from sqlalchemy import ColumnElement, String, and_, cast, func, select

from bot.domain.case_figures import DURATION_KINDS, CountKind
from bot.domain.figures import Durations, FigurePeriod, FigureReport, Interval, Summary
from bot.store.engine.database import Tx
from bot.store.figures import counting
from bot.store.tables import FigureRow

_COUNT_KINDS = tuple(kind for kind in get_args(CountKind) if kind != "open")

_FLOWS = {"received": 1, "closed": -1, "reopened": 1}
"""What each adds to the number of open cases."""

_NUMBER = func.sum(FigureRow.count).label("number")

_PAIRS = func.aggregate_strings(
    cast(FigureRow.minutes, String) + "," + cast(FigureRow.count, String), ","
).label("pairs")
"""Many rows' minutes and counts in one text, `minutes,count,minutes,count`: far cheaper to fetch than the rows."""


class _Sums(defaultdict[str, defaultdict[int, int]]):
    """By kind: the count of each group of minutes; of what has no minutes, all under 0."""

    def __init__(self) -> None:
        super().__init__(lambda: defaultdict(int))

    def change_of_open(self) -> int:
        """How many more cases are open after them than before."""
        return sum(sign * self[kind][0] for kind, sign in _FLOWS.items())

    def summary(self, open_at_end: int) -> Summary:
        return Summary(
            {kind: self[kind][0] for kind in _COUNT_KINDS if self[kind][0]},
            {kind: Durations(self[kind]) for kind in DURATION_KINDS if self[kind]},
            open_at_end,
        )


def load_report(tx: Tx, services: Collection[str], period: FigurePeriod) -> FigureReport:
    """The figures of the e-services in the period, as far as the log has been counted."""
    state = counting.load_state(tx)
    open_before = _load_open_before(tx, services, period.first)
    open_cases = open_before.total()
    by_service: dict[str, _Sums] = {service: _Sums() for service in services}
    by_interval: list[tuple[Interval, Summary]] = []
    for interval in period.intervals():
        sums = _Sums()
        for service, kind, pairs in _load_pairs(tx, services, interval):
            _add(pairs, sums[kind], by_service[service][kind])
        open_cases += sums.change_of_open()
        by_interval.append((interval, sums.summary(open_cases)))
    return FigureReport(
        period=period,
        counted_at=state.at if state is not None and state.is_complete else None,
        by_interval=tuple(by_interval),
        by_service={
            service: sums.summary(open_before[service] + sums.change_of_open())
            for service, sums in by_service.items()
        },
        ages=_load_ages(tx, services),
    )


def _holds(
    services: Collection[str], kinds: Collection[str], *days: ColumnElement[bool]
) -> ColumnElement[bool]:
    return and_(FigureRow.service.in_(services), FigureRow.kind.in_(kinds), *days)


def _load_open_before(tx: Tx, services: Collection[str], first: date) -> Counter[str]:
    """How many cases of each e-service were open when that day began."""
    query = (
        select(FigureRow.service, FigureRow.kind, _NUMBER)
        .where(_holds(services, tuple(_FLOWS), FigureRow.day < first))
        .group_by(FigureRow.service, FigureRow.kind)
    )
    counts = Counter[str]()
    for service, kind, number in tx.conn.execute(query):
        counts[service] += _FLOWS[kind] * int(number)
    return counts


def _load_pairs(
    tx: Tx, services: Collection[str], interval: Interval
) -> Iterator[tuple[str, str, Iterator[int]]]:
    """By e-service and kind: the minutes and the count of each row, one after the other."""
    query = (
        select(FigureRow.service, FigureRow.kind, _PAIRS)
        .where(
            _holds(
                services,
                (*_COUNT_KINDS, *DURATION_KINDS),
                FigureRow.day.between(interval.first, interval.last),
            )
        )
        .group_by(FigureRow.service, FigureRow.kind)
    )
    return (
        (service, kind, iter(json.loads(f"[{pairs}]"))) for service, kind, pairs in tx.conn.execute(query)
    )


def _add(pairs: Iterator[int], of_interval: defaultdict[int, int], of_service: defaultdict[int, int]) -> None:
    for minutes, count in zip(pairs, pairs, strict=True):
        of_interval[minutes] += count
        of_service[minutes] += count


def _load_ages(tx: Tx, services: Collection[str]) -> Mapping[date, int]:
    query = (
        select(FigureRow.day, _NUMBER)
        .where(_holds(services, ("open",)), FigureRow.count != 0)
        .group_by(FigureRow.day)
    )
    return {day: int(number) for day, number in tx.conn.execute(query)}
