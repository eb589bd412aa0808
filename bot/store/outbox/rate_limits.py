"""How much is left of what others let us ask of them, in buckets that all processes share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from bot.store.engine.database import Tx
from bot.store.tables import BucketRow, Moment

_FIND = (
    select(BucketRow.key, BucketRow.empty_at)
    .where(BucketRow.key.in_(bindparam("keys", expanding=True)))
    .order_by(BucketRow.key)
)
_FILLED = select(BucketRow.key, BucketRow.empty_at).where(
    BucketRow.empty_at > bindparam("now", type_=Moment())
)
_FILL = update(BucketRow).where(BucketRow.key == bindparam("of")).values(empty_at=bindparam("until"))


@dataclass(frozen=True, slots=True)
class Bucket:
    """A leaky bucket: what it holds may go at once, and room comes back at its own speed (calls a second).

    `reserve` places are kept for others.
    """

    key: str
    at_once: int
    a_second: float
    reserve: int = 0

    def wait(self, empty_at: datetime, now: datetime) -> float:
        """Seconds until there is room for one more in a bucket that is empty at that time; 0 where there is."""
        held = max(0.0, (empty_at - now).total_seconds()) * self.a_second
        return max(0.0, held + 1 + self.reserve - self.at_once) / self.a_second

    def filled(self, empty_at: datetime, now: datetime) -> datetime:
        """When it is empty once one more has been put in."""
        return max(empty_at, now) + timedelta(seconds=1 / self.a_second)

    def shut(self, until: datetime) -> datetime:
        """When it is empty if there is to be no room before `until`."""
        return until + timedelta(seconds=(self.at_once - 1) / self.a_second)


def take(tx: Tx, buckets: Sequence[Bucket], now: datetime) -> float:
    """Take a place in each of the buckets, or in none. 0 when taken, else the seconds until there may be room."""
    for bucket in buckets:
        _expect(tx, bucket.key, now)
    query = _FIND.with_for_update() if tx.locks_rows else _FIND
    rows = tx.conn.execute(query, {"keys": [bucket.key for bucket in buckets]})
    empty_at = {row.key: row.empty_at for row in rows}
    wait = max(bucket.wait(empty_at[bucket.key], now) for bucket in buckets)
    if wait == 0:
        for bucket in buckets:
            tx.conn.execute(_FILL, {"of": bucket.key, "until": bucket.filled(empty_at[bucket.key], now)})
    return wait


def shut(tx: Tx, bucket: Bucket, until: datetime) -> None:
    """There is to be no room in it before `until`."""
    _expect(tx, bucket.key, until)
    later = _FILL.where(BucketRow.empty_at < bindparam("until"))
    tx.conn.execute(later, {"of": bucket.key, "until": bucket.shut(until)})


def filled(tx: Tx, now: datetime) -> dict[str, datetime]:
    """When those that are not empty will be, by their keys."""
    return {row.key: row.empty_at for row in tx.conn.execute(_FILLED, {"now": now})}


def _expect(tx: Tx, key: str, now: datetime) -> None:
    name = f"bucket/{key}"
    if name in tx.stored or name in tx.found:
        return
    tx.insert_new(BucketRow, {"key": key, "empty_at": now})
    tx.found.add(name)
