"""How fast Slack may be called: a bucket for each method, and one for each channel that is posted to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiolimiter import AsyncLimiter

from bot.domain.notices import BACKGROUND, SOMEONE_WAITS

POST, UPDATE = "chat.postMessage", "chat.update"

RATES = {
    POST: (20, 4.0),
    UPDATE: (15, 35 / 60),
    "conversations.list": (5, 12 / 60),
    "conversations.members": (30, 60 / 60),
    "users.info": (30, 60 / 60),
}
"""Calls at once and calls a second, so that no minute holds more than the method's tier allows."""

USUAL = (15, 35 / 60)
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
    """Buckets that are asked, never waited at: who finds no room gives its turn to something more urgent.

    `scale` is how many times Slack's own pace is kept; a sandbox may allow more.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale
        self._methods: dict[str, AsyncLimiter] = {}
        self._channels: dict[str, AsyncLimiter] = {}
        self._held: dict[str, float] = {}

    async def take(self, method: str, *, channel: str = "", priority: int = SOMEONE_WAITS) -> None:
        """Take a place for one call, or raise Later."""
        if (seconds := self._held_for(method)) > 0:
            raise Later(seconds)
        wanted = [(self._method(method), self._reserved(method, priority))]
        if channel:
            wanted.append((self._channel(channel), 0.0))
        for bucket, reserve in wanted:
            if not bucket.has_capacity(1 + reserve):
                raise Later(bucket.time_period / bucket.max_rate)
        for bucket, _ in wanted:
            await bucket.acquire()

    def hold(self, method: str, seconds: float) -> None:
        """Slack wants the method left alone for so long."""
        self._held[method] = max(self._held.get(method, 0.0), _now() + seconds)

    def redraws(self) -> int:
        """The least urgent priority with which a card may be redrawn now; -1 for none."""
        if self._held_for(UPDATE) > 0 or not self._method(UPDATE).has_capacity():
            return SOMEONE_WAITS - 1
        roomy = self._method(UPDATE).has_capacity(1 + self._reserved(UPDATE, BACKGROUND))
        return BACKGROUND if roomy else SOMEONE_WAITS

    def full(self, channels: Iterable[str]) -> set[str]:
        """Those of the channels where nothing can be posted now."""
        if self._held_for(POST) > 0 or not self._method(POST).has_capacity():
            return set(channels)
        return {one for one in channels if one in self._channels and not self._channels[one].has_capacity()}

    def _reserved(self, method: str, priority: int) -> float:
        return float(RESERVE) if method == UPDATE and priority > SOMEONE_WAITS else 0.0

    def _held_for(self, method: str) -> float:
        return self._held.get(method, 0.0) - _now()

    def _method(self, method: str) -> AsyncLimiter:
        if method not in self._methods:
            self._methods[method] = self._bucket(*RATES.get(method, USUAL))
        return self._methods[method]

    def _channel(self, channel: str) -> AsyncLimiter:
        if channel not in self._channels:
            self._channels[channel] = self._bucket(*CHANNEL)
        return self._channels[channel]

    def _bucket(self, at_once: int, a_second: float) -> AsyncLimiter:
        """A leaky bucket: what it holds may go at once, and room comes back at its own speed."""
        return AsyncLimiter(at_once, at_once / (a_second * self._scale))


def _now() -> float:
    return asyncio.get_running_loop().time()
