"""Batches: their cases, their outcomes, and the lease of the process that performs one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from bot.domain.actors import Officer
from bot.domain.lists.batches import (
    UNCONFIRMED_STATES,
    BatchAction,
    BatchProgress,
    BatchState,
    Outcome,
    SeenCase,
    SendMailing,
    SkippedCase,
    action_from_json,
    refusal_from_json,
)
from bot.domain.rules import Refused
from bot.store.engine.database import Tx
from bot.store.tables import AssigneeRow, BatchCaseRow, BatchRow, CaseRow
from bot.store.visibility import unindexed, visible_to

LEASE = timedelta(seconds=30)
"""How long a process that performs a batch may be silent before another takes it over."""

_NEXT_CASES = (
    select(BatchCaseRow.position, BatchCaseRow.case_id, BatchCaseRow.seen)
    .where(BatchCaseRow.batch_id == bindparam("batch"), BatchCaseRow.position >= bindparam("first"))
    .order_by(BatchCaseRow.position)
    .limit(bindparam("most"))
)
_SAVE_OUTCOME = (
    update(BatchCaseRow)
    .where(BatchCaseRow.batch_id == bindparam("batch"), BatchCaseRow.position == bindparam("place"))
    .values(outcome=bindparam("result"), refusal=bindparam("reason"))
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A process's lease of a batch, which `runner` names."""

    progress: BatchProgress
    runner: str


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """The outcome of the case at a position of a batch, with the refusal of a skipped one."""

    position: int
    outcome: Outcome
    refusal: Refused | None = None


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
    batch_id, officer = preparation.batch_id, preparation.officer
    row = {
        "id": batch_id,
        "officer": officer,
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
    if tx.insert_new(BatchRow, row):
        return True
    anew = ("action", "query", "state", "total", "runner", "due_at", "created_at")
    restarted = tx.conn.execute(
        update(BatchRow)
        .where(
            BatchRow.id == batch_id,
            BatchRow.officer == officer,
            BatchRow.state.in_(UNCONFIRMED_STATES),
        )
        .values({name: row[name] for name in anew})
    )
    if restarted.rowcount != 1:
        return False
    tx.conn.execute(delete(BatchCaseRow).where(BatchCaseRow.batch_id == batch_id))
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


def claim(tx: Tx, runner: str, now: datetime) -> Claim | None:
    """Take the lease of the batch that has waited longest: one that is due, or whose process is silent."""
    is_confirmed = BatchRow.state.not_in(UNCONFIRMED_STATES)
    query = (
        select(BatchRow.__table__)
        .where(BatchRow.finished_at.is_(None), BatchRow.due_at <= now, is_confirmed)
        .order_by(BatchRow.due_at)
        .limit(1)
    )
    row = tx.conn.execute(query).first()
    if row is None:
        return None
    claimed = tx.conn.execute(
        update(BatchRow)
        .where(BatchRow.id == row.id, BatchRow.due_at == row.due_at, BatchRow.finished_at.is_(None))
        .values(state="running", runner=runner, due_at=now + LEASE)
    )
    return Claim(_to_progress(row), runner) if claimed.rowcount == 1 else None


def next_cases(tx: Tx, batch_id: str, first: int, most: int) -> list[tuple[int, SeenCase]]:
    """At most that many cases of the batch from position `first`, each with its position."""
    rows = tx.conn.execute(_NEXT_CASES, {"batch": batch_id, "first": first, "most": most})
    return [(row.position, SeenCase.from_json(row.case_id, json.loads(row.seen))) for row in rows]


def save_outcomes(tx: Tx, held: Claim, outcomes: Sequence[CaseOutcome], now: datetime) -> bool:
    """Store the outcomes and renew the lease. False where it was lost, or the batch cancelled: roll back then."""
    skipped = sum(one.outcome == "skipped" for one in outcomes)
    renewed = tx.conn.execute(
        update(BatchRow)
        .where(_is_held(held))
        .values(
            done=BatchRow.done + len(outcomes) - skipped,
            skipped=BatchRow.skipped + skipped,
            due_at=now + LEASE,
        )
    )
    if renewed.rowcount != 1:
        return False
    tx.conn.execute(
        _SAVE_OUTCOME,
        [
            {
                "batch": held.progress.id,
                "place": one.position,
                "result": one.outcome,
                "reason": json.dumps(one.refusal.to_json()) if one.refusal else None,
            }
            for one in outcomes
        ],
    )
    return True


def begin_again(tx: Tx, held: Claim, now: datetime) -> bool:
    """Count the outcomes from the first case again, and renew the lease. False where it was lost."""
    return renew(tx, held, now, {"done": 0, "skipped": 0})


def renew(tx: Tx, held: Claim, now: datetime, counts: Mapping[str, int] | None = None) -> bool:
    """Renew the lease, and set the `counts`. False where it was lost, or the batch cancelled."""
    renewed = tx.conn.execute(
        update(BatchRow).where(_is_held(held)).values(due_at=now + LEASE, **(counts or {}))
    )
    return renewed.rowcount == 1


def finish(tx: Tx, held: Claim, now: datetime) -> bool:
    """Mark the batch as done. False where the lease was lost, or the batch cancelled."""
    finished = tx.conn.execute(
        update(BatchRow).where(_is_held(held)).values(state="done", finished_at=now, runner="")
    )
    return finished.rowcount == 1


def _is_held(held: Claim) -> ColumnElement[bool]:
    return and_(BatchRow.id == held.progress.id, BatchRow.runner == held.runner, BatchRow.state == "running")


def cancel(tx: Tx, officer: str, batch_id: str, now: datetime) -> bool:
    """Cancel the officer's batch where it is. False where it had finished, or is not theirs."""
    cancelled = tx.conn.execute(
        update(BatchRow)
        .where(BatchRow.id == batch_id, BatchRow.officer == officer, BatchRow.finished_at.is_(None))
        .values(state="cancelled", finished_at=now, runner="")
    )
    return cancelled.rowcount == 1


def load(tx: Tx, officer: str, batch_id: str) -> BatchProgress | None:
    """The officer's batch; None where there is none."""
    row = tx.conn.execute(
        select(BatchRow.__table__).where(BatchRow.id == batch_id, BatchRow.officer == officer)
    ).first()
    return _to_progress(row) if row is not None else None


def find(tx: Tx, batch_id: str) -> BatchProgress | None:
    """The batch, whosever it is; for the program itself."""
    row = tx.conn.execute(select(BatchRow.__table__).where(BatchRow.id == batch_id)).first()
    return _to_progress(row) if row is not None else None


def list_recent(tx: Tx, officer: str, most: int) -> list[BatchProgress]:
    """The officer's batches, the newest first; not those that were never confirmed."""
    rows = tx.conn.execute(
        select(BatchRow.__table__)
        .where(BatchRow.officer == officer, BatchRow.state.not_in(UNCONFIRMED_STATES))
        .order_by(BatchRow.created_at.desc(), BatchRow.id)
        .limit(most)
    )
    return [_to_progress(row) for row in rows]


def list_skipped(tx: Tx, officer: Officer, batch_id: str, first: int, most: int) -> list[SkippedCase]:
    """Cases that the officer's batch skipped, in its order from the `first`; without those they may not see now."""
    rows = tx.conn.execute(
        select(BatchCaseRow.case_id, CaseRow.number, BatchCaseRow.refusal)
        .join(CaseRow, CaseRow.id == BatchCaseRow.case_id)
        .join(BatchRow, BatchRow.id == BatchCaseRow.batch_id)
        .where(
            BatchRow.id == batch_id,
            BatchRow.officer == officer.key,
            BatchCaseRow.outcome == "skipped",
            visible_to(officer),
        )
        .order_by(BatchCaseRow.position)
        .offset(first)
        .limit(most)
    )
    return [SkippedCase(row.case_id, row.number, refusal_from_json(json.loads(row.refusal))) for row in rows]


def list_done_numbers(tx: Tx, officer: Officer, batch_id: str, most: int) -> list[str]:
    """The numbers of the first cases that the officer's batch was done in; without those they may not see now."""
    rows = tx.conn.execute(
        select(CaseRow.number)
        .join(BatchCaseRow, CaseRow.id == BatchCaseRow.case_id)
        .join(BatchRow, BatchRow.id == BatchCaseRow.batch_id)
        .where(
            BatchRow.id == batch_id,
            BatchRow.officer == officer.key,
            BatchCaseRow.outcome == "done",
            visible_to(officer),
        )
        .order_by(BatchCaseRow.position)
        .limit(most)
    )
    return list(rows.scalars())


def list_case_ids(tx: Tx, officer: str, batch_id: str, *, only_skipped: bool) -> list[str]:
    """The ids of all cases of the officer's batch, or of those that it skipped, in its order."""
    query = (
        select(BatchCaseRow.case_id)
        .join(BatchRow, BatchRow.id == BatchCaseRow.batch_id)
        .where(BatchRow.id == batch_id, BatchRow.officer == officer)
        .order_by(BatchCaseRow.position)
    )
    if only_skipped:
        query = query.where(BatchCaseRow.outcome == "skipped")
    return list(tx.conn.execute(query).scalars())


def iterate_done(tx: Tx, batch_id: str) -> Iterator[SeenCase]:
    """The cases that the batch has changed, as they were before."""
    rows = tx.conn.execute(
        select(BatchCaseRow.case_id, BatchCaseRow.seen).where(
            BatchCaseRow.batch_id == batch_id, BatchCaseRow.outcome == "done"
        )
    )
    return (SeenCase.from_json(row.case_id, json.loads(row.seen)) for row in rows)


def save_place(tx: Tx, batch_id: str, place: tuple[str, str]) -> None:
    """Store where the batch's progress is shown in Slack: channel and ts."""
    channel, ts = place
    tx.conn.execute(update(BatchRow).where(BatchRow.id == batch_id).values(channel=channel, ts=ts))


def find_place(tx: Tx, batch_id: str) -> tuple[str, str] | None:
    """Where the batch's progress is shown in Slack: channel and ts; None before the first post."""
    row = tx.conn.execute(select(BatchRow.channel, BatchRow.ts).where(BatchRow.id == batch_id)).first()
    return (row.channel, row.ts) if row is not None and row.ts else None


def sweep(tx: Tx, finished_before: datetime, unconfirmed_before: datetime, most: int) -> int:
    """Delete at most that many old batches with their cases. Returns how many were deleted."""
    old = or_(
        BatchRow.finished_at < finished_before,
        and_(BatchRow.state.in_(UNCONFIRMED_STATES), BatchRow.created_at < unconfirmed_before),
    )
    ids: Iterable[str] = tx.conn.execute(select(BatchRow.id).where(old).limit(most)).scalars().all()
    tx.conn.execute(delete(BatchCaseRow).where(BatchCaseRow.batch_id.in_(ids)))
    return tx.conn.execute(delete(BatchRow).where(BatchRow.id.in_(ids))).rowcount


def count_unfinished(tx: Tx) -> int:
    """The batches that are not finished, of all officers."""
    return tx.conn.execute(select(func.count()).where(BatchRow.finished_at.is_(None))).scalar_one()


def list_file_ids(tx: Tx) -> list[str]:
    """The ids of the files of all mailings that are not finished, confirmed or not."""
    actions = tx.conn.execute(
        select(BatchRow.action).where(BatchRow.finished_at.is_(None), BatchRow.action.contains('"mailing"'))
    ).scalars()
    found = [action_from_json(action) for action in actions]
    return [file.id for action in found if isinstance(action, SendMailing) for file in action.files]


def _to_progress(row: Row[Any]) -> BatchProgress:
    state: BatchState = row.state
    return BatchProgress(
        id=row.id,
        officer=row.officer,
        action=action_from_json(row.action),
        state=state,
        total=row.total,
        done=row.done,
        skipped=row.skipped,
        created_at=row.created_at,
    )
