"""Waits between attempts at a delivery."""

from __future__ import annotations

import random

MIN_SECONDS, MAX_SECONDS = 1.0, 300.0
"""Waits double from the first of these to the last."""

MAX_PROBE_SECONDS = 60.0
"""The longest wait when a whole destination is down, so that its recovery is noticed soon."""


def backoff_seconds(attempts: int, max_seconds: float = MAX_SECONDS) -> float:
    """Seconds to wait after that many attempts: exponential, with jitter."""
    wait = min(max_seconds, MIN_SECONDS * 2.0 ** (attempts - 1)) if attempts < 20 else max_seconds
    return wait * random.uniform(0.75, 1.0)  # noqa: S311  (only to spread tries)


def retry_after_seconds(retry_after: float) -> float:
    """Seconds to wait where the other system gave them."""
    return retry_after + random.uniform(0, 0.5)  # noqa: S311  (only to spread tries)
