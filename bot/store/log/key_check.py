"""The seal of the log: a code that shows whether the secret key is the right one."""

from __future__ import annotations

import hmac

from sqlalchemy import inspect, select

from bot.store.engine.database import Tx
from bot.store.log import hash_chain
from bot.store.tables import HistoryRow, SealRow

_ROW_ID = 1

_SAMPLE_SIZE = 100
"""Events that are checked in a log without a seal: one valid hash shows that the key is right."""


def matches_key(tx: Tx) -> bool:
    """Whether the log was written with this key; True for an empty log."""
    code = _stored_code(tx)
    if code is not None:
        return hmac.compare_digest(code, _code_for_key(tx))
    if not inspect(tx.conn).has_table(HistoryRow.__tablename__):
        return True
    rows = tx.conn.execute(
        select(HistoryRow.__table__).order_by(HistoryRow.case_id, HistoryRow.seq).limit(_SAMPLE_SIZE)
    )
    events = rows.all()
    key = tx.keys.derive("history")
    return not events or any(hash_chain.has_valid_hash(key, event) for event in events)


def save_if_missing(tx: Tx) -> None:
    """Save the seal of this key, unless there is one."""
    tx.insert_new(SealRow, {"id": _ROW_ID, "code": _code_for_key(tx)})


def _stored_code(tx: Tx) -> str | None:
    if not inspect(tx.conn).has_table(SealRow.__tablename__):
        return None
    return tx.conn.execute(select(SealRow.code).where(SealRow.id == _ROW_ID)).scalar()


def _code_for_key(tx: Tx) -> str:
    return hmac.digest(tx.keys.derive("seal"), b"the log", "sha256").hex()
