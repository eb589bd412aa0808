"""How much of the disk files may take that belong to no case yet."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

GB = 1024**3

MAX_UNATTACHED = 8 * GB
"""All such files together, beyond which nobody who is not signed in leaves any."""

MAX_EACH = 2 * GB
"""What one network address or one session leaves in a day: drawings of a whole office, or of a library's visitors."""

DAY = timedelta(days=1)

REMEMBERED = 10_000
"""Addresses and sessions, the last that left anything."""


@dataclass
class UploadBudget:
    """Bytes counted as they come, from any thread. What is on disk already is told by the store (`stored`)."""

    max_unattached: int = MAX_UNATTACHED
    max_each: int = MAX_EACH
    _stored: int = 0
    _coming: int = 0
    _left: OrderedDict[str, tuple[float, datetime]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set_stored(self, size: int) -> None:
        """So many bytes are loose in the store now."""
        with self._lock:
            self._stored = size

    def reserve(self, who: str, size: int, now: datetime, *, known: bool) -> bool:
        """Whether there is room for so many bytes more from an address or a session; who is `known` is signed in."""
        with self._lock:
            before, at = self._left.pop(who, (0.0, now))
            left = max(before - self.max_each * ((now - at) / DAY), 0.0)
            is_free = left + size <= self.max_each and (
                known or self._stored + self._coming + size <= self.max_unattached
            )
            self._left[who] = (left + size if is_free else left), now
            if len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
            self._coming += size if is_free else 0
            return is_free

    def settle(self, taken: int, saved: int) -> None:
        """Of bytes that were on their way, so many are stored; the others are gone again."""
        with self._lock:
            self._coming -= taken
            self._stored += saved
