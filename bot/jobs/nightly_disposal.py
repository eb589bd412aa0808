"""Gallring: the list ahead, and the disposal of what is due, each night."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import structlog

from bot.catalog.services import EService
from bot.domain.notices import PostsRemoval
from bot.domain.retention import DisposeCase, rule_digest
from bot.domain.retention_plan import RulePlan
from bot.jobs.deleted_cases import dispose_deleted
from bot.jobs.dependencies import JobDependencies
from bot.jobs.disposal_transaction import Approval, dispose_together, sweep_searches
from bot.jobs.maintenance import scrub_index
from bot.jobs.sweeping import remove_disposed_files, remove_exported_files
from bot.store import Tx
from bot.store.cases import content_places, system_queries
from bot.store.engine import idempotency, job_leases
from bot.store.engine.locking import lock_cases
from bot.store.outbox import card_places, deliveries, officer_notices
from bot.store.retention import listing, protocol, rules
from bot.text.working_days import local_day

log = structlog.get_logger()

MAX_CASES = 10
"""Cases that are disposed of in one transaction, since other writes wait for it."""

MAX_THREADS = 200
"""Cases whose threads are looked through again in one night."""

LOOK_AGAIN_AFTER = timedelta(hours=12)


async def dispose(deps: JobDependencies) -> None:
    """List what is to be disposed of, tell the coordinators, and dispose of what is due and approved.

    What a process that was killed has left is done by the next run: each case, with its line of the protocol, is one
    transaction's, and bytes are found by their rows.
    """
    catalog = deps.service.catalog
    await deps.service.database.write(lambda tx: listing.remove_of_others(tx, list(catalog.services)))
    disposed = 0
    for service in catalog.services.values():
        await _list_ahead(deps, service)
        disposed += await _dispose_due(deps, service)
    await dispose_deleted(deps)
    await deps.service.database.write(lambda tx: look_for_remaining(tx, deps))
    await remove_traces(deps)
    if disposed:
        log.info("cases_disposed", cases=disposed)


async def remove_traces(deps: JobDependencies) -> None:
    """Remove what erased rows leave behind: bytes of files, exported files, and old pages of the database."""
    await remove_disposed_files(deps)
    await remove_exported_files(deps)
    await scrub_index(deps)
    has_erased = await deps.service.database.read(_has_erased)
    await deps.service.database.scrub(rewrites=has_erased)


def _has_erased(tx: Tx) -> bool:
    """Whether a case was disposed of since this job was last finished: now, or by a run that was killed."""
    last_disposal, finished = protocol.find_last_run(tx), job_leases.find_last_finish(tx, "dispose")
    return last_disposal is not None and (finished is None or last_disposal >= local_day(finished))


def look_for_remaining(tx: Tx, deps: JobDependencies) -> None:
    """Look again for colleagues' replies that were still in threads of disposed cases."""
    now = deps.service.clock()
    ids = card_places.list_cases_with_remaining(tx, now - LOOK_AGAIN_AFTER, MAX_THREADS)
    lock_cases(tx, ids)
    for case_id in ids:
        case = system_queries.load_case(tx, case_id)
        if case is not None:
            deliveries.enqueue(tx, case, [(case.seq, PostsRemoval())], now)


async def _list_ahead(deps: JobDependencies, service: EService) -> None:
    """Bring the e-service's list up to date, and tell its coordinators of what is new on it."""
    database, now = deps.service.database, deps.service.clock()
    today, keeps = local_day(now), service.retention.keep
    digest = "" if keeps else rule_digest(service.key, service.retention)
    await database.write(lambda tx: listing.remove_outdated(tx, service.key, digest, today))
    if keeps:
        return
    await database.write(lambda tx: rules.save_seen(tx, service, now))
    after: listing.Position | None = None
    while True:
        after = await database.write(partial(_list_page, service=service, today=today, after=after))
        if after is None:
            break
    await database.write(lambda tx: _notify_coordinators(tx, deps, service))
    deps.service.wake()


def _list_page(
    tx: Tx, service: EService, today: date, after: listing.Position | None
) -> listing.Position | None:
    return listing.list_page(tx, service, today, after)


def _notify_coordinators(tx: Tx, deps: JobDependencies, service: EService) -> None:
    new = listing.mark_announced(tx, service.key)
    if new is not None:
        count, first = new
        plan = rules.load_plan(tx, deps.service.catalog, service, local_day(deps.service.clock()))
        _enqueue_notice(tx, deps, plan, count, first)


def remind_of_rule(tx: Tx, deps: JobDependencies, service: EService) -> None:
    """Tell the e-service's coordinators again, once a week, of a list that waits for one of them."""
    if service.retention.keep:
        return
    plan = rules.load_plan(tx, deps.service.catalog, service, local_day(deps.service.clock()))
    week = _week_key(plan, local_day(deps.service.clock()))
    if plan.awaits and plan.first_due_on is not None and not idempotency.find_existing(tx, [week]):
        _enqueue_notice(tx, deps, plan, plan.listed, plan.first_due_on)


def _enqueue_notice(tx: Tx, deps: JobDependencies, plan: RulePlan, count: int, first: date) -> None:
    """Tell the coordinators of so many listed cases, the first of them due on that day, and remember that they know."""
    now, service = deps.service.clock(), plan.service
    about = {"service": service.key, "count": count, "day": first.isoformat(), "awaits": plan.awaits}
    officers = deps.service.catalog.coordinators_of(service.key, local_day(now))
    officer_notices.enqueue_retention_notice(tx, [one.key for one in officers], about, now)
    idempotency.save_if_new(tx, _week_key(plan, local_day(now)), {"told": True}, now)


def _week_key(plan: RulePlan, day: date) -> str:
    """The key under which it is stored that coordinators were told in the week (ISO 8601) of what the rule awaits."""
    year, week, _ = day.isocalendar()
    return f"retention/{plan.digest}/{plan.awaits}/{year}-{week}"


async def _dispose_due(deps: JobDependencies, service: EService) -> int:
    """Dispose of the e-service's due cases, if its rule is approved and they are not too many. Returns how many."""
    database, today = deps.service.database, local_day(deps.service.clock())
    catalog = deps.service.catalog
    plan = await database.read(lambda tx: rules.load_plan(tx, catalog, service, today))
    if service.retention.keep or not plan.due or not plan.is_ready:
        if plan.due:
            log.warning(
                "retention_waits", service=service.key, cases=plan.due, approved=bool(plan.approved_at)
            )
        return 0
    disposed, after = 0, ""
    await sweep_searches(deps.service)
    find = partial(listing.find_due, digest=plan.digest, today=today, limit=MAX_CASES)
    while ids := await database.read(partial(find, after=after)):
        disposed += await deps.service.write_again(partial(_dispose_some, deps=deps, plan=plan, ids=ids))
        deps.service.wake()
        after = ids[-1]
    await database.write(lambda tx: rules.end_confirmation(tx, plan.digest))
    return disposed


def _dispose_some(tx: Tx, deps: JobDependencies, plan: RulePlan, ids: list[str]) -> int:
    """Dispose of those cases that nothing works with, each with its line of the protocol."""
    run = local_day(deps.service.clock())
    lock_cases(tx, ids)
    in_use = content_places.find_in_use(tx, ids)
    free = [case_id for case_id in ids if case_id not in in_use]
    commands = [DisposeCase(case_id=case_id, run=run, digest=plan.digest) for case_id in free]
    disposed = dispose_together(tx, deps.service, commands, Approval(run, plan.digest, plan.approved_by))
    # Of those that were refused, what has changed is looked at anew the next night.
    listing.remove(tx, free)
    return disposed
