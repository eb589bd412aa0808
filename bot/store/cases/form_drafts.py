"""Drafts of forms that have several pages: what is filled in and not yet sent, for a short while."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from bot.store.engine.database import Tx
from bot.store.tables import FormDraftRow

LIFETIME = timedelta(hours=1)
"""How long a draft lasts since it was last saved: enough to look for a paper, and short since computers are shared."""

MIN_SIZE = 4096
"""Bytes that each draft counts for at least, so that their number is bounded too."""


def find(tx: Tx, draft_id: str, now: datetime) -> dict[str, Any] | None:
    """The draft's values; None where there is none, or its lifetime is over."""
    query = select(FormDraftRow.body).where(FormDraftRow.id == draft_id, FormDraftRow.at > now - LIFETIME)
    body = tx.conn.execute(query).scalar()
    return json.loads(body) if body is not None else None


def change(
    tx: Tx,
    draft_id: str,
    now: datetime,
    change_values: Callable[[dict[str, Any] | None], Mapping[str, Any]],
) -> None:
    """Store what `change_values` makes of the draft's values."""
    body = json.dumps(change_values(find(tx, draft_id, now)))
    row = {"id": draft_id, "body": body, "size": max(len(body), MIN_SIZE), "at": now}
    if not tx.insert_new(FormDraftRow, row):
        tx.conn.execute(update(FormDraftRow).where(FormDraftRow.id == draft_id).values(row))


def remove(tx: Tx, draft_id: str) -> None:
    """Delete the draft, which is sent in or discarded."""
    tx.conn.execute(delete(FormDraftRow).where(FormDraftRow.id == draft_id))


def size(tx: Tx) -> int:
    """The bytes that all drafts count for."""
    return tx.conn.execute(select(func.coalesce(func.sum(FormDraftRow.size), 0))).scalar_one()


def sweep(tx: Tx, now: datetime) -> None:
    """Delete drafts whose lifetime is over."""
    tx.conn.execute(delete(FormDraftRow).where(FormDraftRow.at <= now - LIFETIME))
