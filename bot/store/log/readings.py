"""Readings: records that someone was shown personal data of a case."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update

from bot.domain.views import OpeningLine
from bot.store.engine.database import Tx
from bot.store.tables import ReadingRow

OPENED_PART = "opened"
"""The part of a reading that holds the reason for opening a protected case; its `opening` is the session."""

LISTED_PART = "listed"
"""The part of a reading by which an officer was shown in a list who the applicants are."""

EXPORTED_PART, EXPORTED_ANSWERS_PART, EXPORTED_NAMES_PART = "exported", "exported_answers", "exported_names"
"""The parts of readings by exports: the columns of a list, and the answers and the applicants' names besides."""

EXPORTED_CASE_PART = "exported_case"
"""The part of a reading by which an officer took a whole case with them: its summary as a PDF, or its case file."""

EXPORTS = EXPORTED_PART, EXPORTED_ANSWERS_PART, EXPORTED_NAMES_PART, EXPORTED_CASE_PART

UNSEEN_PARTS = OPENED_PART, LISTED_PART, *EXPORTS
"""The parts of readings by which an officer has not seen what is new in the case."""


_WITH_REASON = select(ReadingRow.__table__).where(
    ReadingRow.case_id.in_(bindparam("wanted", expanding=True)), ReadingRow.reason.is_not(None)
)
_ERASE_REASON = (
    update(ReadingRow)
    .where(ReadingRow.id == bindparam("wanted"))
    .values(reason=None, erased=bindparam("code"))
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A record that `by` was shown a part of a case; one for each part within one `opening`."""

    by: str
    case_id: str
    part: str
    opening: str
    reason: str | None = field(default=None, repr=False)
    """The reason, where the case is protected."""


def record(tx: Tx, reading: Reading, at: datetime) -> bool:
    """Record the reading once for its reader, case, part and opening. Returns whether it was new."""
    key = {name: getattr(reading, name) for name in ("by", "case_id", "part", "opening")}
    existing = select(ReadingRow.id).filter_by(**key)
    if tx.conn.execute(existing).first() is not None:
        return False
    row = {**key, "at": at, "reason": reading.reason}
    row["hash"] = reading_hash(tx.keys.derive("reading"), row)
    return tx.insert_new(ReadingRow, row)


def record_for_cases(tx: Tx, reading: Reading, case_ids: Sequence[str], at: datetime) -> None:
    """Record the reading for each of the cases, as `record` would; its own `case_id` is not used."""
    key = tx.keys.derive("reading")
    known = set(
        tx.conn.execute(
            select(ReadingRow.case_id).where(
                ReadingRow.by == reading.by,
                ReadingRow.case_id.in_(case_ids),
                ReadingRow.part == reading.part,
                ReadingRow.opening == reading.opening,
            )
        ).scalars()
    )
    common = {"by": reading.by, "part": reading.part, "opening": reading.opening}
    rows = [
        {"case_id": case_id, "at": at, "reason": reading.reason, **common}
        for case_id in case_ids
        if case_id not in known
    ]
    tx.insert_all_new(ReadingRow, [{**row, "hash": reading_hash(key, row)} for row in rows])


def reading_hash(key: bytes, row: Mapping[str, Any]) -> str:
    """The keyed hash of a reading, over all its columns."""
    at = row["at"].astimezone(UTC).isoformat()
    fields = (at, row["by"], row["case_id"], row["part"], row["opening"], row["reason"] or "")
    return hmac.digest(key, "\x1f".join(fields).encode(), "sha256").hex()


def erase_reasons(tx: Tx, case_ids: Sequence[str]) -> None:
    """Erase the reasons for opening the cases. The rest of each reading stays, with its hash, and is vouched for."""
    rows = tx.conn.execute(_WITH_REASON, {"wanted": case_ids}).all()
    if rows:
        key = tx.keys.derive("reading")
        codes = [{"wanted": row.id, "code": erased_code(key, row._asdict())} for row in rows]
        tx.conn.execute(_ERASE_REASON, codes)


def erased_code(key: bytes, row: Mapping[str, Any]) -> str:
    """The code of a reading whose reason is erased: it binds what is left to the hash that was over all of it."""
    at = row["at"].astimezone(UTC).isoformat()
    fields = ("erased", at, row["by"], row["case_id"], row["part"], row["opening"], row["hash"] or "")
    return hmac.digest(key, "\x1f".join(fields).encode(), "sha256").hex()


def list_for_case(tx: Tx, case_id: str) -> list[tuple[datetime, str, str]]:
    """The readings of the case: (at, actor reference, part), oldest first."""
    rows = tx.conn.execute(
        select(ReadingRow.at, ReadingRow.by, ReadingRow.part)
        .where(ReadingRow.case_id == case_id)
        .order_by(ReadingRow.id)
    )
    return [(row.at, row.by, row.part) for row in rows]


def find_last(tx: Tx, by: str, case_id: str, part: str) -> datetime | None:
    """When the reader was last shown that part of the case."""
    at: datetime | None = tx.conn.execute(select_last(by, case_id, part)).scalar()
    return at


def select_last(by: str, case_id: str, part: str) -> Select[Any]:
    """The query of `find_last`."""
    return select(func.max(ReadingRow.at)).filter_by(by=by, case_id=case_id, part=part)


def find_last_case(tx: Tx, by: str) -> str | None:
    """The case whose contents the reader was last shown; lists and exports are not counted."""
    shown = ReadingRow.part.not_in((LISTED_PART, *EXPORTS))
    query = (
        select(ReadingRow.case_id).where(ReadingRow.by == by, shown).order_by(ReadingRow.id.desc()).limit(1)
    )
    return tx.conn.execute(query).scalar()


def find_reason(tx: Tx, by: str, case_id: str, session: str) -> str | None:
    """The reader's reason for opening the protected case in that session; None where they have given none."""
    query = select(ReadingRow.reason).filter_by(by=by, case_id=case_id, part=OPENED_PART, opening=session)
    return tx.conn.execute(query).scalar()


def list_reasons(tx: Tx, case_id: str) -> tuple[OpeningLine, ...]:
    """The openings of the protected case with their reasons, the latest first."""
    rows = tx.conn.execute(
        select(ReadingRow.at, ReadingRow.by, ReadingRow.reason)
        .where(ReadingRow.case_id == case_id, ReadingRow.part == OPENED_PART)
        .order_by(ReadingRow.id.desc())
    )
    return tuple(OpeningLine(row.at, row.by, row.reason or "") for row in rows)
