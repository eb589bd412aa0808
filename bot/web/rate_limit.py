"""How often something may come from one client."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MAX_CLIENTS = 10_000
"""Clients remembered, the last that sent anything."""


@dataclass(frozen=True, slots=True)
class RateLimitResult:
    """Whether a request is taken: how long to wait, no time at all for most, and whether its body is to be read."""

    wait: timedelta
    may_read_body: bool

    @property
    def is_allowed(self) -> bool:
        return not self.wait

    @property
    def wait_minutes(self) -> int:
        """Whole minutes to wait, at least one."""
        return max(1, -(-int(self.wait.total_seconds()) // 60))


@dataclass(slots=True)
class RateLimiter:
    """A leaky bucket for each client: in the long run one request in each `interval`.

    `burst` may come together; beyond them one is told to wait, and beyond `read_limit` nothing is read. Clients are
    known by keys that tell nothing of them; what is kept is when all that each has sent is worked off.
    """

    interval: timedelta
    burst: int
    read_limit: int
    _busy_until: OrderedDict[str, datetime] = field(default_factory=OrderedDict)

    def acquire(self, client: str, now: datetime) -> RateLimitResult:
        """Count one more request from the client."""
        busy_until = max(self._busy_until.pop(client, now), now) + self.interval
        backlog = busy_until - now
        self._busy_until[client] = min(busy_until, now + self.interval * self.read_limit)
        if len(self._busy_until) > MAX_CLIENTS:
            self._busy_until.popitem(last=False)
        wait = max(backlog - self.interval * self.burst, timedelta())
        return RateLimitResult(wait, may_read_body=backlog <= self.interval * self.read_limit)
