"""How many deliveries there are in the outbox, and how many of them are delayed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select

from bot.store.engine.database import Tx
from bot.store.tables import DeliveryRow, DestinationRow

# Built once: it is executed after each press.
_COUNT_DELAYED = (
    select(DeliveryRow.kind, func.count())
    .join(DestinationRow, DestinationRow.key == DeliveryRow.destination)
    .where(
        or_(
            DeliveryRow.trouble.is_not(None),
            and_(DestinationRow.next_at > bindparam("now"), DeliveryRow.due_at <= bindparam("now")),
        ),
        DeliveryRow.state != "parked",
        DeliveryRow.case_id == bindparam("wanted"),
    )
    .group_by(DeliveryRow.kind)
)


def count_delayed(tx: Tx, now: datetime, case_id: str) -> dict[str, int]:
    """The numbers, by kind, of the delayed deliveries of a case: those that failed, or whose destination is held."""
    rows = tx.conn.execute(_COUNT_DELAYED, {"now": now, "wanted": case_id})
    return {row.kind: row[1] for row in rows}


def count_by_kind_and_state(tx: Tx) -> dict[tuple[str, str], int]:
    """The numbers of deliveries by (kind, state)."""
    rows = tx.conn.execute(
        select(DeliveryRow.kind, DeliveryRow.state, func.count()).group_by(
            DeliveryRow.kind, DeliveryRow.state
        )
    )
    return {(kind, state): count for kind, state, count in rows}


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for one destination: how many deliveries are due, since when, and the most tries of one."""

    destination: str
    due: int
    oldest_due_at: datetime
    tries: int


def list_queues(tx: Tx, now: datetime) -> list[Queue]:
    """Each destination for which something is due at `now` and not parked, the one that has waited longest first."""
    oldest = func.min(DeliveryRow.created_at)
    rows = tx.conn.execute(
        select(DeliveryRow.destination, func.count(), oldest, func.max(DeliveryRow.attempts))
        .where(DeliveryRow.state != "parked", DeliveryRow.created_at <= now)
        .group_by(DeliveryRow.destination)
        .order_by(oldest, DeliveryRow.destination)
    )
    return [Queue(*row) for row in rows]


def count_parked(tx: Tx) -> dict[tuple[str, str], int]:
    """The numbers of parked deliveries by (kind, trouble)."""
    rows = tx.conn.execute(
        select(DeliveryRow.kind, DeliveryRow.trouble, func.count())
        .where(DeliveryRow.state == "parked")
        .group_by(DeliveryRow.kind, DeliveryRow.trouble)
    )
    return {(kind, trouble or ""): count for kind, trouble, count in rows}
