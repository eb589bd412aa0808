"""Batches: their cases, their outcomes, and the lease of the process that performs one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, func, insert, or_, select, update

from bot.domain.actors import Officer
from bot.domain.batches import (
    UNCONFIRMED_STATES,
    BatchAction,
    BatchProgress,
    BatchState,
    Outcome,
    SeenCase,
    SkippedCase,
    action_from_json,
    refusal_from_json,
)
from bot.domain.rules import Refused
from bot.store.engine.database import Tx
from bot.store.tables import AssigneeRow, BatchCaseRow, BatchRow, CaseRow
from bot.store.visibility import visible_to

LEASE = timedelta(seconds=30)
"""How long a process that performs a batch may be silent before another takes it over."""

IDS_AT_ONCE = 500
"""Ids in one statement."""

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


def create(tx: Tx, batch_id: str, officer: str, action: BatchAction, now: datetime) -> bool:
    """Begin a batch without cases. False where it was confirmed already.

    One that was not begins anew, with the action given now.
    """
    row = {
        "id": batch_id,
        "officer": officer,
        "action": action.model_dump_json(),
        "state": "preparing",
        "total": 0,
        "done": 0,
        "skipped": 0,
        "runner": "",
        "due_at": now,
        "created_at": now,
        "finished_at": None,
        "channel": "",
        "ts": "",
    }
    if tx.insert_new(BatchRow, row):
        return True
    is_unconfirmed = (
        BatchRow.id == batch_id,
        BatchRow.officer == officer,
        BatchRow.state.in_(UNCONFIRMED_STATES),
    )
    restarted = tx.conn.execute(
        update(BatchRow)
        .where(*is_unconfirmed)
        .values(action=row["action"], state="preparing", total=0, created_at=now)
    )
    if restarted.rowcount != 1:
        return False
    tx.conn.execute(delete(BatchCaseRow).where(BatchCaseRow.batch_id == batch_id))
    return True


def add_cases(tx: Tx, batch_id: str, first: int, cases: Sequence[SeenCase]) -> None:
    """Add cases to a batch that is being prepared, at the positions from `first`."""
    rows = [
        {"batch_id": batch_id, "position": position, "case_id": seen.id, "seen": json.dumps(seen.to_json())}
        for position, seen in enumerate(cases, first)
    ]
    tx.conn.execute(insert(BatchCaseRow), rows)


def end_preparation(tx: Tx, batch_id: str, total: int) -> None:
    """The batch has all its `total` cases, and can be confirmed."""
    tx.conn.execute(
        update(BatchRow)
        .where(BatchRow.id == batch_id, BatchRow.state == "preparing")
        .values(state="prepared", total=total)
    )


def confirm(tx: Tx, officer: str, batch_id: str, due_at: datetime) -> bool:
    """Have the officer's prepared batch performed from `due_at`. False where there is none that waits for it."""
    confirmed = tx.conn.execute(
        update(BatchRow)
        .where(BatchRow.id == batch_id, BatchRow.officer == officer, BatchRow.state == "prepared")
        .values(state="waiting", due_at=due_at)
    )
    return confirmed.rowcount == 1


def load_seen(tx: Tx, officer: Officer, ids: Sequence[str]) -> list[SeenCase]:
    """The cases as they are now, in the order of their ids; without those that the officer may not see."""
    found = tx.conn.execute(
        select(CaseRow.id, CaseRow.status, CaseRow.__table__.c.colour).where(
            CaseRow.id.in_(ids), visible_to(officer)
        )
    ).all()
    assignees: dict[str, list[str]] = {}
    for row in tx.conn.execute(
        select(AssigneeRow.case_id, AssigneeRow.kind, AssigneeRow.key)
        .where(AssigneeRow.case_id.in_([row.id for row in found]))
        .order_by(AssigneeRow.position)
    ):
        assignees.setdefault(row.case_id, []).append(f"{row.kind}:{row.key}")
    seen = {
        row.id: SeenCase(row.id, row.status, row.colour, tuple(assignees.get(row.id, ()))) for row in found
    }
    return [seen[case_id] for case_id in ids if case_id in seen]


def count_by_status(tx: Tx, officer: Officer, ids: Sequence[str]) -> Counter[tuple[str, str]]:
    """How many of the cases that the officer may see have each status, by (e-service, status)."""
    counts: Counter[tuple[str, str]] = Counter()
    for start in range(0, len(ids), IDS_AT_ONCE):
        rows = tx.conn.execute(
            select(CaseRow.service, CaseRow.status, func.count())
            .where(CaseRow.id.in_(ids[start : start + IDS_AT_ONCE]), visible_to(officer))
            .group_by(CaseRow.service, CaseRow.status)
        )
        counts.update({(service, status): count for service, status, count in rows})
    return counts


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


def list_skipped_ids(tx: Tx, officer: str, batch_id: str) -> list[str]:
    """The ids of all cases that the officer's batch skipped, in its order."""
    rows = tx.conn.execute(
        select(BatchCaseRow.case_id)
        .join(BatchRow, BatchRow.id == BatchCaseRow.batch_id)
        .where(BatchRow.id == batch_id, BatchRow.officer == officer, BatchCaseRow.outcome == "skipped")
        .order_by(BatchCaseRow.position)
    )
    return list(rows.scalars())


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
