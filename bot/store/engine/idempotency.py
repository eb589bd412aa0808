"""Receipts: the outcome of each request, so that its repeat does nothing and hears the same."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from bot.store.engine.database import LostRace, Tx
from bot.store.engine.keys import canonical
from bot.store.tables import ReceiptRow

_FIND = select(ReceiptRow.outcome).where(ReceiptRow.key == bindparam("of"))
_KEPT = select(ReceiptRow.key, ReceiptRow.outcome).where(ReceiptRow.key.in_(bindparam("of", expanding=True)))
_KEEP = insert(ReceiptRow)


def find(tx: Tx, key: str) -> dict[str, Any] | None:
    """The outcome kept for the key, if there is one."""
    kept = tx.conn.execute(_FIND, {"of": key}).scalar()
    return json.loads(kept) if kept is not None else None


def known(tx: Tx, keys: Collection[str]) -> set[str]:
    """Those of the keys that have an outcome."""
    return set(tx.conn.execute(select(ReceiptRow.key).where(ReceiptRow.key.in_(list(keys)))).scalars())


def kept(tx: Tx, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """The outcomes kept for those of the keys that have one."""
    rows = tx.conn.execute(_KEPT, {"of": list(keys)})
    return {row.key: json.loads(row.outcome) for row in rows}


def keep(tx: Tx, key: str, outcome: dict[str, Any], at: datetime) -> None:
    """Keep the outcome. LostRace when the same request was performed meanwhile: tried again, it finds that outcome."""
    try:
        tx.conn.execute(_KEEP, {"key": key, "outcome": canonical(outcome), "at": at})
    except IntegrityError:
        raise LostRace from None


def first(tx: Tx, key: str, outcome: dict[str, Any], at: datetime) -> bool:
    """Keep the outcome unless there is one. True for whoever comes first."""
    return tx.insert_new(ReceiptRow, {"key": key, "outcome": canonical(outcome), "at": at})


def sweep(tx: Tx, before: datetime) -> int:
    """Forget receipts older than `before`; those that name outside records (imports, API) stay. Returns how many."""
    gone = tx.conn.execute(
        delete(ReceiptRow).where(ReceiptRow.at < before, ReceiptRow.key.not_like("external:%"))
    )
    return gone.rowcount
