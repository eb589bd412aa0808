"""Bad days, ordered."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from sandbox.server import Sandbox
from tests.sandbox.tiny_bot import ANNA, CHANNEL, actions, button, client_of, town


async def texts(sandbox: Sandbox) -> list[str]:
    return [message["text"] for message in sandbox.person(ANNA).sees(CHANNEL)]


@pytest.mark.parametrize(("kind", "arrived"), [("cut_before", []), ("cut_after", ["x"])])
async def test_a_cut_leaves_the_caller_in_doubt(kind: Any, arrived: list[str]) -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        sandbox.inject("chat.postMessage", kind)
        with pytest.raises(aiohttp.ClientConnectionError):
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        assert await texts(sandbox) == arrived
        await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="y")
        assert await texts(sandbox) == [*arrived, "y"]


async def test_an_internal_error_may_have_done_its_work() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        sandbox.inject("chat.*", "error", code="fatal_error", skip=1)
        await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        with pytest.raises(SlackApiError, match="fatal_error"):
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="y")
        assert await texts(sandbox) == ["x", "y"]


@pytest.mark.parametrize(
    ("kind", "more", "status"), [("ratelimited", {"seconds": 7}, 429), ("status", {}, 503)]
)
async def test_a_refusal_does_nothing(kind: Any, more: dict[str, Any], status: int) -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        fault = sandbox.inject("chat.postMessage", kind, **more)
        with pytest.raises(SlackApiError) as refused:
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        assert refused.value.response.status_code == status
        assert refused.value.response.headers.get("Retry-After") == ("7" if status == 429 else None)
        assert (await texts(sandbox), fault.struck) == ([], 1)


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_press_may_come_twice_or_be_lost(mode: str) -> None:
    pressed: list[str] = []

    def build(app: AsyncApp) -> None:
        @app.action("take")
        async def on_take(ack: Any, body: Any) -> None:
            pressed.append(body["trigger_id"])
            await ack()

    async with town(mode, build, smtp_port=None) as sandbox:
        ts = (
            await client_of(sandbox).chat_postMessage(
                channel=CHANNEL, text="x", blocks=[actions(button("take"))]
            )
        )["ts"]
        anna = sandbox.person(ANNA)
        sandbox.inject("interactive", "duplicate")
        await anna.press(CHANNEL, ts, "take")
        await anna.wait_until(lambda: len(pressed) == 2)
        assert len(set(pressed)) == 1
        sandbox.inject("interactive", "lost")
        assert (await anna.press(CHANNEL, ts, "take"))["error"] == "operation_timeout"
        assert len(pressed) == 2
