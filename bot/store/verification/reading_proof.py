"""Verification of the readings: their hashes, and their number according to the checkpoints."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, select

from bot.store.engine.database import Tx
from bot.store.log.readings import reading_hash
from bot.store.tables import CaseRow, ReadingRow
from bot.store.verification.findings import Findings

SETTLE_TIME = timedelta(minutes=10)
"""The least age of a reading when it is counted: one in an open transaction becomes visible later."""

_MODULUS = 2**256


@dataclass(frozen=True, slots=True)
class ReadingCount:
    """The number of readings after `since` (None: from the first) until `until`.

    `total` is the sum of their keyed hashes, which does not depend on their order.
    """

    since: datetime | None
    until: datetime
    count: int
    total: int

    def to_json(self) -> dict[str, Any]:
        """The count as stored in a checkpoint."""
        since = self.since.isoformat() if self.since is not None else None
        return {
            "since": since,
            "until": self.until.isoformat(),
            "count": self.count,
            "total": f"{self.total:064x}",
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> ReadingCount:
        """The count from a checkpoint."""
        since = datetime.fromisoformat(stored["since"]) if stored["since"] else None
        return ReadingCount(
            since, datetime.fromisoformat(stored["until"]), stored["count"], int(stored["total"], 16)
        )


def count_readings(tx: Tx, since: datetime | None, now: datetime, most: int) -> ReadingCount | None:
    """The readings since the last count, until `most` of them; None where the clock has been turned back behind it."""
    until = now - SETTLE_TIME
    if since is not None and until <= since:
        return None
    is_due = ReadingRow.at <= until
    is_due = and_(ReadingRow.at > since, is_due) if since is not None else is_due
    times = select(ReadingRow.at).where(is_due).order_by(ReadingRow.at)
    until = tx.conn.execute(times.offset(most).limit(1)).scalar() or until
    query = select(ReadingRow.__table__).where(is_due, ReadingRow.at <= until)
    key, count, total = _key(tx), 0, 0
    for row in tx.conn.execute(query.execution_options(yield_per=500)):
        count += 1
        total += int(reading_hash(key, row._asdict()), 16)
    return ReadingCount(since, until, count, total % _MODULUS)


def check(tx: Tx, expected: Sequence[ReadingCount], findings: Findings) -> None:
    """Check each reading against its own hash, and all against the counts, which are in order of time."""
    untils = [expected_count.until for expected_count in expected]
    counts, totals = [0] * len(expected), [0] * len(expected)
    key, has_sealed = _key(tx), False
    for row in _iter_readings(tx):
        hash_hex = reading_hash(key, row._asdict())
        has_sealed = has_sealed or row.hash is not None
        # Readings without a hash, from earlier versions, precede all others.
        if row.hash != hash_hex and (row.hash is not None or has_sealed):
            findings.add(row.number or row.case_id, "proof.reading")
        index = bisect_left(untils, row.at)
        if index < len(expected):
            counts[index] += 1
            totals[index] += int(hash_hex, 16)
    for expected_count, count, total in zip(expected, counts, totals, strict=True):
        if (count, total % _MODULUS) != (expected_count.count, expected_count.total):
            findings.add("", "proof.readings", at=expected_count.until, count=expected_count.count, now=count)


def _iter_readings(tx: Tx) -> Iterator[Any]:
    query = select(ReadingRow.__table__, CaseRow.number).outerjoin(CaseRow, CaseRow.id == ReadingRow.case_id)
    yield from tx.conn.execute(query.order_by(ReadingRow.id).execution_options(yield_per=500))


def _key(tx: Tx) -> bytes:
    return tx.keys.derive("reading")
