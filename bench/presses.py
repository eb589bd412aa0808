"""A press (take) to its acknowledgement."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bench.processes import SECRET

_triggers = itertools.count(1)


def body(case_id: str, user: str, team: str, action: str = "case:take") -> bytes:
    """What Slack sends when a person presses a button on a card: Ta ärendet, where no other is named."""
    number = next(_triggers)
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": user, "username": "bench", "name": "bench", "team_id": team},
        "api_app_id": "A0BENCH",
        "token": "verification",
        "container": {
            "type": "message",
            "message_ts": f"1.{number:06d}",
            "channel_id": "C0BENCH",
            "is_ephemeral": False,
        },
        "trigger_id": f"{number}.1.bench",
        "team": {"id": team, "domain": "bench"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": "C0BENCH", "name": "bench"},
        "state": {"values": {}},
        "actions": [
            {
                "action_id": action,
                "block_id": "card",
                "text": {"type": "plain_text", "text": "Ta ärendet", "emoji": True},
                "value": f"{case_id}:1",
                "type": "button",
                "action_ts": f"{number}.000001",
            }
        ],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


async def press(session: aiohttp.ClientSession, url: str, content: bytes) -> float:
    """Seconds from sending the press to its acknowledgement."""
    began = time.perf_counter()
    await answered(session, url, content)
    return time.perf_counter() - began


async def answered(session: aiohttp.ClientSession, url: str, content: bytes) -> bytes:
    """What the program acknowledges with."""
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + content, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={signature}",
    }
    async with session.post(f"{url}/slack/events", data=content, headers=headers) as answer:
        assert answer.status == 200, answer.status
        return await answer.read()


async def in_turn(url: str, contents: Sequence[bytes]) -> list[float]:
    """One at a time."""
    async with aiohttp.ClientSession() as session:
        return [await press(session, url, content) for content in contents]


async def at_once(url: str, contents: Sequence[bytes], width: int) -> list[float]:
    """`width` at a time."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=width)) as session:
        waves = itertools.zip_longest(*[iter(contents)] * width)
        taken: list[float] = []
        for wave in waves:
            taken += await asyncio.gather(*(press(session, url, one) for one in wave if one is not None))
        return taken
