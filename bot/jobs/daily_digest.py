"""Din dag: what each officer who wants it is told of on a working day's morning."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial

from bot.jobs.dependencies import JobDependencies
from bot.service.officers import load_officer
from bot.store import Tx
from bot.store.engine import idempotency
from bot.store.lists.day_counts import count_day, find_stopped
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers import absences, drafts, preferences
from bot.store.outbox import officer_notices
from bot.text.working_days import at_local_time, is_working_day, local_day, working_day_before


async def send_daily_digests(deps: JobDependencies) -> None:
    """On a working day's morning, once: a private message to each officer who wants it and has something to do."""
    service, now = deps.service, deps.service.clock()
    day, hours = local_day(now), service.catalog.municipality.hours
    is_morning = at_local_time(day, hours.morning) <= now < at_local_time(day, hours.closes)
    if not is_morning or not is_working_day(day, service.catalog.closed_days):
        return
    officers = await service.database.read(preferences.list_wanting_day)
    if not officers:
        return
    since = _since(deps, now)
    stopped = await service.database.read(lambda tx: find_stopped(tx, since, tuple(service.catalog.services)))
    for key in officers:
        send = partial(_send_digest_once, deps=deps, key=key, stopped=stopped.get(key, []))
        if await service.database.write(send):
            service.wake()


def _since(deps: JobDependencies, now: datetime) -> datetime:
    """The last working day's morning, up to which the last summary told."""
    catalog = deps.service.catalog
    yesterday = working_day_before(local_day(now), 1, catalog.closed_days)
    return at_local_time(yesterday, catalog.municipality.hours.morning)


def _send_digest_once(tx: Tx, deps: JobDependencies, key: str, stopped: list[str]) -> bool:
    """Enqueue the officer's message. False where they have had it today, are away, or have nothing to do."""
    catalog, now = deps.service.catalog, deps.service.clock()
    day = local_day(now)
    officer = load_officer(tx, catalog, key, day)
    if officer is None or absences.load_absences(tx, day).is_absent(key):
        return False
    if not idempotency.save_if_new(tx, f"day/{key}/{day}", {"told": True}, now):
        return False
    counts = asdict(count_day(tx, ListContext(officer, now, catalog), _since(deps, now)))
    counts["stopped"] = len(stopped)
    if any(counts.values()):
        unsent = drafts.list_unsent(tx, officer, stopped) if stopped else []
        officer_notices.enqueue_day(
            tx, key, {"counts": counts, "unsent": [asdict(one) for one in unsent]}, now
        )
    return any(counts.values())
