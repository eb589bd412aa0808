"""Disposal of deleted cases that can no longer be restored."""

from __future__ import annotations

from functools import partial

import structlog

from bot.domain.deletion import DisposeDeletedCase
from bot.jobs.dependencies import JobDependencies
from bot.jobs.disposal_transaction import Approval, dispose_together, sweep_searches
from bot.store import Tx
from bot.store.cases import content_places, system_queries
from bot.store.engine.locking import lock_cases
from bot.store.retention import rules
from bot.text.working_days import local_day

log = structlog.get_logger()

MAX_CASES = 10
"""Cases that are disposed of in one transaction, since other writes wait for it."""


async def dispose_deleted(deps: JobDependencies) -> int:
    """Dispose of deleted cases that can no longer be restored, each by an event of its log. Returns how many.

    Those of e-services that are not in the catalog wait, and so does one that something works with.
    """
    today, disposed, after = local_day(deps.service.clock()), 0, ""
    await deps.service.database.write(lambda tx: rules.save_deletion_rule(tx, deps.service.clock()))
    find = partial(system_queries.find_deleted_due, today=today, limit=MAX_CASES)
    if await deps.service.database.read(partial(find, after=after)):
        await sweep_searches(deps.service)
    while ids := await deps.service.database.read(partial(find, after=after)):
        disposed += await deps.service.write_again(partial(_dispose_some, deps=deps, ids=ids))
        deps.service.wake()
        after = ids[-1]
    if disposed:
        log.info("deleted_cases_disposed", cases=disposed)
    return disposed


def _dispose_some(tx: Tx, deps: JobDependencies, ids: list[str]) -> int:
    run = local_day(deps.service.clock())
    lock_cases(tx, ids)
    in_use = content_places.find_in_use(tx, ids)
    # Of an e-service that is not in the catalog each is refused.
    commands = [DisposeDeletedCase(case_id=one, run=run) for one in ids if one not in in_use]
    return dispose_together(tx, deps.service, commands, Approval(run, rules.DELETED_DIGEST))
