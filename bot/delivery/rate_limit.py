"""How fast Slack may be called: a bucket for each method, and one for each channel that is posted to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.clients.errors import TemporaryFailure
from bot.domain.notices import BACKGROUND, SOMEONE_WAITS
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
"""Calls at once and calls a second, so that no minute holds more than the method's tier allows, with one or two to
spare for those that are held up on their way."""

DEFAULT_LIMIT = (15, 33 / 60)
"""Tier 3, for what is not named above."""

CHANNEL_LIMIT = (3, 1.0)
"""Posts to one channel: one a second, and a few at once."""

REDRAW_RESERVE = 8
"""Redraws kept back for cards that someone has pressed on."""


class RateLimited(Exception):
    """Not now: the delivery is to be tried again in `seconds`. Nothing has gone wrong."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class RateLimit:
    """Buckets that deliveries ask and never wait at: one that finds no room gives its turn to something more urgent.

    They are in the store, for Slack counts what all processes of a workspace do, also the one that was before.
    `scale` is how many times Slack's own pace is kept; a sandbox may allow more.
    """

    def __init__(self, database: Database, scale: float = 1.0) -> None:
        self._database = database
        self._scale = scale

    async def acquire(self, method: str, *, priority: int = SOMEONE_WAITS) -> None:
        """Take a place for one call, or raise RateLimited."""
        await self._database.write(lambda tx: self.acquire_in_transaction(tx, method, priority=priority))

    @asynccontextmanager
    async def slot(self, method: str, sleep: Callable[[float], Awaitable[None]]) -> AsyncIterator[None]:
        """A place for the one call within, as soon as there is one: only for what nobody waits for."""
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
        """`acquire` as a part of what the caller is storing."""
        buckets = [self._method_bucket(method, priority)]
        if channel:
            buckets.append(self._channel_bucket(channel))
        if (seconds := rate_limits.acquire(tx, buckets, _now())) > 0:
            raise RateLimited(seconds)

    def apply_retry_after(self, tx: Tx, error: TemporaryFailure) -> None:
        """A method that Slack wants left alone is so for as long as it says; of posts that holds for the channel."""
        if error.retry_after is not None and error.method not in ("", POST):
            rate_limits.block_until(
                tx, self._method_bucket(error.method), _now() + timedelta(seconds=error.retry_after)
            )

    def max_redraw_priority(self, tx: Tx) -> int:
        """The least urgent priority with which a card may be redrawn now; -1 for none."""
        filled = rate_limits.find_filled(tx, _now())
        priorities = (BACKGROUND, SOMEONE_WAITS)
        with_capacity = (
            priority
            for priority in priorities
            if _has_capacity(self._method_bucket(UPDATE, priority), filled)
        )
        return next(with_capacity, SOMEONE_WAITS - 1)

    def find_full_channels(self, tx: Tx, channels: Iterable[str]) -> set[str]:
        """Those of the channels where nothing can be posted now."""
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
    """The real time: what Slack counts by, whatever the program's own clock is told."""
    return datetime.now(UTC)
