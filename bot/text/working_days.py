"""Working days: not weekends, Swedish holidays, or the municipality's own closed days."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_SATURDAY = 5
_STOCKHOLM = ZoneInfo("Europe/Stockholm")


def add_working_days(start: date, n: int, closed: frozenset[date] = frozenset()) -> date:
    """The working day `n` working days after `start`; with 0, `start` itself or the next working day."""
    if n < 0:
        raise ValueError("working days are counted forwards")
    day = start
    for _ in range(n):
        day = _first_working_day(day + timedelta(days=1), closed)
    return day if n else _first_working_day(day, closed)


def working_day_before(day: date, n: int, closed: frozenset[date] = frozenset()) -> date:
    """The working day `n` working days before the day."""
    while n:
        day -= timedelta(days=1)
        n -= is_working_day(day, closed)
    return day


def count_working_days(start: date, end: date, closed: frozenset[date] = frozenset()) -> int:
    """How many working days after `start` the working day `end` is: the inverse of `add_working_days`."""
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(is_working_day(day, closed) for day in days)


def add_months(start: date, n: int) -> date:
    """The day `n` months after `start`, or the last of its month where that has no such day (lag 1930:173, 1 §)."""
    year, month = divmod(start.year * 12 + start.month - 1 + n, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def start_of_day(day: date) -> datetime:
    """The first moment of the calendar day in Sweden, aware UTC."""
    return at_local_time(day, time())


def at_local_time(day: date, hour: time) -> datetime:
    """When it is that time on the calendar day in Sweden, aware UTC."""
    return datetime.combine(day, hour, _STOCKHOLM).astimezone(UTC)


def local_time(moment: datetime) -> datetime:
    """The aware time as it is in Sweden."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone has no day: nobody knows where")
    return moment.astimezone(_STOCKHOLM)


def local_day(moment: datetime) -> date:
    """The calendar day in Sweden at an aware time."""
    return local_time(moment).date()


def local_noon(day: date) -> datetime:
    """Noon in Sweden on that day, in UTC."""
    return datetime.combine(day, time(12), _STOCKHOLM).astimezone(UTC)


def is_working_day(day: date, closed: frozenset[date] = frozenset()) -> bool:
    return day.weekday() < _SATURDAY and day not in closed and day not in _holidays(day.year)


def preload(day: date) -> None:
    """Load the holidays of the day's year, so that computing the first due day does not wait for them."""
    _holidays(day.year)


def _first_working_day(day: date, closed: frozenset[date]) -> date:
    while not is_working_day(day, closed):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    # Imported on first use: it loads the calendars of many countries.
    import holidays  # noqa: PLC0415

    # de_facto: Midsummer's, Christmas and New Year's Eve, when offices are closed.
    return frozenset(holidays.country_holidays("SE", years=year, categories=("public", "de_facto")))
