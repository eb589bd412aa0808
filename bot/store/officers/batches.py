"""Batches of officers: reading, cancelling and deleting of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, or_, select, update

from bot.domain.actors import Officer
from bot.domain.lists.batches import (
    UNCONFIRMED_STATES,
    BatchProgress,
    BatchState,
    SeenCase,
    SendMailing,
    SkippedCase,
    action_from_json,
    refusal_from_json,
)
from bot.store.engine.database import Tx
from bot.store.tables import BatchCaseRow, BatchRow, CaseRow
from bot.store.visibility import visible_to


def cancel(tx: Tx, officer: str, batch_id: str, now: datetime) -> bool:
    """Cancel the officer's batch where it is. False where it had finished, or is not theirs."""
    cancelled = tx.conn.execute(
        update(BatchRow)
        .where(BatchRow.id == batch_id, BatchRow.officer == officer, BatchRow.finished_at.is_(None))
        .values(state="cancelled", finished_at=now, runner="")
    )
    return cancelled.rowcount == 1


def cancel_begun(tx: Tx, now: datetime) -> int:
    """Cancel every batch that is running, or was to begin before `now`. Returns how many were cancelled.

    For an older copy of the database: what they did after it was copied is not known, and is not to be done again.
    """
    begun = or_(BatchRow.state == "running", and_(BatchRow.state == "waiting", BatchRow.due_at <= now))
    cancelled = tx.conn.execute(
        update(BatchRow)
        .where(begun, BatchRow.finished_at.is_(None))
        .values(state="cancelled", finished_at=now, runner="")
    )
    return cancelled.rowcount


def load(tx: Tx, officer: str, batch_id: str) -> BatchProgress | None:
    """The officer's batch; None where there is none."""
    row = tx.conn.execute(
        select(BatchRow.__table__).where(BatchRow.id == batch_id, BatchRow.officer == officer)
    ).first()
    return to_progress(row) if row is not None else None


def find(tx: Tx, batch_id: str) -> BatchProgress | None:
    """The batch, whosever it is; for the program itself."""
    row = tx.conn.execute(select(BatchRow.__table__).where(BatchRow.id == batch_id)).first()
    return to_progress(row) if row is not None else None


def list_recent(tx: Tx, officer: str, most: int) -> list[BatchProgress]:
    """The officer's batches, the newest first; not those that were never confirmed."""
    rows = tx.conn.execute(
        select(BatchRow.__table__)
        .where(BatchRow.officer == officer, BatchRow.state.not_in(UNCONFIRMED_STATES))
        .order_by(BatchRow.created_at.desc(), BatchRow.id)
        .limit(most)
    )
    return [to_progress(row) for row in rows]


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


def list_services(tx: Tx, batch_id: str, most: int) -> list[str]:
    """The e-services of the batch's first cases."""
    rows = tx.conn.execute(
        select(CaseRow.service)
        .join(BatchCaseRow, CaseRow.id == BatchCaseRow.case_id)
        .where(BatchCaseRow.batch_id == batch_id, BatchCaseRow.position < most)
        .distinct()
    )
    return list(rows.scalars())


def list_case_ids(
    tx: Tx, officer: str, batch_id: str, *, only_skipped: bool, most: int | None = None
) -> list[str]:
    """The ids of all cases of the officer's batch, or of those that it skipped, in its order; at `most` so many."""
    query = (
        select(BatchCaseRow.case_id)
        .join(BatchRow, BatchRow.id == BatchCaseRow.batch_id)
        .where(BatchRow.id == batch_id, BatchRow.officer == officer)
        .order_by(BatchCaseRow.position)
        .limit(most)
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


def list_file_ids(tx: Tx) -> list[str]:
    """The ids of the files of all mailings that are not finished, confirmed or not."""
    actions = tx.conn.execute(
        select(BatchRow.action).where(BatchRow.finished_at.is_(None), BatchRow.action.contains('"mailing"'))
    ).scalars()
    found = [action_from_json(action) for action in actions]
    return [file.id for action in found if isinstance(action, SendMailing) for file in action.files]


def to_progress(row: Row[Any]) -> BatchProgress:
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
        finished_at=row.finished_at,
    )
