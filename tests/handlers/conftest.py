"""An office for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from structlog.typing import EventDict

from bot.catalog import Catalog
from bot.store import Database
from tests.conftest import Clock
from tests.handlers.recorded_requests import Recording
from tests.handlers.recording_steps import record_requests
from tests.handlers.slack_harness import ControlledSleep, SlackHarness, open_harness


@pytest.fixture
async def harness(sqlite_database: Database, catalog: Catalog, clock: Clock) -> AsyncIterator[SlackHarness]:
    """Slack's requests arrive over HTTP."""
    async with open_harness(sqlite_database, catalog, clock) as opened:
        yield opened


@pytest.fixture(params=["http", "socket"])
async def any_harness(
    request: pytest.FixtureRequest, sqlite_database: Database, catalog: Catalog, clock: Clock
) -> AsyncIterator[SlackHarness]:
    """The same over HTTP and over Socket Mode, in turn."""
    async with open_harness(sqlite_database, catalog, clock, request.param) as opened:
        yield opened


@pytest.fixture
async def slow_harness(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> AsyncIterator[tuple[SlackHarness, ControlledSleep]]:
    """An office where waiting takes until the test says so."""
    wait = ControlledSleep()
    async with open_harness(sqlite_database, catalog, clock, sleep=wait) as harness:
        yield harness, wait
        wait.released.set()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def log_entries() -> AsyncIterator[list[EventDict]]:
    """All that is logged while the tour is taken, and after it."""
    with capture_logs() as entries:
        yield entries


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recording(log_entries: list[EventDict], one_sqlite_database: Database) -> AsyncIterator[Recording]:
    """Every listener heard once: one tour for a whole file."""
    async with record_requests(one_sqlite_database, Clock()) as recording:
        yield recording
