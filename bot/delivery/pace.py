"""How fast Slack may be called: a bucket for each method, and one for each channel that is posted to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.clients.errors import Temporary
from bot.domain.notices import BACKGROUND, SOMEONE_WAITS
from bot.store import Database, Tx
from bot.store.outbox import rate_limits
from bot.store.outbox.rate_limits import Bucket

POST, UPDATE = "chat.postMessage", "chat.update"

RATES = {
    POST: (20, 4.0),
    UPDATE: (15, 33 / 60),
    "conversations.list": (5, 12 / 60),
    "conversations.members": (30, 60 / 60),
    "users.info": (30, 60 / 60),
}
"""Calls at once and calls a second, so that no minute holds more than the method's tier allows, with one or two to
spare for those that are held up on their way."""

USUAL = (15, 33 / 60)
"""Tier 3, for what is not named above."""

CHANNEL = (3, 1.0)
"""Posts to one channel: one a second, and a few at once."""

RESERVE = 8
"""Redraws kept back for cards that someone has pressed on."""


class Later(Exception):
    """Not now: the delivery is to be tried again in `seconds`. Nothing has gone wrong."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Pace:
    """Buckets that deliveries ask and never wait at: one that finds no room gives its turn to something more urgent.

    They are in the store, for Slack counts what all processes of a workspace do, also the one that was before.
    `scale` is how many times Slack's own pace is kept; a sandbox may allow more.
    """

    def __init__(self, database: Database, scale: float = 1.0) -> None:
        self._database = database
        self._scale = scale

    async def take(self, method: str, *, priority: int = SOMEONE_WAITS) -> None:
        """Take a place for one call, or raise Later."""
        await self._database.write(lambda tx: self.take_within(tx, method, priority=priority))

    @asynccontextmanager
    async def room(self, method: str, sleep: Callable[[float], Awaitable[None]]) -> AsyncIterator[None]:
        """A place for the one call within, as soon as there is one: only for what nobody waits for."""
        await self._wait(method, sleep)
        try:
            yield
        except Temporary as refused:
            await self._database.write(partial(self.heed, refused=refused))
            raise

    async def _wait(self, method: str, sleep: Callable[[float], Awaitable[None]]) -> None:
        while True:
            try:
                return await self.take(method)
            except Later as later:
                await sleep(later.seconds)

    def take_within(self, tx: Tx, method: str, *, channel: str = "", priority: int = SOMEONE_WAITS) -> None:
        """`take` as a part of what the caller is storing."""
        wanted = [self._method(method, priority)]
        if channel:
            wanted.append(self._channel(channel))
        if (seconds := rate_limits.take(tx, wanted, _now())) > 0:
            raise Later(seconds)

    def heed(self, tx: Tx, refused: Temporary) -> None:
        """A method that Slack wants left alone is so for as long as it says; of posts that holds for the channel."""
        if refused.retry_after is not None and refused.method not in ("", POST):
            rate_limits.shut(
                tx, self._method(refused.method), _now() + timedelta(seconds=refused.retry_after)
            )

    def redraws(self, tx: Tx) -> int:
        """The least urgent priority with which a card may be redrawn now; -1 for none."""
        filled = rate_limits.filled(tx, _now())
        priorities = (BACKGROUND, SOMEONE_WAITS)
        roomy = (one for one in priorities if _has_room(self._method(UPDATE, one), filled))
        return next(roomy, SOMEONE_WAITS - 1)

    def full(self, tx: Tx, channels: Iterable[str]) -> set[str]:
        """Those of the channels where nothing can be posted now."""
        filled = rate_limits.filled(tx, _now())
        if not _has_room(self._method(POST), filled):
            return set(channels)
        return {one for one in channels if not _has_room(self._channel(one), filled)}

    def _method(self, method: str, priority: int = SOMEONE_WAITS) -> Bucket:
        at_once, a_second = RATES.get(method, USUAL)
        reserve = RESERVE if method == UPDATE and priority > SOMEONE_WAITS else 0
        return Bucket(method, at_once, a_second * self._scale, reserve)

    def _channel(self, channel: str) -> Bucket:
        at_once, a_second = CHANNEL
        return Bucket(f"channel/{channel}", at_once, a_second * self._scale)


def _has_room(bucket: Bucket, filled: Mapping[str, datetime]) -> bool:
    now = _now()
    return bucket.wait(filled.get(bucket.key, now), now) == 0


def _now() -> datetime:
    """The real time: what Slack counts by, whatever the program's own clock is told."""
    return datetime.now(UTC)
