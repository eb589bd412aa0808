"""The decision whether and when a failed delivery is tried again, and its waits."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from bot.clients.errors import TemporaryFailure
from bot.store.outbox.claims import Delivery

MIN_SECONDS, MAX_SECONDS = 1.0, 300.0
"""Waits double from the first of these to the last."""

MAX_PROBE_SECONDS = 60.0
"""The longest wait when a whole destination is down, so that its recovery is noticed soon."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The delivery is tried again after `wait_seconds`.

    `uncertain` means that it may have been sent, so that it is looked for first. With `holds_destination` all other
    deliveries to its destination wait as long.
    """

    wait_seconds: float
    uncertain: bool
    holds_destination: bool


class RetryPolicy:
    """Decides about failed attempts; counts the outages in a row of each destination, in this process."""

    def __init__(self) -> None:
        self._outages: Counter[str] = Counter()

    def decide(self, delivery: Delivery, failure: TemporaryFailure, *, is_sent: bool) -> Retry:
        """The retry after an attempt whose `is_sent` is given. What failed permanently is parked instead."""
        return Retry(
            wait_seconds=self._wait_seconds(delivery, failure),
            uncertain=failure.may_have_succeeded if is_sent else delivery.uncertain,
            holds_destination=failure.is_outage or failure.retry_after is not None,
        )

    def on_delivered(self, destination: str) -> None:
        """Forget the outages of a destination that has responded: the next begins with the shortest wait."""
        self._outages.pop(destination, None)

    def _wait_seconds(self, delivery: Delivery, failure: TemporaryFailure) -> float:
        """Those that the other system gave, else exponential with jitter."""
        if failure.retry_after is not None:
            return failure.retry_after + random.uniform(0, 0.5)  # noqa: S311  (only to spread tries)
        if failure.is_outage:
            self._outages[delivery.destination] += 1
            return backoff_seconds(self._outages[delivery.destination], MAX_PROBE_SECONDS)
        return backoff_seconds(delivery.attempts)


def backoff_seconds(attempts: int, max_seconds: float = MAX_SECONDS) -> float:
    """Seconds to wait after that many attempts: exponential, with jitter."""
    wait = min(max_seconds, MIN_SECONDS * 2.0 ** (attempts - 1)) if attempts < 20 else max_seconds
    return wait * random.uniform(0.75, 1.0)  # noqa: S311  (only to spread tries)
