"""Connections that come and go."""

from __future__ import annotations

import asyncio

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.handlers.transport.socket_mode import SocketConnections
from sandbox.server import Sandbox
from tests.conftest import PATIENCE
from tests.handlers.slack_harness import make_workspace


async def test_threads_are_read_back_once_slack_reaches_the_program_again() -> None:
    gap = asyncio.Event()
    async with Sandbox.running(
        mode="socket", workspace=make_workspace(), smtp_port=None, pace=None
    ) as sandbox:
        client = AsyncWebClient(sandbox.app.bot_token, base_url=sandbox.api_url)
        app = AsyncApp(name="hall", client=client, signing_secret="x", process_before_response=True)
        sockets = SocketConnections(app, sandbox.app.app_token, gap.set)
        await sockets.run()
        assert await asyncio.wait_for(gap.wait(), PATIENCE)
        await sockets.close()
