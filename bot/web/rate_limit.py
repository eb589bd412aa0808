"""Rate limits for clients of the web."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MAX_CLIENTS = 10_000
"""How many clients are remembered: those that sent something last."""


@dataclass(frozen=True, slots=True)
class RateLimitResult:
    """Whether a request is accepted: the time to wait, zero where it is, and whether its body is to be read."""

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
    """A leaky bucket for each client: on average one request in each `interval`.

    `burst` requests may come together; after them the client is told to wait, and after `read_limit` the body is not
    read either. Clients are identified by keys that reveal nothing; stored is the time when a client's bucket is empty.
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
