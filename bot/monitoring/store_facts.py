"""What the store tells of the program: its queues, its jobs, and what is parked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store import Tx
from bot.store.engine import job_leases
from bot.store.engine.job_leases import JobRun
from bot.store.outbox import delivery_counts
from bot.store.outbox.delivery_counts import Queue


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """Queues by how long they have waited, numbers of parked deliveries by (kind, trouble), and jobs by name."""

    queues: Sequence[Queue]
    parked: Mapping[tuple[str, str], int]
    jobs: Mapping[str, JobRun]


def read_store(tx: Tx, now: datetime) -> StoreFacts:
    """The facts at `now`."""
    return StoreFacts(
        delivery_counts.list_queues(tx, now),
        delivery_counts.count_parked(tx),
        job_leases.list_runs(tx, now),
    )
