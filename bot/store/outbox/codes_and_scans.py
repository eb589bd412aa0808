"""Mails with one-time codes, and scans of files: deliveries of no case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from bot.domain.notices import SOMEONE_WAITS
from bot.store.engine.database import Tx
from bot.store.outbox.delivery_rows import Route, insert_rows, new_row
from bot.store.tables import DeliveryRow


def enqueue_code_mail(tx: Tx, sign_in: str, now: datetime, language: str = "") -> None:
    """Enqueue the mail with a one-time code. The `language` is that of an application, for which the code is."""
    row = new_row(Route("mail", f"code/{sign_in}", "code"), "", SOMEONE_WAITS, now)
    insert_rows(tx, [row | {"ids": {"sign_in": sign_in, "language": language}}])


def enqueue_scan(tx: Tx, file_id: str, now: datetime) -> None:
    """Enqueue the scan of a file, which may belong to no case yet."""
    enqueue_scans(tx, [file_id], SOMEONE_WAITS, now)


def enqueue_scans(tx: Tx, file_ids: Iterable[str], priority: int, now: datetime) -> None:
    """Enqueue the scans of files."""
    routes = {file_id: Route("scanner", f"scan/{file_id}", "scan") for file_id in file_ids}
    rows = [
        new_row(route, "", priority, now) | {"ids": {"file": file_id}} for file_id, route in routes.items()
    ]
    insert_rows(tx, rows)


def has_scans(tx: Tx) -> bool:
    """Whether scans are waiting or under way; parked ones do not count."""
    open_scans = select(DeliveryRow.id).where(
        DeliveryRow.destination == "scanner", DeliveryRow.state.in_(("waiting", "claimed", "sending"))
    )
    return tx.conn.execute(open_scans.limit(1)).first() is not None
