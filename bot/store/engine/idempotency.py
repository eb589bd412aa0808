"""Idempotency keys: the outcome of each request is stored, so that a repeat changes nothing and gets the same."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from bot.store.engine.database import LostRace, Tx
from bot.store.engine.keys import canonical_json
from bot.store.tables import IdempotencyKeyRow

_FIND = select(IdempotencyKeyRow.outcome).where(IdempotencyKeyRow.key == bindparam("wanted"))
_FIND_ALL = select(IdempotencyKeyRow.key, IdempotencyKeyRow.outcome).where(
    IdempotencyKeyRow.key.in_(bindparam("wanted", expanding=True))
)
_INSERT = insert(IdempotencyKeyRow)


def find(tx: Tx, key: str) -> dict[str, Any] | None:
    """The outcome stored under the key; None where there is none."""
    outcome = tx.conn.execute(_FIND, {"wanted": key}).scalar()
    return json.loads(outcome) if outcome is not None else None


def find_existing(tx: Tx, keys: Collection[str]) -> set[str]:
    """Those of the keys that have an outcome."""
    return set(
        tx.conn.execute(select(IdempotencyKeyRow.key).where(IdempotencyKeyRow.key.in_(list(keys)))).scalars()
    )


def find_outcomes(tx: Tx, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """The outcomes stored for those of the keys that have one."""
    rows = tx.conn.execute(_FIND_ALL, {"wanted": list(keys)})
    return {row.key: json.loads(row.outcome) for row in rows}


def save(tx: Tx, key: str, outcome: dict[str, Any], at: datetime) -> None:
    """Store the outcome. LostRace where the same request was performed meanwhile; a retry then finds its outcome."""
    save_all(tx, {key: outcome}, at)


def save_all(tx: Tx, outcomes: Mapping[str, dict[str, Any]], at: datetime) -> None:
    """Store outcomes by their keys. LostRace as for `save`."""
    rows = [{"key": key, "outcome": canonical_json(outcome), "at": at} for key, outcome in outcomes.items()]
    try:
        if rows:
            tx.conn.execute(_INSERT, rows)
    except IntegrityError:
        raise LostRace from None


def save_if_new(tx: Tx, key: str, outcome: dict[str, Any], at: datetime) -> bool:
    """Store the outcome unless there is one. Returns whether it was stored."""
    return tx.insert_new(IdempotencyKeyRow, {"key": key, "outcome": canonical_json(outcome), "at": at})


def list_expired(tx: Tx, before: datetime) -> list[str]:
    """Keys with outcomes older than `before`. Those of external cases (imports, API) never expire."""
    query = select(IdempotencyKeyRow.key).where(
        IdempotencyKeyRow.at < before, IdempotencyKeyRow.key.not_like("external:%")
    )
    return list(tx.conn.execute(query).scalars())


def forget(tx: Tx, keys: Collection[str]) -> None:
    """Delete the outcomes of these keys."""
    tx.conn.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.key.in_(list(keys))))
