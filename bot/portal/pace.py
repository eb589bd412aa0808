"""How often forms may be sent from one address."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

EACH = timedelta(seconds=10)
"""In the long run, one form in so long; many may sit behind one address, as all of a workplace do."""

AT_ONCE = 60
"""So many may come together; beyond it a form comes back filled in, to be sent a little later."""

MOST = 180
"""Beyond so many, forms are no longer read."""

PRESSES = timedelta(seconds=1), 600, 1200
"""The same for presses and small forms: in the morning a whole office comes in by one address."""

REMEMBERED = 10_000
"""Addresses, the last that sent anything."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether it is this form's turn: how long to wait, no time at all for most, and whether it is to be read."""

    wait: timedelta
    read: bool

    @property
    def come(self) -> bool:
        return not self.wait

    @property
    def minutes(self) -> int:
        """Whole minutes to wait, at least one."""
        return max(1, -(-int(self.wait.total_seconds()) // 60))


@dataclass(slots=True)
class Pace:
    """For each address or session, by a key that tells nothing of it, when all that it has sent is worked off.

    `each`, `at_once` and `most` are as EACH, AT_ONCE and MOST, which hold for a form that takes files.
    """

    each: timedelta = EACH
    at_once: int = AT_ONCE
    most: int = MOST
    _until: OrderedDict[str, datetime] = field(default_factory=OrderedDict)

    def turn(self, address: str, now: datetime) -> Turn:
        """Count one more form from the address."""
        until = max(self._until.pop(address, now), now) + self.each
        waiting = until - now
        self._until[address] = min(until, now + self.each * self.most)
        if len(self._until) > REMEMBERED:
            self._until.popitem(last=False)
        return Turn(
            max(waiting - self.each * self.at_once, timedelta()), read=waiting <= self.each * self.most
        )
