"""What the handlers work with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.clients.slack import SlackClient
from bot.clients.slack_web import Room, at_once
from bot.service import Service
from bot.store.files.file_store import FileStore

Sleep = Callable[[float], Awaitable[None]]

LOOK_SECONDS = 0.05
"""Between two looks at what still goes on."""

PageLink = Callable[[str, str], Awaitable[str]]
"""Makes a link for an officer's key to a case's page; it works once, within a minute."""


class Tasks:
    """What goes on after the acknowledgement. Each task tells its own failures."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._resting: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def settle(self) -> None:
        """Wait until nothing goes on."""
        while self._running:
            await asyncio.wait(self._running)

    def resting(self, sleep: Sleep) -> Sleep:
        """`sleep`, known to be no more than that."""

        async def rest(seconds: float) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._resting.add(task)
            try:
                await sleep(seconds)
            finally:
                self._resting.discard(task)

        return rest

    async def finish(self, seconds: float) -> None:
        """Let what goes on end within so long; what only waits for its time is given up, for nothing is lost by it."""
        until = asyncio.get_running_loop().time() + seconds
        while self._running and (left := until - asyncio.get_running_loop().time()) > 0:
            for task in list(self._resting):
                task.cancel()
            await asyncio.wait(self._running, timeout=min(left, LOOK_SECONDS))
        for task in self._running:
            task.cancel()


class Homes:
    """Homes being drawn, each by one press at a time; one that a later press has overtaken draws nothing."""

    def __init__(self) -> None:
        self._turns: dict[str, int] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def turn(self, user: str) -> int:
        """The number of the user's press."""
        self._turns[user] = self._turns.get(user, 0) + 1
        return self._turns[user]

    async def draw(self, user: str, turn: int, draw: Callable[[], Awaitable[None]]) -> None:
        """Draw, unless a later press has come."""
        async with self._locks.setdefault(user, asyncio.Lock()):
            if self._turns[user] == turn:
                await draw()


@dataclass(frozen=True)
class Kit:
    """`limit` is how long a press may take before it is answered that it takes longer, `opens_within` before its modal
    opens ahead of what it is to show, and `patience` how long after a change its delivery is looked for; all in
    seconds. `sleep` waits so many seconds, and `room` until Slack's pace has room for the call: for what nobody waits
    for, never before an answer."""

    service: Service
    slack: SlackClient
    files: FileStore
    page_link: PageLink
    tasks: Tasks = field(default_factory=Tasks)
    homes: Homes = field(default_factory=Homes)
    limit: float = 2.5
    opens_within: float = 1.0
    patience: float = 3.0
    sleep: Sleep = asyncio.sleep
    room: Room = at_once
