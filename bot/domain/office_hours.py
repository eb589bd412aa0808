"""The municipality's working hours, counted backwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.catalog.models import Catalog
from bot.text.working_days import at_local_time, is_working_day, local_day


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
