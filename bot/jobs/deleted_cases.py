"""The end of deleted cases: they are disposed of when they can no longer be restored."""

from __future__ import annotations

from functools import partial

import structlog

from bot.domain.actors import Machine
from bot.domain.deletion import DisposeDeletedCase
from bot.domain.rules import Refused
from bot.jobs.dependencies import JobDependencies
from bot.store import Tx
from bot.store.cases import content_places, system_queries
from bot.store.engine.locking import lock_cases
from bot.store.retention import protocol, rules
from bot.store.retention.protocol import Disposal
from bot.text.working_days import local_day

log = structlog.get_logger()

MAX_CASES = 10
"""Cases that are disposed of in one transaction, since other writes wait for it."""

CLOCK = Machine("clock")


async def dispose_deleted(deps: JobDependencies) -> int:
    """Dispose of deleted cases whose days are over, each by an event of its log. Returns how many.

    Those of e-services that are not in the catalog wait, and so does one that something works with.
    """
    today, disposed, after = local_day(deps.service.clock()), 0, ""
    await deps.service.database.write(lambda tx: rules.save_deletion_rule(tx, deps.service.clock()))
    find = partial(system_queries.find_deleted_due, today=today, limit=MAX_CASES)
    while ids := await deps.service.database.read(partial(find, after=after)):
        disposed += await deps.service.write_again(partial(_dispose_some, deps=deps, ids=ids))
        deps.service.wake()
        after = ids[-1]
    if disposed:
        log.info("deleted_cases_disposed", cases=disposed)
    return disposed


def _dispose_some(tx: Tx, deps: JobDependencies, ids: list[str]) -> int:
    run, disposed = local_day(deps.service.clock()), 0
    lock_cases(tx, ids)
    for case_id in ids:
        case = system_queries.load_case(tx, case_id)
        is_served = case is not None and deps.service.catalog.service(case.service) is not None
        if not is_served or content_places.is_in_use(tx, case_id):
            continue
        command = DisposeDeletedCase(case_id=case_id, run=run)
        counts = protocol.count_contents(tx, case_id)
        if not isinstance(deps.service.perform_in_transaction(tx, command, CLOCK), Refused):
            protocol.save_line(tx, Disposal(case_id, run, rules.DELETED_DIGEST), counts)
            disposed += 1
    return disposed
