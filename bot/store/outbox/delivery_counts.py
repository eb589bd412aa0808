"""How many deliveries there are in the outbox, and how many of them are delayed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, or_, select

from bot.store.engine.database import Tx
from bot.store.tables import DeliveryRow, DestinationRow


def count_delayed(tx: Tx, now: datetime, case_id: str) -> dict[str, int]:
    """The numbers, by kind, of the delayed deliveries of a case: those that failed, or whose destination is held."""
    is_held = and_(DestinationRow.next_at > now, DeliveryRow.due_at <= now)
    query = (
        select(DeliveryRow.kind, func.count())
        .join(DestinationRow, DestinationRow.key == DeliveryRow.destination)
        .where(or_(DeliveryRow.trouble.is_not(None), is_held), DeliveryRow.state != "parked")
        .where(DeliveryRow.case_id == case_id)
        .group_by(DeliveryRow.kind)
    )
    return {row[0]: row[1] for row in tx.conn.execute(query)}


def count_by_kind_and_state(tx: Tx) -> dict[tuple[str, str], int]:
    """The numbers of deliveries by (kind, state)."""
    rows = tx.conn.execute(
        select(DeliveryRow.kind, DeliveryRow.state, func.count()).group_by(
            DeliveryRow.kind, DeliveryRow.state
        )
    )
    return {(kind, state): count for kind, state, count in rows}
