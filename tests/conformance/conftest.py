"""Where the contract is tried: in a real workspace where a token is given, and else in the sandbox."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.default_workspace import default_workspace
from sandbox.person import Person
from sandbox.server import Sandbox
from tests.conformance.place import Place

TOKEN, CHANNEL, USER, APP_TOKEN, URL = (
    "SLACK_CONFORMANCE_TOKEN",
    "SLACK_CONFORMANCE_CHANNEL",
    "SLACK_CONFORMANCE_USER",
    "SLACK_CONFORMANCE_APP_TOKEN",
    "SLACK_API_URL",
)
UNTRIED: list[str] = []


def client_for(token: str, url: str) -> AsyncWebClient:
    """Waits as it is told to: the contract is not to be hurried."""
    return AsyncWebClient(token, base_url=url, retry_handlers=[AsyncRateLimitErrorRetryHandler(20)])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def place() -> AsyncIterator[Place]:
    found = _real() if os.environ.get(TOKEN) else None
    if found is not None:
        async with found:
            yield found
        return
    async with Sandbox.running(pace=None, smtp_port=None) as sandbox:
        client = client_for(sandbox.app.bot_token, sandbox.api_url)
        channel, reader = (default_workspace()[name][0]["id"] for name in ("channels", "users"))
        async with Place(client, channel, reader, sandbox.app.app_token, sandbox) as tried:
            yield tried


def _real() -> Place:
    if CHANNEL not in os.environ:
        pytest.exit(f"{CHANNEL} must name a channel that the app is in", 2)
    client = client_for(os.environ[TOKEN], os.environ.get(URL, "https://slack.com/api/"))
    return Place(client, os.environ[CHANNEL], os.environ.get(USER, ""), os.environ.get(APP_TOKEN, ""))


@pytest.fixture
def reader(place: Place, request: pytest.FixtureRequest) -> str:
    """A person in the channel, whom the app may show something."""
    return place.reader or _left_out(request, f"{USER} names nobody")


@pytest.fixture
def app_token(place: Place, request: pytest.FixtureRequest) -> str:
    return place.app_token or _left_out(request, f"{APP_TOKEN} is not given")


@pytest.fixture
def person(place: Place, request: pytest.FixtureRequest) -> Person:
    """Somebody who writes and presses."""
    if place.sandbox is None:
        _left_out(request, "a person must write or press")
    assert place.sandbox is not None
    return place.sandbox.person(place.reader)


def _left_out(request: pytest.FixtureRequest, why: str) -> str:
    """Only in a real workspace: the sandbox lacks nothing."""
    UNTRIED.append(f"{request.node.name}: {why}")
    pytest.skip(why)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if UNTRIED:
        terminalreporter.section("not tried in this workspace")
        for line in UNTRIED:
            terminalreporter.line(line)
