"""A restored store, older than what it replaces: what it has lost, and the numbers that may have been issued."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from bot.store.cases import case_numbers
from bot.store.engine.database import Tx
from bot.store.tables import CaseRow
from bot.store.verification import checkpoint_file, checkpoints
from bot.store.verification.acknowledgements import NumberRange
from bot.store.verification.findings import Findings
from bot.store.verification.parts import InOneTransaction
from bot.text.working_days import local_day

WEEK = timedelta(days=7)
MIN_SKIPPED = 100
"""Numbers that are skipped at least."""

DELIVERIES_SKIPPED = 1_000_000
"""Ids of deliveries that are skipped: posts in Slack are known by them, those that were lost too."""


class CheckpointsDamaged(Exception):
    """A line of the checkpoints was changed, or sealed with another key."""


@dataclass(frozen=True)
class KnownNumbers:
    """What checkpoints know of issued numbers: the time of the newest (None: none), and the last number by year."""

    at: datetime | None = None
    last: Mapping[int, int] = field(default_factory=dict)


def read_known_numbers(path: Path, key: bytes) -> KnownNumbers:
    """What the file of checkpoints knows. Raises CheckpointsDamaged."""
    last: Counter[int] = Counter()
    at = None
    for line in checkpoint_file.read_lines(path, key):
        if not line.data:
            raise CheckpointsDamaged
        at = datetime.fromisoformat(line.data["at"])
        year, _, running = str(line.data.get("number", "")).partition("-")
        if year.isdecimal() and running.isdecimal():
            last[int(year)] = max(last[int(year)], int(running))
    return KnownNumbers(at, last)


def skip_numbers(
    tx: Tx, known: KnownNumbers, since: datetime, now: datetime, next_number: tuple[int, int] | None = None
) -> tuple[NumberRange, ...]:
    """Skip the numbers that may have been issued since the backup, of `since`. Returns those skipped.

    Known are those in the store and in the checkpoints. Beyond them twice as many are skipped as came in the week
    before, for each week begun, and no fewer than `MIN_SKIPPED`; the next is the first of a hundred. `next_number`
    (year, running number) says which is the next of its year instead, where somebody knows.
    """
    since = max(since, known.at or since)
    rate = _count_received(tx, since - WEEK, since)
    margin = max(MIN_SKIPPED, 2 * rate * math.ceil((now - since) / WEEK))
    in_store = case_numbers.load_last(tx)
    skipped = []
    for year in range(local_day(since).year, local_day(now).year + 1):
        stored = in_store.get(year, 0)
        last = _round_up(max(stored, known.last.get(year, 0)) + margin)
        if next_number is not None and next_number[0] == year:
            last = max(stored, known.last.get(year, 0), next_number[1] - 1)
        if last > stored:
            case_numbers.skip_to(tx, year, last)
            skipped.append(NumberRange(year, stored + 1, last))
    return tuple(skipped)


def skip_delivery_ids(tx: Tx) -> None:
    """Let no later delivery have the id of one that was lost."""
    if tx.locks_rows:
        sequence = "pg_get_serial_sequence('delivery', 'id')"
        tx.conn.execute(text(f"SELECT setval({sequence}, nextval({sequence}) + {DELIVERIES_SKIPPED})"))
        return
    more = {"more": DELIVERIES_SKIPPED}
    changed = tx.conn.execute(
        text("UPDATE sqlite_sequence SET seq = seq + :more WHERE name = 'delivery'"), more
    )
    if changed.rowcount == 0:
        tx.conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('delivery', :more)"), more)


@dataclass(frozen=True, slots=True)
class Rollback:
    """How the store is older than the checkpoint of that time: the cases it lacks, and those that lack events."""

    checkpoint_at: datetime
    missing: int
    behind: int


def find_rollback(tx: Tx, folder: Path) -> Rollback | None:
    """What the newest checkpoint in `folder` has and the store has not; None where it has all."""
    findings = Findings(most=sys.maxsize)
    contents = checkpoints.check(InOneTransaction(tx), folder, findings)
    counts = Counter(finding.key for finding in findings.listed)
    missing, behind = counts["proof.dropped"], counts["proof.cut"] + counts["proof.rewritten"]
    if contents.checkpoint_at is None or not missing + behind:
        return None
    return Rollback(contents.checkpoint_at, missing, behind)


def _count_received(tx: Tx, start: datetime, end: datetime) -> int:
    query = (
        select(func.count())
        .select_from(CaseRow)
        .where(CaseRow.received_at > start, CaseRow.received_at <= end)
    )
    return tx.conn.execute(query).scalar() or 0


def _round_up(number: int) -> int:
    """The least number from that one on whose next is a full hundred."""
    return math.ceil((number + 1) / 100) * 100 - 1
