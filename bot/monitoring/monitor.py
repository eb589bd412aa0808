"""The state of the running program, gathered when it is asked for."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from bot.backup import find_newest_time
from bot.catalog import LiveCatalog
from bot.clients.certificate import find_certificate_end
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.monitoring.gauges import gauges
from bot.monitoring.process_status import CatalogVersion, ProcessStatus, SlowRequest
from bot.monitoring.store_facts import read_store
from bot.store import Database, DatabaseBusy, DatabaseUnreachable
from bot.store.verification import checkpoint_file
from bot.web.request_trace import request_metrics

FRESH = timedelta(seconds=5)
"""How long the gauges hold, however many ask."""

CERTIFICATE_FRESH, UNKNOWN_FRESH = timedelta(hours=1), timedelta(minutes=1)
"""How long what was found of the certificate holds, and that it is not valid or not known."""


@dataclass(frozen=True)
class MonitoredPlaces:
    """Where the program's files, checkpoints and backups are, its public address, and `LOW_DISK_MB` in bytes."""

    files: Path
    checkpoints: Path
    backups: Path | None
    public_url: str
    disk_limit: int


@dataclass
class Monitor:
    """Gathers what is told of the program; `intervals` says how often each job is to run."""

    database: Database
    catalog: LiveCatalog
    places: MonitoredPlaces
    intervals: Mapping[str, timedelta]
    look: Callable[[], Awaitable[Mapping[str, bool]]]
    """By part, whether it is ready."""
    clock: Callable[[], datetime]
    version: str
    _started_at: datetime = field(init=False)
    _refreshed_at: datetime | None = field(default=None, init=False)
    _certificate_due_at: datetime | None = field(default=None, init=False)
    _refreshing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        self._started_at = self.clock()
        gauges().set_build(self.version)

    async def running_state(self) -> ProcessStatus:
        """What this process knows of itself."""
        return ProcessStatus(
            version=self.version,
            started_at=self._started_at,
            ready=dict(await self.look()),
            catalog=[
                CatalogVersion(at=one.at, version=one.version, problems=one.problems)
                for one in self.catalog.changes
            ],
            slowest=[
                SlowRequest(
                    seconds=round(one.seconds, 3),
                    ended_at=one.ended_at,
                    ref=one.ref,
                    kind=one.kind,
                    name=one.name,
                )
                for one in request_metrics().slowest(datetime.now(UTC))
            ],
        )

    async def refresh_gauges(self) -> None:
        """Set the gauges anew, unless they have just been."""
        async with self._refreshing:
            now = self.clock()
            if self._refreshed_at is not None and abs(now - self._refreshed_at) < FRESH:
                return
            ready = await self.look()
            gauges().set_ready(ready)
            gauges().set_catalog(self.catalog.error.problems if self.catalog.error is not None else ())
            await self._refresh_store(now)
            await asyncio.to_thread(self._refresh_files)
            await self._refresh_certificate(now)
            self._refreshed_at = now

    async def _refresh_store(self, now: datetime) -> None:
        try:
            facts = await self.database.read(lambda tx: read_store(tx, now))
        except (DatabaseBusy, DatabaseUnreachable):
            return  # `arendebot_ready` tells it
        gauges().set_store(facts, self.intervals, now)

    def _refresh_files(self) -> None:
        places = self.places
        newest = find_newest_time(places.backups) if places.backups is not None else None
        key = self.database.keys.derive("checkpoint")
        checkpoint = checkpoint_file.find_newest_time(places.checkpoints / checkpoint_file.FILE_NAME, key)
        gauges().set_copies(checkpoint, newest, has_backups=places.backups is not None)
        gauges().set_disk(shutil.disk_usage(places.files).free, places.disk_limit)

    async def _refresh_certificate(self, now: datetime) -> None:
        """Look at the certificate once an hour, or once a minute while it is not valid or not known."""
        if self._certificate_due_at is not None and now < self._certificate_due_at:
            return
        host = urlsplit(self.places.public_url).hostname or ""
        try:
            ends_at = await find_certificate_end(self.places.public_url)
        except (TemporaryFailure, PermanentFailure):
            gauges().set_certificate(host, None)
            self._certificate_due_at = now + UNKNOWN_FRESH
            return
        if ends_at is not None:
            gauges().set_certificate(host, ends_at)
        self._certificate_due_at = now + CERTIFICATE_FRESH
