"""Reading of the figures of a period: sums of its months or weeks, and the days of what has none yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import ColumnElement, and_, false, func, select

from bot.domain.case_figures import CountKind
from bot.domain.figures import FigurePeriod, FigureReport, Interval, OverdueCases, Summary
from bot.store.engine.database import Tx
from bot.store.figures import counting, sums
from bot.store.figures.packing import count_packed, unpack
from bot.store.tables import CASE, FigureRow
from bot.store.visibility import IS_PRESENT

_FLOWS: Mapping[CountKind, int] = {"received": 1, "closed": -1, "reopened": 1}
"""What each adds to the number of open cases."""

_NUMBER = func.sum(FigureRow.count).label("number")


def load_report(tx: Tx, services: Collection[str], period: FigurePeriod, today: date) -> FigureReport:
    """The figures of the e-services in the period, as far as the log has been counted, and what is overdue today."""
    state = counting.load_state(tx)
    open_before = _load_open_before(tx, services, period.first)
    open_cases = open_before.total()
    by_service = dict.fromkeys(services, 0)
    by_interval: list[tuple[Interval, Summary]] = []
    for interval, packed_by_service in sums.load(tx, services, period):
        for service, packed in packed_by_service.items():
            by_service[service] += packed
        of_all = sum(packed_by_service.values())
        open_cases += _change_of_open(of_all)
        by_interval.append((interval, unpack(of_all, open_cases)))
    return FigureReport(
        period=period,
        counted_at=state.at if state is not None and state.is_complete else None,
        by_interval=tuple(by_interval),
        by_service={
            service: unpack(packed, open_before[service] + _change_of_open(packed))
            for service, packed in by_service.items()
        },
        ages=_load_ages(tx, services),
        overdue_now=load_overdue(tx, services, today),
        unassigned_now=count_unassigned(tx, services),
    )


def load_overdue(tx: Tx, services: Collection[str], today: date) -> dict[str, OverdueCases]:
    """The open cases with a due day that has passed, by e-service: those of the list of overdue cases."""
    is_overdue = CASE.closed_at.is_(None), CASE.earliest_due_on < today, IS_PRESENT
    query = (
        select(
            CASE.service,
            func.count(),
            func.count().filter(CASE.due_on < today),
            func.count().filter(CASE.step_due_on < today),
        )
        .where(CASE.service.in_(services), *is_overdue)
        .group_by(CASE.service)
    )
    return {service: OverdueCases(*counts) for service, *counts in tx.conn.execute(query)}


def count_unassigned(tx: Tx, services: Collection[str]) -> int:
    """How many open cases of the e-services no officer has now."""
    query = select(func.count()).where(
        CASE.service.in_(services), CASE.closed_at.is_(None), CASE.handled == false(), IS_PRESENT
    )
    return tx.conn.execute(query).scalar_one()


def _change_of_open(packed: int) -> int:
    """How many more cases are open after these figures than before."""
    return sum(sign * count_packed(packed, kind) for kind, sign in _FLOWS.items())


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
    signs = {str(kind): sign for kind, sign in _FLOWS.items()}
    for service, kind, number in tx.conn.execute(query):
        counts[service] += signs[kind] * int(number)
    return counts


def _load_ages(tx: Tx, services: Collection[str]) -> Mapping[date, int]:
    query = (
        select(FigureRow.day, _NUMBER)
        .where(_holds(services, ("open",)), FigureRow.count != 0)
        .group_by(FigureRow.day)
    )
    return {day: int(number) for day, number in tx.conn.execute(query)}
