"""Reading of the figures of a period."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, get_args

from sqlalchemy import ColumnElement, and_, func, select

from bot.domain.case_figures import DURATION_KINDS, CountKind, DurationKind
from bot.domain.figures import Durations, FigurePeriod, FigureReport, Interval, Summary
from bot.store.engine.database import Tx
from bot.store.figures import counting
from bot.store.tables import FigureRow

_COUNT_KINDS = tuple(kind for kind in get_args(CountKind) if kind != "open")

_FLOWS = {"received": 1, "closed": -1, "reopened": 1}
"""What each adds to the number of open cases."""

_NUMBER = func.sum(FigureRow.count).label("number")


def load_report(tx: Tx, services: Collection[str], period: FigurePeriod) -> FigureReport:
    """The figures of the e-services in the period, as far as the log has been counted."""
    state = counting.load_state(tx)
    by_service = _load_by_service(tx, services, period)
    return FigureReport(
        period=period,
        counted_at=state.at if state is not None and state.is_complete else None,
        by_interval=tuple(_load_by_interval(tx, services, period)),
        by_service={service: by_service.get(service, Summary()) for service in services},
        ages=_load_ages(tx, services),
    )


def _holds(
    services: Collection[str], kinds: Collection[str], *days: ColumnElement[bool]
) -> ColumnElement[bool]:
    return and_(FigureRow.service.in_(services), FigureRow.kind.in_(kinds), *days)


def _within(first: date, last: date) -> ColumnElement[bool]:
    return FigureRow.day.between(first, last)


def _load_by_service(tx: Tx, services: Collection[str], period: FigurePeriod) -> dict[str, Summary]:
    query = (
        select(FigureRow.service, FigureRow.kind, FigureRow.minutes, _NUMBER)
        .where(_holds(services, (*_COUNT_KINDS, *DURATION_KINDS), _within(period.first, period.last)))
        .group_by(FigureRow.service, FigureRow.kind, FigureRow.minutes)
    )
    rows: dict[str, list[Any]] = defaultdict(list)
    for service, *row in tx.conn.execute(query):
        rows[service].append(row)
    open_cases = _load_open(tx, services, period.last)
    return {key: _summary(rows[key], open_cases[key]) for key in rows.keys() | open_cases.keys()}


def _load_open(tx: Tx, services: Collection[str], last: date) -> Counter[str]:
    """How many cases of each e-service were open at the end of that day."""
    query = (
        select(FigureRow.service, FigureRow.kind, _NUMBER)
        .where(_holds(services, tuple(_FLOWS), FigureRow.day <= last))
        .group_by(FigureRow.service, FigureRow.kind)
    )
    counts = Counter[str]()
    for service, kind, number in tx.conn.execute(query):
        counts[service] += _FLOWS[kind] * number
    return counts


def _load_by_interval(
    tx: Tx, services: Collection[str], period: FigurePeriod
) -> Iterable[tuple[Interval, Summary]]:
    open_cases: int | None = None
    for interval in period.intervals():
        query = (
            select(FigureRow.kind, FigureRow.minutes, _NUMBER)
            .where(_holds(services, (*_COUNT_KINDS, *DURATION_KINDS), _within(interval.first, interval.last)))
            .group_by(FigureRow.kind, FigureRow.minutes)
        )
        rows = tx.conn.execute(query).all()
        if open_cases is None:
            open_cases = _load_open(tx, services, interval.last).total()
        else:
            open_cases += sum(_FLOWS.get(kind, 0) * number for kind, _, number in rows)
        yield interval, _summary(rows, open_cases)


def _summary(rows: Iterable[Any], open_at_end: int) -> Summary:
    """The summary of rows (kind, minutes, number)."""
    counts = Counter[CountKind]()
    groups: dict[DurationKind, dict[int, int]] = defaultdict(dict)
    for kind, minutes, number in rows:
        if kind in DURATION_KINDS:
            groups[kind][minutes] = int(number)
        else:
            counts[kind] += int(number)
    return Summary(counts, {kind: Durations(of_kind) for kind, of_kind in groups.items()}, int(open_at_end))


def _load_ages(tx: Tx, services: Collection[str]) -> Mapping[date, int]:
    query = (
        select(FigureRow.day, _NUMBER)
        .where(_holds(services, ("open",)), FigureRow.count != 0)
        .group_by(FigureRow.day)
    )
    return {day: int(number) for day, number in tx.conn.execute(query)}
