"""What is read of the figures is what one finds by going through every case by hand."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from bot.domain.case_figures import RULES_VERSION, FigureKey, group_duration
from bot.domain.figures import FigurePeriod, Interval, last_months, last_weeks
from bot.store import Database, Tx
from bot.store.figures import sums
from bot.store.figures.reading import load_report
from bot.store.tables import FigureRow, FigureStateRow
from tests.store.figures.figure_counting import make_sums

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
SERVICES = ("bygglov", "parkering", "oro")


@dataclass(frozen=True)
class PlainCase:
    """A case in days and minutes, as one would note it on paper."""

    service: str
    received_on: date
    closed_on: date | None
    minutes: int


@pytest.fixture
def cases(database: Database) -> list[PlainCase]:
    chance = random.Random(7)
    cases = []
    for _ in range(600):
        received_on = TODAY - timedelta(days=chance.randrange(700))
        days = chance.choice((0, 1, 20, 400, 9_999))
        closed_on = received_on + timedelta(days=days)
        minutes = int(10 ** (chance.random() * 6))
        cases.append(
            PlainCase(
                chance.choice(SERVICES), received_on, closed_on if closed_on <= TODAY else None, minutes
            )
        )
    rows = [{**key._asdict(), "count": count} for key, count in _figures(cases).items()]
    database.write_sync(lambda tx: tx.conn.execute(insert(FigureRow), rows))
    return cases


def _figures(cases: list[PlainCase]) -> Counter[FigureKey]:
    counts = Counter[FigureKey]()
    for case in cases:
        counts[FigureKey(case.service, "received", case.received_on)] += 1
        if case.closed_on is None:
            counts[FigureKey(case.service, "open", case.received_on)] += 1
            continue
        counts[FigureKey(case.service, "closed", case.closed_on)] += 1
        counts[FigureKey(case.service, "sent", case.closed_on)] += 3
        counts[FigureKey(case.service, "to_close", case.closed_on, group_duration(case.minutes))] += 1
    return counts


PERIODS = {
    "a year by months": last_months(12, TODAY),
    "a quarter by weeks": last_weeks(13, TODAY),
    "some days": FigurePeriod(date(2026, 3, 14), date(2026, 5, 2), "month"),
}


@pytest.mark.parametrize("name", PERIODS)
def test_each_month_and_week_is_as_counted_by_hand(
    database: Database, cases: list[PlainCase], name: str
) -> None:
    period = PERIODS[name]
    for services in (SERVICES, ("oro",)):
        report = database.read_sync(lambda tx, s=services: load_report(tx, s, period, TODAY))
        known = [case for case in cases if case.service in services]
        assert report.by_interval[0][0].first == period.first
        assert report.by_interval[-1][0].last == period.last
        for interval, summary in report.by_interval:
            closed = [case for case in known if case.closed_on and _is_in(case.closed_on, interval)]
            received = [case for case in known if _is_in(case.received_on, interval)]
            assert (summary.count("received"), summary.count("closed")) == (len(received), len(closed))
            assert summary.per_closed("sent") == (3.0 if closed else None)
            assert summary.open_at_end == sum(
                case.received_on <= interval.last and not (case.closed_on and case.closed_on <= interval.last)
                for case in known
            )
            for share in (0.5, 0.9):
                found = summary.duration("to_close").quantile(share)
                assert _is_near(found, sorted(case.minutes for case in closed), share)


def _is_in(day: date, interval: Interval) -> bool:
    return interval.first <= day <= interval.last


def _is_near(found: int | None, exact: list[int], share: float) -> bool:
    if not exact:
        return found is None
    rank = exact[math.ceil(share * len(exact)) - 1]
    return found is not None and abs(found - rank) <= rank / 128 + 0.5


def test_e_services_and_ages_add_up_to_the_whole(database: Database, cases: list[PlainCase]) -> None:
    period = PERIODS["a year by months"]
    report = database.read_sync(lambda tx: load_report(tx, SERVICES, period, TODAY))
    open_now = [case for case in cases if case.closed_on is None]
    assert report.total.open_at_end == report.by_interval[-1][1].open_at_end == len(open_now)
    assert sum(report.count_by_age(TODAY)) == len(open_now)
    assert report.count_by_age(TODAY)[0] == sum((TODAY - case.received_on).days <= 7 for case in open_now)
    for service in SERVICES:
        known = [case for case in cases if case.service == service]
        assert report.by_service[service].open_at_end == sum(case.closed_on is None for case in known)
        minutes = sorted(
            case.minutes
            for case in known
            if case.closed_on is not None and period.first <= case.closed_on <= period.last
        )
        to_close = report.by_service[service].duration("to_close")
        assert report.by_service[service].count("closed") == to_close.number == len(minutes)
        assert all(_is_near(to_close.quantile(share), minutes, share) for share in (0.5, 0.9))
        assert report.by_service[service].count("received") == sum(
            period.first <= case.received_on <= period.last for case in known
        )


def test_figures_that_are_being_counted_from_the_beginning_say_so(database: Database) -> None:
    """Nobody is to take half of the figures for all of them."""
    state = {"id": 1, "version": RULES_VERSION, "event": 5, "hash": "", "at": NOW}
    read = lambda: database.read_sync(lambda tx: load_report(tx, SERVICES, PERIODS["some days"], TODAY))  # noqa: E731
    assert read().counted_at is None
    database.write_sync(lambda tx: tx.conn.execute(insert(FigureStateRow), [state | {"counted_case": "a"}]))
    assert read().counted_at is None
    database.write_sync(
        lambda tx: tx.conn.execute(FigureStateRow.__table__.update().values(counted_case=None))
    )
    assert read().counted_at == NOW


def test_each_row_is_read_once_and_of_months_that_are_over_none(
    database: Database, cases: list[PlainCase]
) -> None:
    """A year of a large town has more than a million."""
    asked: list[Any] = []
    watch = lambda conn, cursor, statement, parameters, *_: asked.append(str(parameters))  # noqa: E731
    period = PERIODS["a year by months"]

    def read(tx: Tx) -> None:
        event.listen(tx.conn, "before_cursor_execute", watch)
        load_report(tx, SERVICES, period, TODAY)
        event.remove(tx.conn, "before_cursor_execute", watch)

    database.read_sync(read)
    months = len(list(period.intervals()))
    assert (_count_reads(asked, "to_close"), _count_reads(asked, "received")) == (months, months + 1)
    asked.clear()
    state = {"id": 1, "version": RULES_VERSION, "event": 5, "hash": "", "at": NOW}
    database.write_sync(lambda tx: tx.conn.execute(insert(FigureStateRow), [state]))
    database.write_sync(lambda tx: sums.forget(tx, _figures(cases)))
    make_sums(database, TODAY)
    database.read_sync(read)
    # The days of the current month, and those before the year for what was open then.
    assert (_count_reads(asked, "to_close"), _count_reads(asked, "received")) == (1, 2)


def _count_reads(asked: list[str], kind: str) -> int:
    return sum(kind in parameters for parameters in asked)
