"""Deliveries that events of cases cause: they are enqueued in the transaction of the change."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, select, union_all

from bot.domain.case import Case
from bot.domain.lists.case_query import MAX_COUNTED
from bot.domain.notices import (
    BACKGROUND,
    BULK,
    COALESCE_WINDOW,
    SOMEONE_WAITS,
    ApplicantNotice,
    CardPost,
    CardUpdate,
    MessageWithdrawal,
    Notice,
    OfficerNotice,
    PostsRemoval,
    ReplyMark,
    ScheduledMessageDue,
    StatusChangeDue,
    ThreadLine,
)
from bot.store.engine.database import Tx
from bot.store.engine.locking import lock_cases
from bot.store.outbox.coalescing import CaseDeliveries, find_waiting
from bot.store.outbox.delivery_rows import Route, insert_rows, new_row
from bot.store.tables import DeliveryRow, DestinationRow

OPEN_STATES = ("waiting", "claimed", "sending", "parked")


def card_lane(case_id: str) -> str:
    """The lane of the case's card."""
    return f"card/{case_id}"


def enqueue(
    tx: Tx,
    case: Case,
    notices: Collection[tuple[int, Notice]],
    now: datetime,
    *,
    most_urgent: int = SOMEONE_WAITS,
) -> None:
    """`enqueue_all` for one case."""
    enqueue_all(tx, [(case, notices)], now, most_urgent=most_urgent)


def enqueue_all(
    tx: Tx,
    noticed_cases: Iterable[tuple[Case, Collection[tuple[int, Notice]]]],
    now: datetime,
    *,
    most_urgent: int = SOMEONE_WAITS,
) -> None:
    """Enqueue the deliveries of the cases' notices, each given with the seq of its event.

    None gets a more urgent priority than `most_urgent`, but for what merges into a delivery that has one.
    The cases are locked first, so that within a lane lower ids are committed before higher ones.
    """
    noticed = [(case, notices) for case, notices in noticed_cases if notices]
    lock_cases(tx, (case.id for case, _ in noticed))
    batches = []
    for case, notices in noticed:
        batch = CaseDeliveries(tx, case.id, most_urgent)
        _add_notices(batch, case, notices, now)
        batches.append(batch)
    outbox = find_waiting(tx, [batch.case_id for batch in batches if batch.has_coalesced])
    insert_rows(tx, [row for batch in batches for row in batch.merge(outbox)])


def enqueue_of_new(
    tx: Tx, new_cases: Iterable[tuple[Case, Collection[tuple[int, Notice]]]], now: datetime
) -> None:
    """`enqueue` for cases inserted in this transaction: nothing of theirs is in the outbox yet."""
    rows = []
    for case, notices in new_cases:
        batch = CaseDeliveries(tx, case.id, SOMEONE_WAITS)
        _add_notices(batch, case, notices, now)
        rows += batch.rows()
    insert_rows(tx, rows)


def _add_notices(
    batch: CaseDeliveries, case: Case, notices: Iterable[tuple[int, Notice]], now: datetime
) -> None:
    for seq, notice in notices:
        match notice:
            case CardPost(priority=priority) | CardUpdate(priority=priority):
                route = Route(f"slack/{case.service}", card_lane(case.id), "card")
                batch.coalesce(new_row(route, case.id, priority, now))
            case ThreadLine(in_channel=announced):
                route = Route(f"slack/{case.service}", f"thread/{case.id}", "line")
                row = new_row(route, case.id, BACKGROUND, now + COALESCE_WINDOW)
                batch.coalesce(row | {"ids": {"seqs": [seq], "announced": announced}})
            case ReplyMark(note_id=note):
                route = Route(f"slack/{case.service}", f"mark/{note}", "mark")
                batch.add(new_row(route, case.id, BACKGROUND, now) | {"ids": {"note": note}})
            case PostsRemoval():
                route = Route(f"slack/{case.service}", f"removal/{case.id}", "removal")
                batch.add(new_row(route, case.id, BULK, now))
            case OfficerNotice(officer=officer, reason=reason, absent=absent):
                route = Route(f"dm/{officer}", f"notice/{officer}/{case.id}", "notice")
                row = new_row(route, case.id, BACKGROUND, now + COALESCE_WINDOW)
                ids = {"officer": officer, "reasons": [reason]}
                batch.coalesce(row | {"ids": ids | ({"absent": [absent]} if absent else {})})
            case ApplicantNotice():
                batch.add_mail(case, notice, seq, now)
            case StatusChangeDue() | ScheduledMessageDue():
                batch.add(_due_row(case.id, notice))
            case MessageWithdrawal(message_id=message):
                batch.delete_waiting_of_message(message)


def _due_row(case_id: str, notice: StatusChangeDue | ScheduledMessageDue) -> dict[str, Any]:
    """What is to happen in the case later. Of messages each has its own lane: the later one may be written first."""
    if isinstance(notice, StatusChangeDue):
        route, priority = Route("status", f"status/{case_id}", "status"), SOMEONE_WAITS
    else:
        route, priority = Route("scheduled", f"scheduled/{notice.message_id}", "scheduled"), BACKGROUND
    return new_row(route, case_id, priority, notice.due_at) | {"ids": {"message": notice.message_id}}


def count_all_delayed(tx: Tx, now: datetime, limit: int = MAX_COUNTED + 1) -> int:
    """The number of delayed deliveries of all cases, counted up to `limit`: by indexes that hold few others."""
    is_unparked = DeliveryRow.state != literal_column("'parked'")  # in the words of the partial indexes
    failed = select(DeliveryRow.id).where(DeliveryRow.trouble.is_not(None), is_unparked)
    held = list(tx.conn.execute(select(DestinationRow.key).where(DestinationRow.next_at > now)).scalars())
    waiting = select(DeliveryRow.id).where(
        DeliveryRow.destination.in_(held),
        DeliveryRow.due_at <= now,
        DeliveryRow.trouble.is_(None),
        is_unparked,
    )
    parts = [failed, waiting] if held else [failed]
    found = union_all(*(select(part.limit(limit).subquery()) for part in parts)).limit(limit).subquery()
    return tx.conn.execute(select(func.count()).select_from(found)).scalar_one()


def find_open_card(tx: Tx, case_id: str) -> tuple[str, str] | None:
    """The state and trouble of the case's undelivered card; None where there is none."""
    row = tx.conn.execute(
        select(DeliveryRow.state, DeliveryRow.trouble)
        .where(
            DeliveryRow.case_id == case_id,
            DeliveryRow.lane == card_lane(case_id),
            DeliveryRow.state.in_(OPEN_STATES),
        )
        .order_by(DeliveryRow.id)
    ).first()
    return (row.state, row.trouble or "") if row else None
