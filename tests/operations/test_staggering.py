"""Hundreds who come at the same moment: each is answered, and nobody else waits until all of them are."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from starlette.types import Receive, Scope, Send

from bot.web.staggering import BEGUN_AT_ONCE, StaggeredStart
from tests.conftest import PATIENCE


class Loop:
    """What began in which iteration of the event loop."""

    def __init__(self) -> None:
        self.iteration = 0
        self.begun: Counter[int] = Counter()
        self.order: list[str] = []
        self.web = StaggeredStart(self._begin, separate=["/slack/events"])

    async def _begin(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun[self.iteration] += 1
        self.order.append(scope["path"])

    def ask(self, path: str) -> asyncio.Task[None]:
        async def unused(*_: Any) -> Any:
            raise AssertionError

        return asyncio.create_task(self.web({"type": "http", "path": path}, unused, unused))

    async def count_iterations(self) -> None:
        while True:
            self.iteration += 1
            await asyncio.sleep(0)


async def test_of_a_hundred_at_once_a_few_begin_in_each_iteration_in_the_order_they_came() -> None:
    loop = Loop()
    counting = asyncio.create_task(loop.count_iterations())
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(loop.ask(f"/{n}") for n in range(100)))
    counting.cancel()
    assert loop.order == [f"/{n}" for n in range(100)]
    assert max(loop.begun.values()) == BEGUN_AT_ONCE


async def test_a_press_does_not_stand_in_line_behind_strangers() -> None:
    loop = Loop()
    strangers = [loop.ask(f"/{n}") for n in range(100)]
    press = loop.ask("/slack/events")
    async with asyncio.timeout(PATIENCE):
        await press
        assert len(loop.order) == BEGUN_AT_ONCE + 1
        await asyncio.gather(*strangers)


async def test_who_goes_away_while_waiting_takes_nobodys_place() -> None:
    loop = Loop()
    strangers = [loop.ask(f"/{n}") for n in range(100)]
    await asyncio.sleep(0)
    for stranger in strangers[BEGUN_AT_ONCE:90]:
        stranger.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*strangers[90:])
        await loop.ask("/later")
    assert loop.order == [f"/{n}" for n in (*range(BEGUN_AT_ONCE), *range(90, 100))] + ["/later"]
