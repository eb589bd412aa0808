"""Socket Mode: how many connections, how long they last, and how they end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.server import Sandbox
from tests.conftest import PATIENCE
from tests.sandbox.transport.tiny_bot import ANNA, CHANNEL, actions, button, client_of, over_socket, tiny_bot

Json = dict[str, Any]


@contextlib.asynccontextmanager
async def socket_of(sandbox: Sandbox, more: str = "") -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A bare connection, as the app's own library opens one."""
    result = await client_of(sandbox).apps_connections_open(app_token=sandbox.app.app_token)
    async with aiohttp.ClientSession() as http, http.ws_connect(result["url"] + more) as socket:
        yield socket


async def receive_json(socket: aiohttp.ClientWebSocketResponse) -> Json:
    result: Json = await asyncio.wait_for(socket.receive_json(), PATIENCE)
    return result


async def test_the_greeting_says_how_long_a_connection_lasts() -> None:
    async with Sandbox.running(mode="socket", smtp_port=None) as sandbox:
        async with socket_of(sandbox) as usual:
            assert (await receive_json(usual))["debug_info"]["approximate_connection_time"] == 18_060
        async with socket_of(sandbox, "&debug_reconnects=true") as short:
            assert (await receive_json(short))["debug_info"]["approximate_connection_time"] == 360


async def test_a_connection_is_warned_then_asked_to_come_anew_and_then_ends() -> None:
    async with (
        Sandbox.running(mode="socket", connection_seconds=11, speed=100, smtp_port=None) as sandbox,
        socket_of(sandbox) as socket,
    ):
        assert (await receive_json(socket))["type"] == "hello"
        assert [(await receive_json(socket))["reason"] for _ in range(2)] == ["warning", "refresh_requested"]
        assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        await sandbox.connected(0)


async def test_the_bot_renews_its_connection_when_it_is_warned() -> None:
    async with Sandbox.running(mode="socket", connection_seconds=20, speed=100, smtp_port=None) as sandbox:
        app, pressed = tiny_bot(sandbox), []

        @app.action("take")
        async def on_take(ack: Any) -> None:
            pressed.append(1)
            await ack()

        blocks = [actions(button("take"))]
        card = await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)
        async with over_socket(sandbox, app):
            links, anna = sandbox.shared.sockets, sandbox.person(ANNA)
            (first,) = links.connections
            await anna.wait_until(lambda: links.connections and first not in links.connections)
            assert (await anna.press(CHANNEL, card["ts"], "take"))["ok"]
            assert pressed == [1]


async def test_the_eleventh_connection_is_too_many() -> None:
    async with (
        Sandbox.running(mode="socket", smtp_port=None) as sandbox,
        contextlib.AsyncExitStack() as all_of,
    ):
        for n in range(10):
            socket = await all_of.enter_async_context(socket_of(sandbox))
            assert (await receive_json(socket))["num_connections"] == n + 1
        eleventh = await all_of.enter_async_context(socket_of(sandbox))
        assert (await receive_json(eleventh))["reason"] == "too_many_websockets"


async def test_a_url_lets_one_in_and_no_more() -> None:
    async with Sandbox.running(mode="socket", smtp_port=None) as sandbox, aiohttp.ClientSession() as http:
        result = await client_of(sandbox).apps_connections_open(app_token=sandbox.app.app_token)
        async with http.ws_connect(result["url"]):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await http.ws_connect(result["url"])


async def test_switching_socket_mode_off_ends_it_at_once() -> None:
    async with (
        Sandbox.running(mode="socket", smtp_port=None) as sandbox,
        aiohttp.ClientSession() as http,
        socket_of(sandbox) as socket,
    ):
        await receive_json(socket)
        await http.post(f"{sandbox.url}/_set", json={"disconnect": "link_disabled"})
        assert (await receive_json(socket))["reason"] == "link_disabled"
        await sandbox.connected(0)
