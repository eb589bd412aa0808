"""Figures of a period, added up for the coordinators of e-services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.case_figures import DURATION_KINDS, CountKind, DurationKind, group_middle
from bot.domain.rules import Refused

IntervalUnit = Literal["month", "week"]

MAX_INTERVALS = 60
"""Months or weeks of a period at most: five years, or fourteen months in weeks."""

AGE_LIMITS = (7, 30, 90, 180, 365)
"""Days: the last age of each group of open cases but the oldest."""


class NotACoordinator(Refused):
    """The officer coordinates no e-service, so there are no figures for them."""

    key = "no.figures"


class PeriodTooLong(Refused):
    """The period has more than `n` months or weeks."""

    key = "no.figures.long"


class PeriodBackwards(Refused):
    """The period's first day is after its last, or after today."""

    key = "no.figures.backwards"


@dataclass(frozen=True, slots=True)
class Interval:
    """A month or a week, or the part of it that is in the period; both days included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class FigurePeriod:
    """The days that figures are about, both included, by month or by week (from Monday)."""

    first: date
    last: date
    unit: IntervalUnit

    def intervals(self) -> Iterator[Interval]:
        first = self.first
        while first <= self.last:
            following = _next_start(first, self.unit)
            yield Interval(first, min(following - timedelta(days=1), self.last))
            first = following


def interval_of(day: date, unit: IntervalUnit) -> Interval:
    """The whole month or week that the day is in."""
    first = day.replace(day=1) if unit == "month" else day - timedelta(days=day.weekday())
    return Interval(first, _next_start(first, unit) - timedelta(days=1))


def _next_start(day: date, unit: IntervalUnit) -> date:
    if unit == "week":
        return day + timedelta(days=7 - day.weekday())
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def make_period(first: date, last: date, unit: IntervalUnit, today: date) -> FigurePeriod:
    """The period, at most until today. Raises PeriodBackwards and PeriodTooLong."""
    period = FigurePeriod(first, min(last, today), unit)
    if period.first > period.last:
        raise PeriodBackwards
    # Counted before any is made: the years of a period may be thousands.
    if (period.last - period.first).days > MAX_INTERVALS * (31 if unit == "month" else 7):
        raise PeriodTooLong(n=MAX_INTERVALS)
    return period


def last_months(months: int, today: date) -> FigurePeriod:
    """The current month and those before it, so many in all."""
    place = today.year * 12 + today.month - months
    return FigurePeriod(date(place // 12, place % 12 + 1, 1), today, "month")


def last_weeks(weeks: int, today: date) -> FigurePeriod:
    """The current week and those before it, so many in all."""
    return FigurePeriod(today - timedelta(days=today.weekday() + 7 * (weeks - 1)), today, "week")


@dataclass(frozen=True, slots=True)
class Durations:
    """How many durations there were in each group (`group_duration`, in minutes)."""

    groups: Mapping[int, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return sum(self.groups.values())

    def quantile(self, share: float) -> int | None:
        """The least duration, in minutes, that so large a share do not exceed; None without any.

        At most 0.8 % from the exact one, by its group.
        """
        rank, seen = share * self.number, 0
        for group in sorted(self.groups):
            seen += self.groups[group]
            if self.groups[group] and seen >= rank:
                return group_middle(group)
        return None


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of an interval, or of an e-service: counts and durations by kind, and the open cases at its end."""

    counts: Mapping[CountKind, int] = field(default_factory=dict)
    durations: Mapping[DurationKind, Durations] = field(default_factory=dict)
    open_at_end: int = 0

    def count(self, kind: CountKind) -> int:
        return self.counts.get(kind, 0)

    def duration(self, kind: DurationKind) -> Durations:
        return self.durations.get(kind, Durations())

    def per_closed(self, kind: CountKind) -> float | None:
        """So many of the kind for each closed case; None where none was closed."""
        closed = self.count("closed")
        return self.count(kind) / closed if closed else None


def add_summaries(summaries: Collection[Summary]) -> Summary:
    """The figures of several e-services together."""
    counts = Counter[CountKind]()
    for one in summaries:
        counts.update(one.counts)
    durations = {kind: _add_durations(one.duration(kind) for one in summaries) for kind in DURATION_KINDS}
    return Summary(counts, durations, sum(one.open_at_end for one in summaries))


def _add_durations(several: Iterable[Durations]) -> Durations:
    groups = Counter[int]()
    for one in several:
        groups.update(one.groups)
    return Durations(groups)


@dataclass(frozen=True, slots=True)
class OverdueCases:
    """How many open cases are overdue today: by either due day, by the case's own, and by that of its status."""

    overdue: int = 0
    overdue_case: int = 0
    overdue_step: int = 0

    def plus(self, other: OverdueCases) -> OverdueCases:
        """Those of both."""
        return OverdueCases(
            self.overdue + other.overdue,
            self.overdue_case + other.overdue_case,
            self.overdue_step + other.overdue_step,
        )


@dataclass(frozen=True, slots=True)
class FigureReport:
    """The figures of some e-services in a period.

    By interval in their order, by e-service (its key), and of today, whatever the period: `ages`, the open cases by the
    day of their receipt, `overdue_now` by e-service, of those that have such cases, and `unassigned_now`, the open
    cases that no officer has. `counted_at` is when the log was last counted; None where it has not been counted to its
    end yet.
    """

    period: FigurePeriod
    counted_at: datetime | None
    by_interval: tuple[tuple[Interval, Summary], ...]
    by_service: Mapping[str, Summary]
    ages: Mapping[date, int]
    overdue_now: Mapping[str, OverdueCases] = field(default_factory=dict)
    unassigned_now: int = 0

    @property
    def total(self) -> Summary:
        return add_summaries(tuple(self.by_service.values()))

    def count_by_age(self, today: date) -> list[int]:
        """The open cases by the days since their receipt: up to each of AGE_LIMITS, and older."""
        counts = [0] * (len(AGE_LIMITS) + 1)
        for day, count in self.ages.items():
            counts[sum((today - day).days > limit for limit in AGE_LIMITS)] += count
        return counts


def coordinated_services(officer: Officer, catalog: Catalog) -> tuple[str, ...]:
    """The e-services whose figures the officer may see, by key: those that they coordinate today."""
    return tuple(
        key for key in catalog.services if (access := officer.access.get(key)) and access.coordinator
    )
