"""A press to its acknowledgement: a case is taken, a note is kept, the status changed, the case given back."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bench.processes import SECRET, free_port

_numbers = itertools.count(1)

FORWARD, BACK = ("inskickat", "behandlas"), ("behandlas", "inskickat")
"""Statuses of the imported cases' e-service: the one a form was opened in, and the one that is chosen."""

IDLE_SECONDS = 2.0
"""Less than the five seconds after which uvicorn closes a connection."""

Act = str | tuple[str, str]

ROUND: tuple[Act, ...] = ("case:take", "case:note:submit", FORWARD, "case:release")
AGAIN: tuple[Act, ...] = ("case:take", "case:note:submit", BACK, "case:release")
"""What an officer does with a case, each of which changes it; the second time round it goes back to where it was."""


@dataclass(frozen=True)
class Officer:
    """Who presses, in which workspace, and where Slack takes what is said after the act."""

    user: str
    team: str
    response_url: str

    def acts(self, case_ids: Sequence[str]) -> Iterator[bytes]:
        """Acts without end: each on every case before the next on any."""
        for act in itertools.cycle(ROUND + AGAIN):
            for case_id in case_ids:
                yield self.act(case_id, act)

    def act(self, case_id: str, act: Act) -> bytes:
        """What Slack sends for it."""
        if act == "case:note:submit":
            values = {"text": _typed("Ringde upp, inget svar."), "kind": _chosen("official")}
            return self._submitted(act, {"case": case_id, "form": uuid.uuid4().hex}, values)
        if isinstance(act, tuple):
            previous, chosen = act
            return self._submitted(
                "case:status:submit", {"case": case_id, "was": previous}, {"status": _chosen(chosen)}
            )
        return self._pressed(case_id, act)

    def _pressed(self, case_id: str, action: str) -> bytes:
        """A button on a card."""
        number = next(_numbers)
        container = {
            "type": "message",
            "message_ts": f"1.{number:06d}",
            "channel_id": "C0BENCH",
            "is_ephemeral": False,
        }
        button = {
            "action_id": action,
            "block_id": "card",
            "text": {"type": "plain_text", "text": "Ta ärendet", "emoji": True},
            "value": f"{case_id}:1",
            "type": "button",
            "action_ts": f"{number}.000001",
        }
        payload = {
            "channel": {"id": "C0BENCH", "name": "bench"},
            "state": {"values": {}},
            "actions": [button],
        }
        answered = {"response_url": self.response_url, "container": container}
        return self._payload("block_actions", number, {**payload, **answered})

    def _submitted(self, form: str, ids: dict[str, str], values: dict[str, Any]) -> bytes:
        """A form that was filled in."""
        number = next(_numbers)
        view = {
            "id": f"V{number}",
            "type": "modal",
            "callback_id": form,
            "private_metadata": json.dumps(ids),
            "hash": f"{number}.a",
            "blocks": [],
            "state": {"values": {name: {name: value} for name, value in values.items()}},
        }
        return self._payload("view_submission", number, {"view": view, "response_urls": []})

    def _payload(self, kind: str, number: int, more: dict[str, Any]) -> bytes:
        payload = {
            "type": kind,
            "user": {"id": self.user, "username": "bench", "name": "bench", "team_id": self.team},
            "api_app_id": "A0BENCH",
            "token": "verification",
            "trigger_id": f"{number}.1.bench",
            "team": {"id": self.team, "domain": "bench"},
            "enterprise": None,
            "is_enterprise_install": False,
            **more,
        }
        return urlencode({"payload": json.dumps(payload)}).encode()


def _typed(text: str) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": text}


def _chosen(value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": value}
    return {"type": "static_select", "selected_option": {"text": text, "value": value}}


@asynccontextmanager
async def hook() -> AsyncIterator[str]:
    """Where Slack takes what is said after an act; the address of one that takes everything."""

    async def on_request(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/said", on_request)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", free_port())
    await site.start()
    yield f"{site.name}/said"
    await runner.cleanup()


def session(width: int = 0) -> aiohttp.ClientSession:
    """As many connections at once as that, 0 for any number.

    None is used again that has been idle so long that the server may just be closing it.
    """
    connector = aiohttp.TCPConnector(limit=width, keepalive_timeout=IDLE_SECONDS)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))


async def press(http: aiohttp.ClientSession, url: str, content: bytes) -> float:
    """Seconds from sending the press to its acknowledgement."""
    began = time.perf_counter()
    await answered(http, url, content)
    return time.perf_counter() - began


async def answered(http: aiohttp.ClientSession, url: str, content: bytes) -> bytes:
    """What the program acknowledges with."""
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + content, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={signature}",
    }
    async with http.post(f"{url}/slack/events", data=content, headers=headers) as answer:
        assert answer.status == 200, answer.status
        return await answer.read()


async def send_serially(url: str, contents: Sequence[bytes]) -> list[float]:
    """One at a time."""
    async with session() as one:
        return [await press(one, url, content) for content in contents]


async def at_once(url: str, contents: Sequence[bytes], width: int) -> list[float]:
    """`width` at a time."""
    async with session(width) as many:
        waves = itertools.zip_longest(*[iter(contents)] * width)
        taken: list[float] = []
        for wave in waves:
            taken += await asyncio.gather(*(press(many, url, one) for one in wave if one is not None))
        return taken
