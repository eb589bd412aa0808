"""A submitted case to its card in the channel."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp

from sandbox.default_workspace import BOT_TOKEN
from sandbox.from_catalog import slack_id

CHANNEL = slack_id("C", "gata-park")
HEADERS = {"Authorization": f"Bearer {BOT_TOKEN}"}


async def program(session: aiohttp.ClientSession, url: str, slack: str, number: int) -> float:
    """Seconds from sending a case to the API until its card is in the channel."""
    before = await _count(session, slack)
    case = {
        "service": "felanmalan-gata-park",
        "external_id": f"bench-{number}",
        "people": [{"name": "Siv Prov", "email": "siv@prov.example"}],
        "answers": ANSWERS,
    }
    began = time.perf_counter()
    headers = {"Authorization": "Bearer demo-token-lindsjo"}
    async with session.post(f"{url}/api/v1/cases", json=case, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
    await _until_more(session, slack, before)
    return time.perf_counter() - began


async def floor(session: aiohttp.ClientSession, slack: str, number: int) -> float:
    """Seconds from posting a message straight to the channel until it is there."""
    before = await _count(session, slack)
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": f"Ärende {number}"}}]
    began = time.perf_counter()
    await _call(session, slack, "chat.postMessage", channel=CHANNEL, text="Ärende", blocks=blocks)
    await _until_more(session, slack, before)
    return time.perf_counter() - began


async def _count(session: aiohttp.ClientSession, slack: str) -> int:
    async with session.get(f"{slack}/_state") as answer:
        data = await answer.json()
    return len(data["channels"][CHANNEL]["messages"])


async def _until_more(session: aiohttp.ClientSession, slack: str, before: int) -> None:
    for _ in range(2000):
        if await _count(session, slack) > before:
            return
        await asyncio.sleep(0.005)
    raise SystemExit("the card did not come within ten seconds")


async def _call(session: aiohttp.ClientSession, slack: str, method: str, **arguments: Any) -> Any:
    async with session.post(f"{slack}/api/{method}", json=arguments, headers=HEADERS) as answer:
        data = await answer.json()
    assert data["ok"], data
    return data


ANSWERS = {"typ": "hal", "bradskande": True, "omrade": "centrum", "plats": "Vid lyktstolpe 12"}
