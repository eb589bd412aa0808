"""Performing of a batch: the lease of the process that performs it, its next cases, and their outcomes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, select, update

from bot.domain.lists.batches import UNCONFIRMED_STATES, BatchProgress, Outcome, SeenCase
from bot.domain.rules import Refused
from bot.store.engine.database import Tx
from bot.store.officers.batches import to_progress
from bot.store.tables import BatchCaseRow, BatchRow

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


def claim(tx: Tx, runner: str, now: datetime) -> Claim | None:
    """Claim the batch that has waited longest: one that is due, or whose process is silent, which is taken over."""
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
    return Claim(to_progress(row), runner) if claimed.rowcount == 1 else None


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


def restart_counts(tx: Tx, held: Claim, now: datetime) -> bool:
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
