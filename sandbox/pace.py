"""Slack's rate limits by method, and the refusals of calls."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field

from sandbox.clock import Clock

PER_MINUTE = {"1": 1, "2": 20, "3": 50, "4": 100, "special": 600, "post": 300}
"""Calls of one method a minute. Slack says "several hundred" of posts, and of the special ones that they are."""
POSTS_PER_SECOND, POST_BURST = 1.0, 4
MOST_CHANNELS = 2_000


@dataclass
class Bucket:
    """A bucket that leaks `rate` calls a second and holds at most `burst`."""

    rate: float
    burst: int
    level: float = 0.0
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Take one call. Returns 0 where it is allowed, else the seconds until it may be."""
        self.level = max(0.0, self.level - (now - self.at) * self.rate)
        self.at = now
        if self.level + 1 <= self.burst + 1e-9:
            self.level += 1
            return 0.0
        return (self.level + 1 - self.burst) / self.rate


@dataclass
class Pace:
    """The rate limits; `scale` multiplies Slack's, and None counts calls without limiting them."""

    clock: Clock
    scale: float | None = 1.0
    refused: Counter[str] = field(default_factory=Counter)
    _minutes: dict[str, deque[float]] = field(default_factory=dict)
    _posts: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)

    def refusal(self, method: str, tier: str, channel: str | None = None) -> int:
        """0 when the call may go on, else the whole seconds of Retry-After."""
        if self.scale is None:
            return 0
        wait = self._wait_for_minute(method, tier, self.scale)
        if not wait and channel is not None:
            wait = self._wait_for_channel(channel, self.scale)
        if not wait:
            return 0
        self.refused[method] += 1
        return max(1, math.ceil(wait))

    def _wait_for_minute(self, method: str, tier: str, scale: float) -> float:
        now, most = self.clock.now(), max(1, int(PER_MINUTE[tier] * scale))
        calls = self._minutes.setdefault(method, deque())
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= most:
            return calls[0] + 60 - now
        calls.append(now)
        return 0.0

    def _wait_for_channel(self, channel: str, scale: float) -> float:
        rate = POSTS_PER_SECOND * scale
        bucket = self._posts.setdefault(channel, Bucket(rate, max(1, int(POST_BURST * scale))))
        self._posts.move_to_end(channel)
        while len(self._posts) > MOST_CHANNELS:
            self._posts.popitem(last=False)
        return bucket.wait(self.clock.now())
