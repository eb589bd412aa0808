"""A limit on the disk space of unattached files, and of forms that are not sent in yet."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

GB = 1024**3

MAX_UNATTACHED = 8 * GB
"""Bytes of all unattached files, beyond which only signed-in people may upload."""

MAX_EACH = 2 * GB
"""Bytes that one address or session may leave in a day: enough for an office's drawings, or a library's visitors."""

DAY = timedelta(days=1)

REMEMBERED = 10_000
"""How many addresses and sessions are remembered: those that uploaded last."""


@dataclass
class UploadBudget:
    """Counts bytes as they are received; thread-safe. `set_stored` gives the bytes that are on disk already."""

    max_unattached: int = MAX_UNATTACHED
    max_each: int = MAX_EACH
    _stored: int = 0
    _coming: int = 0
    _left: OrderedDict[str, tuple[float, datetime]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set_stored(self, size: int) -> None:
        """Set the bytes of unattached files in the store."""
        with self._lock:
            self._stored = size

    def reserve(self, who: str, size: int, now: datetime, *, known: bool) -> bool:
        """Reserve bytes for an address or session, `known` if signed in. False where its budget is used up."""
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
        """Release a reservation of `taken` bytes, of which `saved` are stored."""
        with self._lock:
            self._coming -= taken
            self._stored += saved
