"""Whose key the log is sealed with."""

from __future__ import annotations

import hmac

from sqlalchemy import inspect, select

from bot.store.engine.database import Tx
from bot.store.log import history
from bot.store.tables import HistoryRow, SealRow

_THE_ONE = 1

_FIRST = 100
"""Events of a log that has no seal yet that are looked at: one that is right shows whose key it is."""


def is_ours(tx: Tx) -> bool:
    """Whether the log was begun with the key of this program; also where nothing is in it yet."""
    code = _code_in(tx)
    if code is not None:
        return hmac.compare_digest(code, _code(tx))
    if not inspect(tx.conn).has_table(HistoryRow.__tablename__):
        return True
    rows = tx.conn.execute(
        select(HistoryRow.__table__).order_by(HistoryRow.case_id, HistoryRow.seq).limit(_FIRST)
    )
    events = rows.all()
    key = tx.keys.derive("history")
    return not events or any(history.is_sealed(key, event) for event in events)


def put(tx: Tx) -> None:
    """Leave the seal of this program's key, unless there is one."""
    tx.insert_new(SealRow, {"id": _THE_ONE, "code": _code(tx)})


def _code_in(tx: Tx) -> str | None:
    if not inspect(tx.conn).has_table(SealRow.__tablename__):
        return None
    return tx.conn.execute(select(SealRow.code).where(SealRow.id == _THE_ONE)).scalar()


def _code(tx: Tx) -> str:
    return hmac.digest(tx.keys.derive("seal"), b"the log", "sha256").hex()
