"""How often forms may be sent from one address."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

INTERVAL = timedelta(seconds=10)
"""In the long run, one form in so long; many may sit behind one address, as all of a workplace do."""

BURST = 60
"""So many may come together; beyond it a form comes back filled in, to be sent a little later."""

READ_LIMIT = 180
"""Beyond so many, forms are no longer read."""

PRESSES = timedelta(seconds=1), 600, 1200
"""The same for presses and small forms: in the morning a whole office comes in by one address."""

MAX_ADDRESSES = 10_000
"""Addresses, the last that sent anything."""


@dataclass(frozen=True, slots=True)
class RateLimitResult:
    """Whether it is this form's turn: how long to wait, no time at all for most, and whether it is to be read."""

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
    """For each address or session, by a key that tells nothing of it, when all that it has sent is worked off.

    `each`, `at_once` and `most` are as EACH, AT_ONCE and MOST, which hold for a form that takes files.
    """

    each: timedelta = INTERVAL
    at_once: int = BURST
    most: int = READ_LIMIT
    _busy_until: OrderedDict[str, datetime] = field(default_factory=OrderedDict)

    def acquire(self, address: str, now: datetime) -> RateLimitResult:
        """Count one more form from the address."""
        busy_until = max(self._busy_until.pop(address, now), now) + self.each
        backlog = busy_until - now
        self._busy_until[address] = min(busy_until, now + self.each * self.most)
        if len(self._busy_until) > MAX_ADDRESSES:
            self._busy_until.popitem(last=False)
        return RateLimitResult(
            max(backlog - self.each * self.at_once, timedelta()),
            may_read_body=backlog <= self.each * self.most,
        )
