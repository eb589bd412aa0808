"""What the handlers work with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.clients.slack import SlackClient
from bot.clients.slack_web import RateLimit, unlimited
from bot.service import Service
from bot.store.files.file_store import FileStore

Sleep = Callable[[float], Awaitable[None]]

POLL_SECONDS = 0.05
"""Between two looks at what still goes on."""

PageLink = Callable[[str, str], Awaitable[str]]
"""Makes a link for an officer's key to a case's page; it works once, within a minute."""


class BackgroundTasks:
    """What goes on after the acknowledgement. Each task tells its own failures."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._sleeping: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def wait_until_idle(self) -> None:
        """Wait until nothing goes on."""
        while self._running:
            await asyncio.wait(self._running)

    def cancellable(self, sleep: Sleep) -> Sleep:
        """`sleep`, known to be no more than that."""

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
        """Let what goes on end within so long; what only waits for its time is given up, for nothing is lost by it."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._running and (remaining := deadline - asyncio.get_running_loop().time()) > 0:
            for task in list(self._sleeping):
                task.cancel()
            await asyncio.wait(self._running, timeout=min(remaining, POLL_SECONDS))
        for task in self._running:
            task.cancel()


class HomeRenderQueue:
    """Homes being drawn, each by one press at a time; one that a later press has overtaken draws nothing."""

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def next_number(self, user: str) -> int:
        """The number of the user's press."""
        self._latest[user] = self._latest.get(user, 0) + 1
        return self._latest[user]

    async def render_if_latest(self, user: str, number: int, render: Callable[[], Awaitable[None]]) -> None:
        """Draw, unless a later press has come."""
        async with self._locks.setdefault(user, asyncio.Lock()):
            if self._latest[user] == number:
                await render()


@dataclass(frozen=True)
class Dependencies:
    """`ack_timeout` is how long a request may take before it is answered that it takes longer, `placeholder_after`
    before its modal opens ahead of what it is to show, and `delay_check_after` how long after a change its delivery is
    looked for; all in seconds. `sleep` waits so many seconds, and `rate_limit` until Slack's rate limit has room for
    the call: for what nobody waits for, never before an answer."""

    service: Service
    slack: SlackClient
    files: FileStore
    page_link: PageLink
    tasks: BackgroundTasks = field(default_factory=BackgroundTasks)
    home_renders: HomeRenderQueue = field(default_factory=HomeRenderQueue)
    ack_timeout: float = 2.5
    placeholder_after: float = 1.0
    delay_check_after: float = 3.0
    sleep: Sleep = asyncio.sleep
    rate_limit: RateLimit = unlimited
