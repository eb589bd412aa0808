"""How long is waited between tries."""

from __future__ import annotations

import random

FIRST_SECONDS, LAST_SECONDS = 1.0, 300.0
"""Waits double from the first to the last."""

PROBE_SECONDS = 60.0
"""The longest wait when a whole destination is down, so that its return is noticed soon."""


def backoff(tries: int, longest: float = LAST_SECONDS) -> float:
    """Seconds to wait after so many tries: longer each time, and never quite the same."""
    wait = min(longest, FIRST_SECONDS * 2.0 ** (tries - 1)) if tries < 20 else longest
    return wait * random.uniform(0.75, 1.0)  # noqa: S311  (only to spread tries)


def told(retry_after: float) -> float:
    """Seconds to wait where the other side said how long."""
    return retry_after + random.uniform(0, 0.5)  # noqa: S311  (only to spread tries)
