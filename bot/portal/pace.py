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
    """For each address, by a key that tells nothing of it, when all that it has sent is worked off."""

    _until: OrderedDict[str, datetime] = field(default_factory=OrderedDict)

    def turn(self, address: str, now: datetime) -> Turn:
        """Count one more form from the address."""
        until = max(self._until.pop(address, now), now) + EACH
        waiting = until - now
        self._until[address] = min(until, now + EACH * MOST)
        if len(self._until) > REMEMBERED:
            self._until.popitem(last=False)
        return Turn(max(waiting - EACH * AT_ONCE, timedelta()), read=waiting <= EACH * MOST)
