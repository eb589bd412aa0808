"""A record of calls, acknowledgements and warnings."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.payload_schema import Json


@dataclass
class Record:
    """The latest entries, as plain dicts; bounded."""

    clock: Clock
    calls: deque[Json] = field(default_factory=lambda: deque(maxlen=2_000))
    acks: deque[Json] = field(default_factory=lambda: deque(maxlen=2_000))
    warnings: deque[Json] = field(default_factory=lambda: deque(maxlen=500))
    counts: Counter[str] = field(default_factory=Counter)

    def warn(self, warning: str, **more: object) -> None:
        self.warnings.append({"at": self.clock.now(), "warning": warning, **more})
