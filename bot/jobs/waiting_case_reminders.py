"""What is told of cases that wait: to channels and coordinators on working mornings, and of messages during the day."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial

from bot.catalog.services import EService
from bot.domain.absence import list_coordinators_present
from bot.domain.notices import OfficerNotice
from bot.domain.office_hours import subtract_working_time
from bot.jobs.dependencies import JobDependencies
from bot.jobs.nightly_disposal import remind_of_rule
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.engine import idempotency
from bot.store.engine.locking import lock_cases
from bot.store.lists import morning_counts
from bot.store.lists.morning_counts import MorningCounts
from bot.store.officers import absences
from bot.store.outbox import deliveries, officer_notices
from bot.text.working_days import at_local_time, is_working_day, local_day, start_of_day, working_day_before

UNREAD_FOR = timedelta(hours=4)
"""Working hours after which coordinators are told of an applicant's message in a case that nobody has."""

LOOKED_BACK = timedelta(days=7)
"""How old a message may be to be told of: the program may have stood still."""


async def send_morning_lines(deps: JobDependencies) -> None:
    """On a working day's morning, once: a line in each channel where cases wait, and notices to coordinators."""
    catalog, now = deps.service.catalog, deps.service.clock()
    day, hours = local_day(now), catalog.municipality.hours
    is_morning = at_local_time(day, hours.morning) <= now < at_local_time(day, hours.closes)
    if not is_morning or not is_working_day(day, catalog.closed_days):
        return
    if await deps.service.database.write(lambda tx: _send_lines_once(tx, deps, now)):
        deps.service.wake()


def _send_lines_once(tx: Tx, deps: JobDependencies, now: datetime) -> bool:
    if not idempotency.save_if_new(tx, f"morning/{local_day(now)}", {"told": True}, now):
        return False
    catalog = deps.service.catalog
    by_channel: dict[str, list[EService]] = {}
    for service in catalog.services.values():
        channel = catalog.channel_of(service)
        if service.notices.morning and channel is not None:
            by_channel.setdefault(channel, []).append(service)
        _notify_coordinators(tx, deps, service, now)
        remind_of_rule(tx, deps, service)
    for services in by_channel.values():
        counts = sum((_count(tx, deps, service, now) for service in services), MorningCounts())
        if counts:
            officer_notices.enqueue_morning_line(tx, services[0].key, asdict(counts), now)
    return True


def _count(tx: Tx, deps: JobDependencies, service: EService, now: datetime) -> MorningCounts:
    catalog, today = deps.service.catalog, local_day(now)
    yesterday = working_day_before(today, 1, catalog.closed_days)
    return morning_counts.count_for_morning(
        tx,
        service.key,
        new_since=at_local_time(yesterday, catalog.municipality.hours.morning),
        unassigned_before=_received_before(deps, today, service.notices.unhandled_days),
        today=today,
    )


def _received_before(deps: JobDependencies, today: date, days: int) -> datetime:
    """The end of the day since which that many working days have passed."""
    last = working_day_before(today, days, deps.service.catalog.closed_days)
    return start_of_day(last + timedelta(days=1))


def _notify_coordinators(tx: Tx, deps: JobDependencies, service: EService, now: datetime) -> None:
    """Tell the e-service's coordinators of cases that are unassigned for twice as long as the channel waits."""
    today = local_day(now)
    days = 2 * service.notices.unhandled_days
    count = morning_counts.count_unassigned(tx, service.key, _received_before(deps, today, days))
    if count:
        away = absences.load_absences(tx, today)
        recipients = list_coordinators_present(service.key, away, deps.service.catalog, today)
        about = {"service": service.key, "count": count, "days": days}
        officer_notices.enqueue_unassigned_notice(tx, recipients, about, now)


async def notify_of_unread(deps: JobDependencies) -> None:
    """Tell coordinators, once for each message, of an applicant who has waited for hours in a case that nobody has."""
    service, now = deps.service, deps.service.clock()
    last = subtract_working_time(now, UNREAD_FOR, service.catalog)
    keys = tuple(service.catalog.services)
    found = await service.database.read(
        lambda tx: morning_counts.find_unread_unassigned(tx, keys, now - LOOKED_BACK, last)
    )
    for case_id, written_at in found:
        tell = partial(_notify_of_unread, deps=deps, case_id=case_id, written_at=written_at)
        await service.database.write(tell)


def _notify_of_unread(tx: Tx, deps: JobDependencies, case_id: str, written_at: datetime) -> None:
    now, key = deps.service.clock(), f"unread/{case_id}/{written_at.isoformat()}"
    lock_cases(tx, [case_id])
    case = system_queries.load_case(tx, case_id)
    if case is None or case.officers or not idempotency.save_if_new(tx, key, {"told": True}, now):
        return
    coordinators = deps.service.catalog.coordinators_of(case.service, local_day(now))
    notices = [(case.seq, OfficerNotice(one.key, "unread")) for one in coordinators]
    deliveries.enqueue(tx, case, notices, now)
    deps.service.wake()
