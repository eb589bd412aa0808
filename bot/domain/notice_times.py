"""When an officer's private notices are sent: not in quiet hours, and in the morning for those who want that."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from bot.catalog.models import Catalog
from bot.domain.notice_reasons import NoticeReason
from bot.domain.preferences import Preferences
from bot.text.working_days import at_local_time, is_working_day, local_day

QUIET_UNTIL, QUIET_FROM = time(8), time(17)
"""The hours of a working day between which notices are sent to those who want quiet; Swedish time."""


def notice_time(
    chosen: Preferences,
    reasons: Collection[NoticeReason],
    occurred_at: datetime,
    now: datetime,
    catalog: Catalog,
) -> datetime:
    """When a notice is sent that was due at `occurred_at`; `now` where nothing keeps it back.

    The morning is the municipality's own. A reminder in Slack or by mail comes when the officer has asked for it.
    """
    if chosen.place_of_all(reasons) == "morning":
        morning = catalog.municipality.hours.morning
        return max(now, _next_time(occurred_at, morning, catalog.closed_days))
    if "reminder" in reasons:
        return now
    return _next_loud_time(now, catalog.closed_days) if chosen.is_quiet else now


def _next_loud_time(now: datetime, closed_days: frozenset[date]) -> datetime:
    day = local_day(now)
    opens, ends = at_local_time(day, QUIET_UNTIL), at_local_time(day, QUIET_FROM)
    if is_working_day(day, closed_days) and opens <= now < ends:
        return now
    return _next_time(now, QUIET_UNTIL, closed_days)


def _next_time(after: datetime, hour: time, closed_days: frozenset[date]) -> datetime:
    """The first moment after that at which it is that hour on a working day."""
    day = local_day(after)
    while not is_working_day(day, closed_days) or at_local_time(day, hour) <= after:
        day += timedelta(days=1)
    return at_local_time(day, hour)
