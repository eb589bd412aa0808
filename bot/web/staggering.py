"""Requests that arrive together, begun a few in each iteration of the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

BEGUN_AT_ONCE = 2
"""Requests that begin in one iteration of the event loop. Each computes for a millisecond or two until it waits."""


class StaggeredStart:
    """Middleware, so that hundreds of simultaneous requests hold up nobody else.

    Requests for each of the `separate` paths have a queue of their own, and never wait behind others.
    """

    def __init__(self, app: ASGIApp, separate: Collection[str] = ()) -> None:
        self._app = app
        self._queues = {path: _Queue() for path in separate}
        self._others = _Queue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._queues.get(scope["path"], self._others).wait_to_begin()
        await self._app(scope, receive, send)


class _Queue:
    """Those who wait to begin, in the order they came."""

    def __init__(self) -> None:
        self._begun = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait_to_begin(self) -> None:
        if not self._begun:
            asyncio.get_running_loop().call_soon(self._begin_waiting)
        self._begun += 1
        if self._begun > BEGUN_AT_ONCE:
            slot = asyncio.get_running_loop().create_future()
            self._waiting.append(slot)
            await slot

    def _begin_waiting(self) -> None:
        """Let those begin who have waited longest; called once in each iteration in which any has come or waits."""
        self._begun = 0
        while self._waiting and self._begun < BEGUN_AT_ONCE:
            slot = self._waiting.popleft()
            if not slot.done():  # its client may have gone
                slot.set_result(None)
                self._begun += 1
        if self._begun:
            asyncio.get_running_loop().call_soon(self._begin_waiting)
