"""Claims of deliveries by workers, and the outcomes of their attempts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, select, update

from bot.store.engine.database import Tx
from bot.store.engine.locking import lock_case
from bot.store.outbox.coalescing import COALESCED_KINDS, merge_ids
from bot.store.outbox.queues import UNLIMITED, Capacity, FoundDelivery, find_most_urgent
from bot.store.tables import DeliveryRow, DestinationRow

LEASE = timedelta(seconds=20)
"""How long a claim is exclusive; after a crash another worker may claim the delivery then.

Longer than the longest call to Slack, so that no other worker repeats a call in progress.
"""

RENEW_AFTER = timedelta(seconds=8)
"""How long a delivery is in flight before its lease is renewed."""

MAX_CLAIM_ATTEMPTS = 5
"""How often claiming is repeated when another worker was faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A claimed delivery. `uncertain` means that an earlier attempt may have succeeded.

    `redraw` is True for a card that is in Slack, and is to be updated.
    """

    id: int
    destination: str
    lane: str
    kind: str
    case_id: str
    priority: int
    ids: dict[str, Any]
    attempts: int
    uncertain: bool
    created_at: datetime
    redraw: bool = False


def claim(
    tx: Tx, now: datetime, capacity: Capacity = UNLIMITED, found: FoundDelivery | None = None
) -> Delivery | None:
    """Claim the most urgent due delivery that there is capacity for; None where there is none.

    Within a lane the oldest goes first. `found` is what `find_due` has returned a moment ago: it is claimed without
    another search. Where another worker claims the same one meanwhile, the search is repeated: skipping locked rows
    could claim a less urgent one.
    """
    for _ in range(MAX_CLAIM_ATTEMPTS):
        row = found or find_most_urgent(tx, now, capacity)
        if row is None:
            return None
        # Another worker may have claimed it since; each statement sees the current rows.
        claimed = tx.conn.execute(_claim_statement(row, now)).first()
        if claimed is not None:
            return _to_delivery(claimed)
        found = None
    return None


def find_due(tx: Tx, now: datetime, capacity: Capacity = UNLIMITED) -> FoundDelivery | None:
    """What `claim` would claim, None for nothing; read-only, so that an idle worker writes nothing."""
    return find_most_urgent(tx, now, capacity)


def _claim_statement(row: FoundDelivery, now: datetime) -> Any:
    """The update that claims the row, unless its lease has been renewed, or its destination held, since it was read.

    A row in state `sending` remains so: if this worker crashes too, the next must still look for the post first.
    """
    unchanged = DeliveryRow.state == row.state, DeliveryRow.attempts == row.attempts
    is_open = exists().where(DestinationRow.key == DeliveryRow.destination, DestinationRow.next_at <= now)
    return (
        update(DeliveryRow)
        .where(DeliveryRow.id == row.id, *unchanged, DeliveryRow.due_at <= now, is_open)
        .values(
            state="sending" if row.state == "sending" else "claimed",
            due_at=now + LEASE,
            attempts=row.attempts + 1,
        )
        .returning(DeliveryRow.__table__)
    )


def _to_delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        destination=row.destination,
        lane=row.lane,
        kind=row.kind,
        case_id=row.case_id,
        priority=row.priority,
        ids=json.loads(row.ids),
        attempts=row.attempts,
        uncertain=row.state == "sending",
        created_at=row.created_at,
        redraw=row.redraw,
    )


def _is_leased(delivery: Delivery) -> ColumnElement[bool]:
    """The condition that the row is still this worker's: each claim increases `attempts`."""
    return and_(
        DeliveryRow.id == delivery.id,
        DeliveryRow.attempts == delivery.attempts,
        DeliveryRow.state.in_(("claimed", "sending")),
    )


def mark_sending(tx: Tx, delivery: Delivery, now: datetime) -> bool:
    """Mark that the call is about to be made. False where the delivery is no longer this worker's."""
    updated = tx.conn.execute(
        update(DeliveryRow).where(_is_leased(delivery)).values(state="sending", due_at=now + LEASE)
    )
    return updated.rowcount == 1


def renew_leases(tx: Tx, deliveries: Iterable[Delivery], now: datetime) -> None:
    """Renew the leases of deliveries in flight."""
    for delivery in deliveries:
        tx.conn.execute(update(DeliveryRow).where(_is_leased(delivery)).values(due_at=now + LEASE))


def complete(tx: Tx, delivery: Delivery) -> bool:
    """Mark the delivery as done, or as no longer needed. False where it is no longer this worker's."""
    return tx.conn.execute(delete(DeliveryRow).where(_is_leased(delivery))).rowcount == 1


def retry(tx: Tx, delivery: Delivery, due_at: datetime, *, uncertain: bool, trouble: str | None) -> None:
    """Schedule another attempt at `due_at`; `trouble` says what went wrong, None where nothing did.

    A coalesced kind is merged with the newer one behind it in the lane, unless it may already have been posted.
    """
    trouble_column = {} if trouble is None else {"trouble": trouble}
    if uncertain:
        tx.conn.execute(
            update(DeliveryRow)
            .where(_is_leased(delivery))
            .values(state="sending", due_at=due_at, **trouble_column)
        )
        return
    behind = _find_waiting_behind(tx, delivery) if delivery.kind in COALESCED_KINDS else None
    if behind is None:
        tx.conn.execute(
            update(DeliveryRow)
            .where(_is_leased(delivery))
            .values(state="waiting", due_at=due_at, **trouble_column)
        )
    elif complete(tx, delivery):
        _merge_into_next(tx, delivery, behind, {"due_at": due_at, **trouble_column})


def _find_waiting_behind(tx: Tx, delivery: Delivery) -> Row[Any] | None:
    """The next waiting delivery in the lane. The case is locked first, so that none can be added meanwhile."""
    lock_case(tx, delivery.case_id)
    return tx.conn.execute(
        select(DeliveryRow.__table__).where(
            DeliveryRow.case_id == delivery.case_id,
            DeliveryRow.lane == delivery.lane,
            DeliveryRow.kind == delivery.kind,
            DeliveryRow.state == "waiting",
            DeliveryRow.id != delivery.id,
        )
    ).first()


def _merge_into_next(tx: Tx, older: Delivery, behind: Row[Any], values: dict[str, Any]) -> None:
    tx.conn.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == behind.id)
        .values(
            ids=json.dumps(merge_ids(older.ids, json.loads(behind.ids))),
            priority=min(older.priority, behind.priority),
            created_at=min(older.created_at, behind.created_at),
            attempts=older.attempts,
            **values,
        )
    )


def park(tx: Tx, delivery: Delivery, trouble: str) -> bool:
    """Park the delivery with its trouble until someone retries it. False where it is no longer this worker's."""
    parked = tx.conn.execute(
        update(DeliveryRow).where(_is_leased(delivery)).values(state="parked", trouble=trouble)
    )
    return parked.rowcount == 1


def hold_destination(tx: Tx, destination: str, until: datetime) -> None:
    """Deliver nothing to the destination before `until`."""
    tx.conn.execute(
        update(DestinationRow)
        .where(DestinationRow.key == destination, DestinationRow.next_at < until)
        .values(next_at=until)
    )
