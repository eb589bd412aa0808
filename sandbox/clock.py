"""The sandbox's time, which a test may move."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Epoch seconds that can be advanced, or run faster than the wall's."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._origin = time.time()
        self._started = time.monotonic()
        self._offset = 0.0

    def now(self) -> float:
        return self._origin + (time.monotonic() - self._started) * self.speed + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds

    def today(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).date().isoformat()
