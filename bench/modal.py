"""A press on Visa ärende to the case modal filled in, at rest in the sandbox."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.visible import CHANNEL

LOADING = "Hämtar"
"""Stands in the view that is shown at once, of the program and of the floor."""


@dataclass(frozen=True)
class OfficerWindow:
    """One officer at their desk in the sandbox."""

    session: aiohttp.ClientSession
    slack: str
    user: str

    async def listen(self, url: str) -> None:
        """Let the program at `url` hear what the officer presses."""
        await self._post("_set", request_url=f"{url}/slack/events")

    async def opens(self) -> float:
        """Seconds from the press on the newest card until the modal shows the case; it is closed again."""
        card = await self._card()
        began = time.perf_counter()
        data = await self._post("_do/press", channel=CHANNEL, ts=card, action_id="case:show", user=self.user)
        assert data["ok"], data
        await self._until_filled()
        taken = time.perf_counter() - began
        await self._post("_do/close", user=self.user, all=True)
        return taken

    async def _until_filled(self) -> None:
        for _ in range(2000):
            view = await self._view()
            if view is not None and LOADING not in json.dumps(view, ensure_ascii=False):
                return
            await asyncio.sleep(0.002)
        raise SystemExit("the modal was not filled in within seconds")

    async def _view(self) -> Any:
        async with self.session.get(f"{self.slack}/_see", params={"user": self.user}) as answer:
            views = (await answer.json())["stack"]
        return views[-1] if views else None

    async def _card(self) -> str:
        async with self.session.get(f"{self.slack}/_state") as answer:
            messages = (await answer.json())["channels"][CHANNEL]["messages"]
        cards = [one for one in messages if "case:show" in json.dumps(one)]
        return str(cards[-1]["ts"])

    async def _post(self, path: str, **data: Any) -> Any:
        async with self.session.post(f"{self.slack}/{path}", json=data) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()
