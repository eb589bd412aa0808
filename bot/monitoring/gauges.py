"""Metrics of the program's state. Labels are kinds, names of jobs and of parts, never ids of cases or people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache

from prometheus_client import Gauge

from bot.monitoring.store_facts import StoreFacts


class Gauges:
    """The gauges. Created by `gauges()`, since the registry accepts each name once."""

    def __init__(self) -> None:
        self._build = Gauge("arendebot_build_info", "1, with the version as label", ["version"])
        self._ready = Gauge("arendebot_ready", "1 where the part (store, slack) is reached, else 0", ["part"])
        self._oldest = Gauge(
            "arendebot_queue_oldest_seconds",
            "How long what has waited longest is overdue, by kind of destination; what is parked is left out",
            ["destination"],
        )
        self._parked = Gauge(
            "arendebot_deliveries_parked", "Deliveries that wait for somebody to mend something", ["trouble"]
        )
        self._job_finished = Gauge(
            "arendebot_job_finished_timestamp_seconds",
            "When the job was last finished, in seconds since 1970; 0 where it has not been for a week",
            ["name"],
        )
        self._job_interval = Gauge("arendebot_job_interval_seconds", "How often the job is to run", ["name"])
        self._checkpoint = Gauge(
            "arendebot_checkpoint_timestamp_seconds",
            "When the newest checkpoint of the log was written, in seconds since 1970; 0 before the first",
        )
        self._backup = Gauge(
            "arendebot_backup_timestamp_seconds",
            "When the newest nightly backup became whole, in seconds since 1970; 0 before the first",
        )
        self._backups_on = Gauge(
            "arendebot_backups_enabled", "1 where the program backs itself up each night, else 0"
        )
        self._catalog = Gauge(
            "arendebot_catalog_problems",
            "Problems in the catalog's files, for which the one before is in force",
        )
        self._certificate = Gauge(
            "arendebot_certificate_end_timestamp_seconds",
            "When the certificate of PUBLIC_URL ends, in seconds since 1970; 0 where it is not valid or not known",
            ["host"],
        )
        self._disk = Gauge("arendebot_disk_free_bytes", "Free bytes on the disk of FILES_DIR")
        self._disk_limit = Gauge(
            "arendebot_disk_limit_bytes", "LOW_DISK_MB in bytes: with fewer free, no files are taken"
        )

    def set_build(self, version: str) -> None:
        self._build.labels(version).set(1)

    def set_ready(self, parts: Mapping[str, bool]) -> None:
        for part, is_ready in parts.items():
            self._ready.labels(part).set(is_ready)

    def set_store(self, facts: StoreFacts, intervals: Mapping[str, timedelta], now: datetime) -> None:
        """The gauges of what the store tells. Jobs that have not run are told of as well."""
        self._oldest.clear()
        for kind, oldest_at in oldest_by_kind(facts).items():
            self._oldest.labels(kind).set((now - oldest_at).total_seconds())
        self._parked.clear()
        for (_, trouble), count in facts.parked.items():
            self._parked.labels(trouble).inc(count)
        for job, interval in intervals.items():
            run = facts.jobs.get(job)
            self._job_finished.labels(job).set(_seconds(run.finished_at if run is not None else None))
            self._job_interval.labels(job).set(interval.total_seconds())

    def set_copies(
        self, checkpoint_at: datetime | None, backup_at: datetime | None, *, has_backups: bool
    ) -> None:
        self._checkpoint.set(_seconds(checkpoint_at))
        self._backup.set(_seconds(backup_at))
        self._backups_on.set(has_backups)

    def set_catalog(self, problems: Collection[object]) -> None:
        self._catalog.set(len(problems))

    def set_certificate(self, host: str, ends_at: datetime | None) -> None:
        self._certificate.labels(host).set(_seconds(ends_at))

    def set_disk(self, free: int, limit: int) -> None:
        self._disk.set(free)
        self._disk_limit.set(limit)


@cache
def gauges() -> Gauges:
    """The single instance."""
    return Gauges()


def oldest_by_kind(facts: StoreFacts) -> dict[str, datetime]:
    """Since when what has waited longest has been due, by kind of destination: what stands before the slash."""
    oldest: dict[str, datetime] = {}
    for queue in facts.queues:
        kind = queue.destination.partition("/")[0]
        oldest[kind] = min(oldest.get(kind, queue.oldest_due_at), queue.oldest_due_at)
    return oldest


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0
