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
from tests.handlers.office import Office, Wait, open_office
from tests.handlers.tour import Tour
from tests.handlers.tour_steps import taken


@pytest.fixture
async def office(sqlite_database: Database, catalog: Catalog, clock: Clock) -> AsyncIterator[Office]:
    """Slack's requests arrive over HTTP."""
    async with open_office(sqlite_database, catalog, clock) as opened:
        yield opened


@pytest.fixture(params=["http", "socket"])
async def any_office(
    request: pytest.FixtureRequest, sqlite_database: Database, catalog: Catalog, clock: Clock
) -> AsyncIterator[Office]:
    """The same over HTTP and over Socket Mode, in turn."""
    async with open_office(sqlite_database, catalog, clock, request.param) as opened:
        yield opened


@pytest.fixture
async def slow(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> AsyncIterator[tuple[Office, Wait]]:
    """An office where waiting takes until the test says so."""
    wait = Wait()
    async with open_office(sqlite_database, catalog, clock, sleep=wait) as office:
        yield office, wait
        wait.over.set()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def logged() -> AsyncIterator[list[EventDict]]:
    """All that is logged while the tour is taken, and after it."""
    with capture_logs() as entries:
        yield entries


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tour(logged: list[EventDict], one_sqlite_database: Database) -> AsyncIterator[Tour]:
    """Every listener heard once: one tour for a whole file."""
    async with taken(one_sqlite_database, Clock()) as tour:
        yield tour
