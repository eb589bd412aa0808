"""The municipality's working hours: counted backwards, and when the office opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.catalog.models import Catalog
from bot.text.working_days import add_working_days, at_local_time, is_working_day, local_day


@dataclass(frozen=True, slots=True)
class Opening:
    """When the office opens on working days: the time of day in Sweden, and the days on which it is closed besides."""

    hour: time = time(8)
    closed_days: frozenset[date] = frozenset()

    @classmethod
    def from_catalog(cls, catalog: Catalog) -> Opening:
        """That of the municipality."""
        return cls(catalog.municipality.hours.opens, catalog.closed_days)

    def first_from(self, day: date) -> datetime:
        """When the office opens on the day, or on the first working day after it; aware UTC."""
        return at_local_time(add_working_days(day, 0, self.closed_days), self.hour)


def subtract_working_time(now: datetime, span: timedelta, catalog: Catalog) -> datetime:
    """The moment since which that much of the municipality's working hours has passed; aware UTC."""
    hours, day = catalog.municipality.hours, local_day(now)
    while True:
        opens, closes = at_local_time(day, hours.opens), at_local_time(day, hours.closes)
        passed = min(now, closes) - opens
        if is_working_day(day, catalog.closed_days) and passed > timedelta(0):
            if passed >= span:
                return opens + passed - span
            span -= passed
        day -= timedelta(days=1)
