"""Parked deliveries: which there are, and their retry when what stopped them is mended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update

from bot.store.engine.database import Tx
from bot.store.outbox.applicant_mail import APPLICANT_MAIL_KINDS
from bot.store.tables import DeliveryRow

CHANNEL_NOT_FOUND = "channel_not_found"
NOT_FOUND_CACHED_FOR = timedelta(seconds=61)
"""The worker remembers for a minute that a channel was not found (`UNKNOWN_NAME_TTL`)."""


def unpark(
    tx: Tx,
    now: datetime,
    *,
    case_id: str | None = None,
    destination: str | None = None,
    trouble: str | None = None,
) -> int:
    """Retry parked deliveries: of one case, destination or trouble, or all; due at `now`. Returns how many.

    They are retried as uncertain, so that a post is looked for before it is posted again.
    """
    query = update(DeliveryRow).where(DeliveryRow.state == "parked")
    for column, value in (
        (DeliveryRow.case_id, case_id),
        (DeliveryRow.destination, destination),
        (DeliveryRow.trouble, trouble),
    ):
        query = query.where(column == value) if value is not None else query
    parked = tx.conn.execute(query.values(state="sending", due_at=now, trouble=None))
    return parked.rowcount


def unpark_service(tx: Tx, service: str, troubles: Collection[str] | None, now: datetime) -> int:
    """Retry what is parked for the e-service: because of one of the troubles, or of any. Returns how many."""
    destination = f"slack/{service}"
    later = now + NOT_FOUND_CACHED_FOR
    count = unpark(tx, later, destination=destination, trouble=CHANNEL_NOT_FOUND)
    if troubles is None:
        return count + unpark(tx, now, destination=destination)
    return count + sum(
        unpark(tx, now, destination=destination, trouble=trouble)
        for trouble in troubles
        if trouble != CHANNEL_NOT_FOUND
    )


def doubt_unsent(tx: Tx, now: datetime) -> int:
    """Treat what an older copy of the database has not sent as perhaps sent. Returns how many deliveries were parked.

    Posts are looked for before they are made. A mail cannot be looked for, nor a message to an applicant whose time
    to leave came before `now`, so it is parked until someone sends it again. Sign-in codes are deleted: late ones are
    worthless.
    """
    unsent = DeliveryRow.state.in_(("waiting", "claimed", "sending"))
    tx.conn.execute(delete(DeliveryRow).where(unsent, DeliveryRow.kind == "code"))
    mails = DeliveryRow.kind.in_((*APPLICANT_MAIL_KINDS, "officer"))
    messages = and_(DeliveryRow.kind == "scheduled", DeliveryRow.due_at <= now)
    parked = tx.conn.execute(
        update(DeliveryRow).where(unsent, or_(mails, messages)).values(state="parked", trouble="restored")
    )
    tx.conn.execute(update(DeliveryRow).where(unsent).values(state="sending"))
    return parked.rowcount


def list_parked(tx: Tx) -> list[tuple[int, str, str, str, str]]:
    """Parked deliveries: id, kind, destination, case id, trouble."""
    rows = tx.conn.execute(
        select(
            DeliveryRow.id,
            DeliveryRow.kind,
            DeliveryRow.destination,
            DeliveryRow.case_id,
            DeliveryRow.trouble,
        ).where(DeliveryRow.state == "parked")
    )
    return [(r.id, r.kind, r.destination, r.case_id, r.trouble or "") for r in rows]
