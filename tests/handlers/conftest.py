"""An office for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.catalog import Catalog
from bot.store import Database
from tests.conftest import Clock
from tests.handlers.office import Office, open_office


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
