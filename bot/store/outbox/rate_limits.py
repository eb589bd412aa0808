"""Leaky buckets for the rate limits of other systems, shared by all processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from bot.store.engine.database import Tx
from bot.store.tables import RateLimitRow, UtcDateTime

_FIND = (
    select(RateLimitRow.key, RateLimitRow.empty_at)
    .where(RateLimitRow.key.in_(bindparam("keys", expanding=True)))
    .order_by(RateLimitRow.key)
)
_FIND_FILLED = select(RateLimitRow.key, RateLimitRow.empty_at).where(
    RateLimitRow.empty_at > bindparam("now", type_=UtcDateTime())
)
_SET_EMPTY_AT = (
    update(RateLimitRow).where(RateLimitRow.key == bindparam("wanted")).values(empty_at=bindparam("until"))
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A leaky bucket: `capacity` calls may be made at once, and it leaks `rate_per_second` calls.

    `reserve` calls of the capacity are left for more urgent callers.
    """

    key: str
    capacity: int
    rate_per_second: float
    reserve: int = 0

    def seconds_until_free(self, empty_at: datetime, now: datetime) -> float:
        """Seconds until one more call is allowed, where the bucket is empty at `empty_at`; 0 where it is now."""
        level = max(0.0, (empty_at - now).total_seconds()) * self.rate_per_second
        return max(0.0, level + 1 + self.reserve - self.capacity) / self.rate_per_second

    def empty_at_after_call(self, empty_at: datetime, now: datetime) -> datetime:
        """When the bucket is empty after one more call."""
        return max(empty_at, now) + timedelta(seconds=1 / self.rate_per_second)

    def empty_at_when_blocked(self, until: datetime) -> datetime:
        """When the bucket is empty if no call is to be allowed before `until`."""
        return until + timedelta(seconds=(self.capacity - 1) / self.rate_per_second)


def acquire(tx: Tx, buckets: Sequence[Bucket], now: datetime) -> float:
    """Take one call from all of the buckets, or from none. 0 where taken, else the seconds until it may be."""
    for bucket in buckets:
        _ensure_bucket(tx, bucket.key, now)
    query = _FIND.with_for_update() if tx.locks_rows else _FIND
    rows = tx.conn.execute(query, {"keys": [bucket.key for bucket in buckets]})
    empty_at = {row.key: row.empty_at for row in rows}
    wait = max(bucket.seconds_until_free(empty_at[bucket.key], now) for bucket in buckets)
    if wait == 0:
        for bucket in buckets:
            tx.conn.execute(
                _SET_EMPTY_AT,
                {"wanted": bucket.key, "until": bucket.empty_at_after_call(empty_at[bucket.key], now)},
            )
    return wait


def block_until(tx: Tx, bucket: Bucket, until: datetime) -> None:
    """Allow no call before `until`."""
    _ensure_bucket(tx, bucket.key, until)
    statement = _SET_EMPTY_AT.where(RateLimitRow.empty_at < bindparam("until"))
    tx.conn.execute(statement, {"wanted": bucket.key, "until": bucket.empty_at_when_blocked(until)})


def find_filled(tx: Tx, now: datetime) -> dict[str, datetime]:
    """When each bucket that is not empty will be, by key."""
    return {row.key: row.empty_at for row in tx.conn.execute(_FIND_FILLED, {"now": now})}


def _ensure_bucket(tx: Tx, key: str, now: datetime) -> None:
    name = f"bucket/{key}"
    if name in tx.known_rows or name in tx.added_rows:
        return
    tx.insert_new(RateLimitRow, {"key": key, "empty_at": now})
    tx.added_rows.add(name)
