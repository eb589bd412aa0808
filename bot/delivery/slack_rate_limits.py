"""Slack's rate limits: a bucket for each method, and one for each channel that is posted to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.clients.errors import TemporaryFailure
from bot.domain.notices import BULK, SOMEONE_WAITS
from bot.store import Database, Tx
from bot.store.outbox import rate_limits
from bot.store.outbox.rate_limits import Bucket

POST, UPDATE = "chat.postMessage", "chat.update"

METHOD_LIMITS = {
    POST: (20, 4.0),
    UPDATE: (15, 33 / 60),
    "conversations.list": (5, 12 / 60),
    "conversations.members": (30, 60 / 60),
    "users.info": (30, 60 / 60),
}
"""Burst and calls a second, such that no minute has more calls than the method's tier allows, less one or two since
calls may be delayed on their way."""

DEFAULT_LIMIT = (15, 33 / 60)
"""Tier 3, for all other methods."""

CHANNEL_LIMIT = (3, 1.0)
"""Burst and posts a second to one channel."""

REDRAW_RESERVE = 8
"""Updates reserved for cards that someone has just pressed on."""


class RateLimited(Exception):
    """The rate limit is reached: the delivery is to be tried again in `seconds`. Not an error."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class RateLimit:
    """Rate limits of calls. One that is refused raises RateLimited at once, so that other deliveries go meanwhile.

    They are in the store, since Slack counts the calls of all processes, and those before a restart.
    `scale` multiplies Slack's limits, for a sandbox.
    """

    def __init__(self, database: Database, scale: float = 1.0) -> None:
        self._database = database
        self._scale = scale

    async def acquire(self, method: str, *, priority: int = SOMEONE_WAITS) -> None:
        """Take one call. Raises RateLimited."""
        await self._database.write(lambda tx: self.acquire_in_transaction(tx, method, priority=priority))

    @asynccontextmanager
    async def slot(self, method: str, sleep: Callable[[float], Awaitable[None]]) -> AsyncIterator[None]:
        """Wait for one call, which is made within the context: only for work that nobody waits for."""
        await self._wait_until_acquired(method, sleep)
        try:
            yield
        except TemporaryFailure as error:
            await self._database.write(partial(self.apply_retry_after, error=error))
            raise

    async def _wait_until_acquired(self, method: str, sleep: Callable[[float], Awaitable[None]]) -> None:
        while True:
            try:
                return await self.acquire(method)
            except RateLimited as limited:
                await sleep(limited.seconds)

    def acquire_in_transaction(
        self, tx: Tx, method: str, *, channel: str = "", priority: int = SOMEONE_WAITS
    ) -> None:
        """`acquire` within the caller's transaction."""
        buckets = [self._method_bucket(method, priority)]
        if channel:
            buckets.append(self._channel_bucket(channel))
        if (seconds := rate_limits.acquire(tx, buckets, _now())) > 0:
            raise RateLimited(seconds)

    def apply_retry_after(self, tx: Tx, error: TemporaryFailure) -> None:
        """Block a method for as long as Slack's Retry-After says; not posting, which Slack limits by channel."""
        if error.retry_after is not None and error.method not in ("", POST):
            rate_limits.block_until(
                tx, self._method_bucket(error.method), _now() + timedelta(seconds=error.retry_after)
            )

    def max_redraw_priority(self, tx: Tx) -> int:
        """The least urgent priority with which a card may be updated now; -1 for none."""
        filled = rate_limits.find_filled(tx, _now())
        priorities = (BULK, SOMEONE_WAITS)
        with_capacity = (
            priority
            for priority in priorities
            if _has_capacity(self._method_bucket(UPDATE, priority), filled)
        )
        return next(with_capacity, SOMEONE_WAITS - 1)

    def find_full_channels(self, tx: Tx, channels: Iterable[str]) -> set[str]:
        """The channels, of those given, that cannot be posted to now."""
        filled = rate_limits.find_filled(tx, _now())
        if not _has_capacity(self._method_bucket(POST), filled):
            return set(channels)
        return {channel for channel in channels if not _has_capacity(self._channel_bucket(channel), filled)}

    def _method_bucket(self, method: str, priority: int = SOMEONE_WAITS) -> Bucket:
        capacity, rate = METHOD_LIMITS.get(method, DEFAULT_LIMIT)
        reserve = REDRAW_RESERVE if method == UPDATE and priority > SOMEONE_WAITS else 0
        return Bucket(method, capacity, rate * self._scale, reserve)

    def _channel_bucket(self, channel: str) -> Bucket:
        capacity, rate = CHANNEL_LIMIT
        return Bucket(f"channel/{channel}", capacity, rate * self._scale)


def _has_capacity(bucket: Bucket, filled: Mapping[str, datetime]) -> bool:
    now = _now()
    return bucket.seconds_until_free(filled.get(bucket.key, now), now) == 0


def _now() -> datetime:
    """The real time, which Slack counts by, also where the program's clock is set by a test."""
    return datetime.now(UTC)
