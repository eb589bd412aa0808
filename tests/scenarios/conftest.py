"""A town hall for each story."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import SAMPLE, SHORT_BUSY_MS
from tests.scenarios.running_program import Installation, RunningProgram, run_program


@pytest.fixture
async def program(sqlite_url: str, tmp_path: Path) -> AsyncIterator[RunningProgram]:
    """The sample municipality; Slack's requests arrive over HTTP."""
    async with run_program(Installation(tmp_path, sqlite_url, SAMPLE)) as opened:
        yield opened


@pytest.fixture
async def impatient_program(sqlite_url: str, tmp_path: Path) -> AsyncIterator[RunningProgram]:
    """One that does not wait long for a locked database."""
    async with run_program(Installation(tmp_path, sqlite_url, SAMPLE, SHORT_BUSY_MS)) as opened:
        yield opened


@pytest.fixture(params=["http", "socket"])
async def any_program(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> AsyncIterator[RunningProgram]:
    """The same over HTTP and over Socket Mode, in turn."""
    async with run_program(Installation(tmp_path, sqlite_url, SAMPLE), request.param) as opened:
        yield opened
