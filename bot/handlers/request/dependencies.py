"""The dependencies of the handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.clients.slack import SlackClient
from bot.clients.slack_web import RateLimit, unlimited
from bot.service import Service
from bot.service.batches import Batches
from bot.store.files.file_store import FileStore

Sleep = Callable[[float], Awaitable[None]]

POLL_SECONDS = 0.05
"""Seconds between two checks of running tasks."""

PageLink = Callable[[str, str], Awaitable[str]]
"""Creates a link for an officer (key) to a case's page (id), with an empty id to the overview,
or with FIGURES_TARGET to the statistics.

It works once, within a minute.
"""


class BackgroundTasks:
    """Tasks that run after the acknowledgement. Each reports its own failures."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._sleeping: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def wait_until_idle(self) -> None:
        """Wait until no task is running."""
        while self._running:
            await asyncio.wait(self._running)

    def cancellable(self, sleep: Sleep) -> Sleep:
        """`sleep`, marked so that `shut_down` may cancel a task during it."""

        async def sleep_cancellably(seconds: float) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._sleeping.add(task)
            try:
                await sleep(seconds)
            finally:
                self._sleeping.discard(task)

        return sleep_cancellably

    async def shut_down(self, seconds: float) -> None:
        """Wait at most so long for running tasks. Those that only sleep are cancelled, since nothing is lost by it."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._running and (remaining := deadline - asyncio.get_running_loop().time()) > 0:
            for task in list(self._sleeping):
                task.cancel()
            await asyncio.wait(self._running, timeout=min(remaining, POLL_SECONDS))
        for task in self._running:
            task.cancel()


class HomeRenderQueue:
    """Serialises the rendering of each user's App Home; a request that a later one has overtaken renders nothing."""

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def next_number(self, user: str) -> int:
        """The number of the user's next request."""
        self._latest[user] = self._latest.get(user, 0) + 1
        return self._latest[user]

    async def render_if_latest(self, user: str, number: int, render: Callable[[], Awaitable[None]]) -> None:
        """Render, unless the user has made a later request."""
        async with self._locks.setdefault(user, asyncio.Lock()):
            if self._latest[user] == number:
                await render()


@dataclass(frozen=True)
class Dependencies:
    """The dependencies; times are in seconds. `public_url` is where the pages are.

    `ack_timeout` is how long a request may take before the person is told that it takes longer, `placeholder_after`
    before its modal opens with a placeholder, and `delay_check_after` the time after a change when its delivery is
    checked. `rate_limit` waits for Slack's rate limit: for work that nobody waits for, never before a response.
    """

    service: Service
    batches: Batches
    slack: SlackClient
    files: FileStore
    page_link: PageLink
    public_url: str = ""
    tasks: BackgroundTasks = field(default_factory=BackgroundTasks)
    home_renders: HomeRenderQueue = field(default_factory=HomeRenderQueue)
    ack_timeout: float = 2.5
    placeholder_after: float = 1.0
    delay_check_after: float = 3.0
    sleep: Sleep = asyncio.sleep
    rate_limit: RateLimit = unlimited
