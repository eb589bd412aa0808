"""Readings: that someone was shown personal data of a case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select

from bot.store.database import Tx
from bot.store.tables import ReadingRow


def record(tx: Tx, by: str, case_id: str, part: str, opening: str, at: datetime) -> bool:
    """Record it once per reader, case, part and opening. True when it was not recorded before."""
    key = {"by": by, "case_id": case_id, "part": part, "opening": opening}
    known = select(ReadingRow.id).filter_by(**key)
    if tx.conn.execute(known).first() is not None:
        return False
    tx.conn.execute(insert(ReadingRow).values(**key, at=at))
    return True


def of_case(tx: Tx, case_id: str) -> list[tuple[datetime, str, str]]:
    """Who was shown what of the case, and when: (at, actor reference, part), oldest first."""
    rows = tx.conn.execute(
        select(ReadingRow.at, ReadingRow.by, ReadingRow.part)
        .where(ReadingRow.case_id == case_id)
        .order_by(ReadingRow.id)
    )
    return [(row.at, row.by, row.part) for row in rows]


def last_of(tx: Tx, by: str) -> str | None:
    """The case whose contents the reader was last shown."""
    query = select(ReadingRow.case_id).where(ReadingRow.by == by).order_by(ReadingRow.id.desc()).limit(1)
    return tx.conn.execute(query).scalar()
