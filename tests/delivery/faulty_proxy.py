"""A faulty proxy before Slack: what is sent through it arrives, but the answer may not come back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from aiohttp import web

from tests.conftest import PATIENCE


class FaultyProxy:
    """Passes calls on to `target`. `faults` maps a method to what happens to its next calls, one fault a call:

    `cut` breaks the connection after the call was made, `hang` does not answer until `resumed`, `500` and `slow`
    answer with that status (`slow` is 429 with Retry-After 7), `never` breaks the connection before the call is made.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.url = ""
        self.faults: dict[str, list[str]] = {}
        self.calls: Counter[str] = Counter()
        self.is_hanging = asyncio.Event()
        self.resumed = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        faults = self.faults.get(method) or []
        fault = faults.pop(0) if faults else ""
        if fault == "slow":
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "7"}
            )
        if fault != "never":
            answer = await self._forward(request, method)
        if fault == "hang":
            self.is_hanging.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.resumed.wait(), 3 * PATIENCE)
        if fault in ("cut", "never"):
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if fault == "500":
            return web.Response(status=500, text="<html>", content_type="text/html")
        return web.json_response(answer)

    async def _forward(self, request: web.Request, method: str) -> Any:
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type")}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.target + method, data=await request.read(), headers=headers) as answer,
        ):
            return await answer.json()


@asynccontextmanager
async def faulty_proxy_to(target: str) -> AsyncIterator[FaultyProxy]:
    """A proxy to the API at `target`, on a free port."""
    proxy = FaultyProxy(target)
    app = web.Application()
    app.router.add_post("/api/{method}", proxy.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    yield proxy
    await runner.cleanup()
