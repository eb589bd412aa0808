"""Metrics of deliveries. Labels are kinds, states and outcomes, never ids."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)


class Metrics:
    """The program's metrics. Created by `metrics()`, since the registry accepts each name once."""

    def __init__(self) -> None:
        self._outcomes = Counter("arendebot_deliveries", "Deliveries tried", ["kind", "outcome"])
        self._waiting = Gauge("arendebot_deliveries_waiting", "Deliveries not done", ["kind", "state"])
        self._seconds = Histogram(
            "arendebot_delivery_seconds",
            "From when a delivery was due until it was done",
            ["kind"],
            buckets=BUCKETS,
        )

    def count_outcome(self, kind: str, outcome: str) -> None:
        self._outcomes.labels(kind, outcome).inc()

    def count_delivered(self, kind: str, seconds: float) -> None:
        self.count_outcome(kind, "done")
        self._seconds.labels(kind).observe(max(0.0, seconds))

    def set_waiting(self, counts: Mapping[tuple[str, str], int]) -> None:
        self._waiting.clear()
        for (kind, state), count in counts.items():
            self._waiting.labels(kind, state).set(count)


@cache
def metrics() -> Metrics:
    """The single instance."""
    return Metrics()
