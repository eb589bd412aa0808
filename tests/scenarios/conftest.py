"""A town hall for each story."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import IMPATIENT, SAMPLE
from tests.scenarios.town_hall import TownHall, Where, open_for_business


@pytest.fixture
async def hall(sqlite_url: str, tmp_path: Path) -> AsyncIterator[TownHall]:
    """The sample municipality; Slack's requests arrive over HTTP."""
    async with open_for_business(Where(tmp_path, sqlite_url, SAMPLE)) as opened:
        yield opened


@pytest.fixture
async def impatient_hall(sqlite_url: str, tmp_path: Path) -> AsyncIterator[TownHall]:
    """One that does not wait long for a locked database."""
    async with open_for_business(Where(tmp_path, sqlite_url, SAMPLE, IMPATIENT)) as opened:
        yield opened


@pytest.fixture(params=["http", "socket"])
async def any_hall(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> AsyncIterator[TownHall]:
    """The same over HTTP and over Socket Mode, in turn."""
    async with open_for_business(Where(tmp_path, sqlite_url, SAMPLE), request.param) as opened:
        yield opened
