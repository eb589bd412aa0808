"""The readings' proof: each is as it was recorded, and as many are there as checkpoints have counted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.store.engine.database import Tx
from bot.store.log.readings import sealed
from bot.store.tables import CaseRow, ReadingRow
from bot.store.verification.findings import Findings

SETTLED = timedelta(minutes=10)
"""So old a reading is by when it is counted: what is being recorded meanwhile may show itself later."""

_MODULUS = 2**256


@dataclass(frozen=True, slots=True)
class Counted:
    """How many readings there were from after `since`, which is None for the first, until `until`.

    `total` is the sum of their keyed hashes: it is the same in whatever order they were recorded.
    """

    since: datetime | None
    until: datetime
    count: int
    total: int

    def as_kept(self) -> dict[str, Any]:
        """As a checkpoint keeps it."""
        since = self.since.isoformat() if self.since is not None else None
        return {
            "since": since,
            "until": self.until.isoformat(),
            "count": self.count,
            "total": f"{self.total:064x}",
        }

    @staticmethod
    def kept(told: Mapping[str, Any]) -> Counted:
        """What a checkpoint kept."""
        since = datetime.fromisoformat(told["since"]) if told["since"] else None
        return Counted(since, datetime.fromisoformat(told["until"]), told["count"], int(told["total"], 16))


def counted(tx: Tx, since: datetime | None, now: datetime) -> Counted | None:
    """The readings since the last count; None where the clock has been turned back behind it."""
    until = now - SETTLED
    if since is not None and until <= since:
        return None
    query = select(ReadingRow.__table__).where(ReadingRow.at <= until)
    query = query.where(ReadingRow.at > since) if since is not None else query
    key, count, total = _key(tx), 0, 0
    for row in tx.conn.execute(query.execution_options(yield_per=500)):
        count += 1
        total += int(sealed(key, row._asdict()), 16)
    return Counted(since, until, count, total % _MODULUS)


def check(tx: Tx, spans: Sequence[Counted], found: Findings) -> None:
    """Hold every reading against its own hash, and all of them against what was counted, in the order of the counts."""
    ends = [span.until for span in spans]
    counts, totals = [0] * len(spans), [0] * len(spans)
    key, some_sealed = _key(tx), False
    for row in _all(tx):
        code = sealed(key, row._asdict())
        some_sealed = some_sealed or row.hash is not None
        # Readings of before they were sealed come before all that are.
        if row.hash != code and (row.hash is not None or some_sealed):
            found.add(row.number or row.case_id, "proof.reading")
        place = bisect_left(ends, row.at)
        if place < len(spans):
            counts[place] += 1
            totals[place] += int(code, 16)
    for span, count, total in zip(spans, counts, totals, strict=True):
        if (count, total % _MODULUS) != (span.count, span.total):
            found.add("", "proof.readings", at=span.until, count=span.count, now=count)


def _all(tx: Tx) -> Iterator[Any]:
    query = select(ReadingRow.__table__, CaseRow.number).outerjoin(CaseRow, CaseRow.id == ReadingRow.case_id)
    yield from tx.conn.execute(query.order_by(ReadingRow.id).execution_options(yield_per=500))


def _key(tx: Tx) -> bytes:
    return tx.keys.derive("reading")
