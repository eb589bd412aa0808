"""Verification of the readings: their hashes, and their number according to the checkpoints."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select

from bot.store.engine.database import Tx
from bot.store.engine.keys import canonical_json
from bot.store.log.readings import erased_code, reading_hash
from bot.store.tables import CaseRow, ReadingRow
from bot.store.verification.findings import Findings
from bot.store.verification.parts import PartRunner

SETTLE_TIME = timedelta(minutes=10)
"""The least age of a reading when it is counted: one in an open transaction becomes visible later."""

PART_SIZE = 10_000
"""Ids of readings that are verified in one transaction."""

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
    """Count at most `most` readings since the last count; None where the clock has been set back before it."""
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
        total += int(_original_hash(key, row), 16)
    return ReadingCount(since, until, count, total % _MODULUS)


class _Sums(NamedTuple):
    """The result for some readings: their number in each count, and the sums of their hashes."""

    findings: Findings
    counts: list[int]
    totals: list[int]


def check(run: PartRunner, expected: Sequence[ReadingCount], findings: Findings) -> None:
    """Check each reading against its own hash, and all against the counts, which are in order of time."""
    first_sealed, last = run.read(_find_ends)
    untils = [expected_count.until for expected_count in expected]
    counts, totals = [0] * len(expected), [0] * len(expected)
    check_some = partial(_check_some, untils=untils, first_sealed=first_sealed)
    parts = ((start, start + PART_SIZE) for start in range(0, last + 1, PART_SIZE))
    for _, sums in run.map(check_some, parts):
        findings.add_all(sums.findings)
        counts = list(map(add, counts, sums.counts))
        totals = list(map(add, totals, sums.totals))
    for number, (expected_count, count, total) in enumerate(zip(expected, counts, totals, strict=True)):
        left = ReadingCount(expected_count.since, expected_count.until, count, total % _MODULUS)
        if (left.count, left.total) != (expected_count.count, expected_count.total):
            facts = {"at": expected_count.until, "count": expected_count.count, "now": count}
            # With what is left of them, so that no further one can be lost unseen.
            loss = f"readings/{number}/{canonical_json(left.to_json())}"
            findings.add("", "proof.readings", loss=loss, **facts)


def _find_ends(tx: Tx) -> tuple[int, int]:
    """The id of the first reading that has a hash, and the last id of all; 0 where there is none.

    Readings of before they were sealed come before all that are.
    """
    sealed = select(ReadingRow.id).where(ReadingRow.hash.is_not(None)).order_by(ReadingRow.id).limit(1)
    last = tx.conn.execute(select(func.max(ReadingRow.id))).scalar() or 0
    return tx.conn.execute(sealed).scalar() or last + 1, last


def _check_some(tx: Tx, ids: tuple[int, int], untils: Sequence[datetime], first_sealed: int) -> _Sums:
    """The readings with ids from the first until before the second."""
    sums = _Sums(Findings(), [0] * len(untils), [0] * len(untils))
    key, wrong = _key(tx), list[str]()
    for row in _iter_readings(tx, *ids):
        hash_hex = _original_hash(key, row)
        is_forged = row.erased is not None and row.erased != erased_code(key, row._mapping)
        if is_forged or (row.hash != hash_hex and (row.hash is not None or row.id > first_sealed)):
            wrong.append(row.case_id)
        index = bisect_left(untils, row.at)
        if index < len(untils):
            sums.counts[index] += 1
            sums.totals[index] += int(hash_hex, 16)
    _add_findings(tx, wrong, sums.findings)
    return sums


def _add_findings(tx: Tx, wrong: Sequence[str], findings: Findings) -> None:
    """Add a finding for a wrong reading of each of these cases, by its number, where there is such a case."""
    cases = select(CaseRow.id, CaseRow.number).where(CaseRow.id.in_(set(wrong)))
    numbers = {row.id: row.number for row in tx.conn.execute(cases)} if wrong else {}
    for case_id in wrong:
        findings.add(numbers.get(case_id, case_id), "proof.reading")


def _original_hash(key: bytes, row: Any) -> str:
    """The hash of the reading: the stored one where its reason is erased, which `erased` vouches for."""
    if row.erased is not None and row.hash is not None:
        return str(row.hash)
    return reading_hash(key, row._mapping)


def _iter_readings(tx: Tx, start: int, end: int) -> Iterator[Any]:
    within = select(ReadingRow.__table__).where(ReadingRow.id >= start, ReadingRow.id < end)
    rows = tx.conn.execute(within.order_by(ReadingRow.id).execution_options(yield_per=500))
    return chain.from_iterable(rows.partitions())


def _key(tx: Tx) -> bytes:
    return tx.keys.derive("reading")
