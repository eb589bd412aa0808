"""Rows of the outbox: a delivery's destination, lane and kind, and how it is inserted."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select
from structlog.contextvars import get_contextvars

from bot.domain.notices import COALESCE_WINDOW
from bot.store.engine.database import Tx
from bot.store.tables import DeliveryRow, DestinationRow

_FIND_DESTINATION = select(DestinationRow.key).where(DestinationRow.key == bindparam("wanted"))
_INSERT = insert(DeliveryRow)


@dataclass(frozen=True, slots=True)
class Route:
    """A delivery's destination, its kind, and the lane within which deliveries are ordered."""

    destination: str
    lane: str
    kind: str


@dataclass(frozen=True, slots=True)
class OpenDelivery:
    """A delivery that waits, is being made, or is parked."""

    id: int
    kind: str
    destination: str
    state: str
    due_at: datetime
    tries: int
    trouble: str | None


def new_row(route: Route, case_id: str, priority: int, due_at: datetime) -> dict[str, Any]:
    return {
        "destination": route.destination,
        "lane": route.lane,
        "kind": route.kind,
        "case_id": case_id,
        "priority": priority,
        "due_at": due_at,
        "ids": {},
    }


def with_origin(ids: dict[str, Any]) -> dict[str, Any]:
    """The ids of a delivery, with the reference of the request that causes it, where one does."""
    ref = get_contextvars().get("ref")
    return {**ids, "refs": [ref]} if ref is not None else ids


def find_by_origin(tx: Tx, ref: str) -> list[OpenDelivery]:
    """The deliveries that the request with that reference has caused, and that are not done."""
    rows = tx.conn.execute(
        select(
            DeliveryRow.id,
            DeliveryRow.kind,
            DeliveryRow.destination,
            DeliveryRow.state,
            DeliveryRow.due_at,
            DeliveryRow.attempts,
            DeliveryRow.trouble,
        )
        .where(DeliveryRow.ids.contains(f'"{ref}"'))
        .order_by(DeliveryRow.id)
    )
    return [OpenDelivery(*row) for row in rows]


def insert_rows(tx: Tx, rows: Collection[dict[str, Any]]) -> None:
    for row in rows:
        _ensure_destination(tx, row["destination"], row["due_at"])
    if rows:
        tx.conn.execute(_INSERT, [_stored(row) for row in rows])


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    started = {"redraw": False, "state": "waiting", "attempts": 0, "created_at": row["due_at"]}
    return started | row | {"ids": json.dumps(with_origin(row["ids"]))}


def _ensure_destination(tx: Tx, key: str, at: datetime) -> None:
    name = f"destination/{key}"
    if name in tx.known_rows or name in tx.added_rows:
        return
    if tx.conn.execute(_FIND_DESTINATION, {"wanted": key}).scalar() is None:
        _add_destination(tx, key, at)
    tx.added_rows.add(name)


def _add_destination(tx: Tx, key: str, at: datetime) -> None:
    tx.insert_new(DestinationRow, {"key": key, "next_at": at - COALESCE_WINDOW * 10})
