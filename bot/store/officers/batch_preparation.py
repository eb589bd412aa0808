"""Preparation of a batch: its cases are frozen as they are now, until the officer confirms it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from bot.domain.actors import Officer
from bot.domain.lists.batches import UNCONFIRMED_STATES, BatchAction
from bot.store.engine.database import Tx
from bot.store.officers.batch_claims import LEASE
from bot.store.tables import AssigneeRow, BatchCaseRow, BatchRow, CaseRow
from bot.store.visibility import unindexed, visible_to


@dataclass(frozen=True, slots=True)
class Preparation:
    """The right to add a batch's cases, of the process or the request that `runner` names.

    `query` (JSON) finds them; an empty one is for cases that the request names. With an empty `runner` it waits for a
    process.
    """

    batch_id: str
    officer: str
    query: str = ""
    runner: str = ""


def create(tx: Tx, preparation: Preparation, action: BatchAction, now: datetime) -> bool:
    """Begin a batch without cases. False where it was confirmed already.

    One that was not begins anew, with the action given now.
    """
    row = {
        "id": preparation.batch_id,
        "officer": preparation.officer,
        "action": action.model_dump_json(),
        "query": preparation.query,
        "state": "preparing",
        "total": 0,
        "done": 0,
        "skipped": 0,
        "runner": preparation.runner,
        "due_at": now,
        "created_at": now,
        "finished_at": None,
        "channel": "",
        "ts": "",
    }
    return tx.insert_new(BatchRow, row) or _begin_anew(tx, row)


def _begin_anew(tx: Tx, row: Mapping[str, Any]) -> bool:
    """Replace the officer's batch of that id, without its cases. False where it was confirmed."""
    anew = ("action", "query", "state", "total", "runner", "due_at", "created_at")
    unconfirmed = (
        BatchRow.id == row["id"],
        BatchRow.officer == row["officer"],
        BatchRow.state.in_(UNCONFIRMED_STATES),
    )
    changed = {name: row[name] for name in anew}
    if tx.conn.execute(update(BatchRow).where(*unconfirmed).values(changed)).rowcount != 1:
        return False
    tx.conn.execute(delete(BatchCaseRow).where(BatchCaseRow.batch_id == row["id"]))
    return True


def claim_preparation(tx: Tx, runner: str, now: datetime) -> Preparation | None:
    """Take the lease of a batch that waits for its cases; what an earlier process has added is deleted."""
    row = tx.conn.execute(
        select(BatchRow.id, BatchRow.officer, BatchRow.query, BatchRow.due_at)
        .where(BatchRow.state == "preparing", BatchRow.query != "", BatchRow.due_at <= now)
        .where(BatchRow.finished_at.is_(None))
        .order_by(BatchRow.due_at)
        .limit(1)
    ).first()
    if row is None:
        return None
    claimed = tx.conn.execute(
        update(BatchRow)
        .where(BatchRow.id == row.id, BatchRow.due_at == row.due_at, BatchRow.state == "preparing")
        .values(runner=runner, due_at=now + LEASE, total=0)
    )
    if claimed.rowcount != 1:
        return None
    tx.conn.execute(delete(BatchCaseRow).where(BatchCaseRow.batch_id == row.id))
    return Preparation(row.id, row.officer, row.query, runner)


def _prepare(tx: Tx, held: Preparation, **values: Any) -> bool:
    """Change the batch that is being prepared. False where another process prepares it, or it is cancelled."""
    changed = tx.conn.execute(
        update(BatchRow)
        .where(BatchRow.id == held.batch_id, BatchRow.runner == held.runner, BatchRow.state == "preparing")
        .values(**values)
    )
    return changed.rowcount == 1


