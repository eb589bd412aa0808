"""How much is left of what others let us ask of them, in buckets that all processes share."""

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
    """A leaky bucket: what it holds may go at once, and room comes back at its own speed (calls a second).

    `reserve` places are kept for others.
    """

    key: str
    capacity: int
    rate_per_second: float
    reserve: int = 0

    def seconds_until_free(self, empty_at: datetime, now: datetime) -> float:
        """Seconds until there is room for one more in a bucket that is empty at that time; 0 where there is."""
        level = max(0.0, (empty_at - now).total_seconds()) * self.rate_per_second
        return max(0.0, level + 1 + self.reserve - self.capacity) / self.rate_per_second

    def empty_at_after_call(self, empty_at: datetime, now: datetime) -> datetime:
        """When it is empty once one more has been put in."""
        return max(empty_at, now) + timedelta(seconds=1 / self.rate_per_second)

    def empty_at_when_blocked(self, until: datetime) -> datetime:
        """When it is empty if there is to be no room before `until`."""
        return until + timedelta(seconds=(self.capacity - 1) / self.rate_per_second)


def acquire(tx: Tx, buckets: Sequence[Bucket], now: datetime) -> float:
    """Take a place in each of the buckets, or in none. 0 when taken, else the seconds until there may be room."""
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
    """There is to be no room in it before `until`."""
    _ensure_bucket(tx, bucket.key, until)
    statement = _SET_EMPTY_AT.where(RateLimitRow.empty_at < bindparam("until"))
    tx.conn.execute(statement, {"wanted": bucket.key, "until": bucket.empty_at_when_blocked(until)})


def find_filled(tx: Tx, now: datetime) -> dict[str, datetime]:
    """When those that are not empty will be, by their keys."""
    return {row.key: row.empty_at for row in tx.conn.execute(_FIND_FILLED, {"now": now})}


def _ensure_bucket(tx: Tx, key: str, now: datetime) -> None:
    name = f"bucket/{key}"
    if name in tx.known_rows or name in tx.added_rows:
        return
    tx.insert_new(RateLimitRow, {"key": key, "empty_at": now})
    tx.added_rows.add(name)