def add_cases(tx: Tx, held: Preparation, officer: Officer, ids: Sequence[str], now: datetime) -> int | None:
    """Add the cases as they are now, in their order, but for those that the officer may not see.

    Returns how many the batch has then; None where the preparation was lost.
    """
    if not _prepare(tx, held, due_at=now + LEASE):
        return None
    before = tx.conn.execute(select(BatchRow.total).where(BatchRow.id == held.batch_id)).scalar_one()
    listed = _listed_ids(tx, ids)
    position = func.row_number().over(order_by=listed.c.key) + literal(before - 1)
    chosen = select(literal(held.batch_id), position, CaseRow.id, _seen_case(tx)).where(
        CaseRow.id == listed.c.value, visible_to(officer, unindexed(CaseRow.service))
    )
    names = ("batch_id", "position", "case_id", "seen")
    added = insert(BatchCaseRow).from_select(names, chosen).execution_options(preserve_rowcount=True)
    total: int = before + tx.conn.execute(added).rowcount
    _prepare(tx, held, total=total)
    return total


def _listed_ids(tx: Tx, ids: Sequence[str]) -> Any:
    """The ids as rows (`key`, `value`) in their order."""
    stored = json.dumps(list(ids))
    if tx.locks_rows:
        elements = func.jsonb_array_elements_text(cast(literal(stored), JSONB))
        return elements.table_valued("value", with_ordinality="key", joins_implicitly=True).render_derived()
    return func.json_each(literal(stored)).table_valued("key", "value", joins_implicitly=True)


def _seen_case(tx: Tx) -> ColumnElement[str]:
    """What `SeenCase.to_json` gives of the rows of `case`."""
    status, colour = CaseRow.status, CaseRow.__table__.c.colour
    if not tx.locks_rows:
        return func.json_array(status, colour, func.json(_SQLITE_REFS))
    ref = AssigneeRow.kind.concat(":").concat(AssigneeRow.key)
    refs = select(func.json_agg(aggregate_order_by(ref, AssigneeRow.position)))
    of_case = refs.where(AssigneeRow.case_id == CaseRow.id).scalar_subquery()
    return cast(func.json_build_array(status, colour, func.coalesce(of_case, func.json_build_array())), Text)


_SQLITE_REFS: ColumnElement[str] = literal_column(
    "(SELECT json_group_array(ref) FROM (SELECT assignee.kind || ':' || assignee.key AS ref FROM assignee"
    ' WHERE assignee.case_id = "case".id ORDER BY assignee.position))'
)
"""The assignees of a row of `case` in their order, as JSON; `json_group_array` takes no order before SQLite 3.44."""


def end_preparation(tx: Tx, held: Preparation) -> bool:
    """The batch has all its cases, and can be confirmed. False where the preparation was lost."""
    return _prepare(tx, held, state="prepared", runner="")


def end_empty(tx: Tx, held: Preparation, now: datetime) -> bool:
    """The batch has no case, and ends. False where the preparation was lost."""
    return _prepare(tx, held, state="cancelled", finished_at=now, runner="")


def confirm(tx: Tx, officer: str, batch_id: str, action: BatchAction, due_at: datetime) -> bool:
    """Have the officer's prepared batch perform the action from `due_at`. False where none waits for it."""
    confirmed = tx.conn.execute(
        update(BatchRow)
        .where(BatchRow.id == batch_id, BatchRow.officer == officer, BatchRow.state == "prepared")
        .values(state="waiting", action=action.model_dump_json(), due_at=due_at)
    )
    return confirmed.rowcount == 1


def count_by_status(tx: Tx, officer: Officer, ids: Sequence[str]) -> Counter[tuple[str, str]]:
    """How many of the cases that the officer may see have each status, by (e-service, status)."""
    listed = _listed_ids(tx, ids)
    rows = tx.conn.execute(
        select(CaseRow.service, CaseRow.status, func.count())
        .where(CaseRow.id == listed.c.value, visible_to(officer, unindexed(CaseRow.service)))
        .group_by(CaseRow.service, CaseRow.status)
    )
    return Counter({(service, status): count for service, status, count in rows})
