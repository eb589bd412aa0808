"""A small real bot: what a test lets the sandbox speak with."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from sandbox.server import Quiet, Sandbox
from tests.conftest import PATIENCE

Json = dict[str, Any]
CHANNEL, ANNA, BJORN = "C0BYGGLOV1", "U0ANNABERG", "U0BJORNEK1"


def client_of(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(sandbox.app.bot_token, base_url=sandbox.api_url, retry_handlers=[])


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    """What can be chosen, called as its value."""
    return {"text": plain(value), "value": value}


def button(action_id: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(action_id), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "block_id": "buttons", "elements": list(elements)}


def text_input(block_id: str, **more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": block_id, **more.pop("element", {})}
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    title = more.pop("title", "Titel")
    return {"type": "modal", "title": plain(title), "blocks": list(blocks), "submit": plain("Spara"), **more}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def tiny_bot(sandbox: Sandbox) -> AsyncApp:
    """Posts, opens, pushes and answers just enough to show each of the sandbox's rules."""
    app = AsyncApp(
        token=sandbox.app.bot_token,
        signing_secret=sandbox.app.signing_secret,
        client=client_of(sandbox),
        process_before_response=True,
    )
    return app


@contextlib.asynccontextmanager
async def over_http(sandbox: Sandbox, app: AsyncApp) -> AsyncIterator[None]:
    handler = AsyncSlackRequestHandler(app)

    async def door(request: Request) -> Any:
        return await handler.handle(request)

    listener = socket.create_server(("127.0.0.1", 0))
    sandbox.request_url = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
    asgi = Starlette(routes=[Route("/slack/events", door, methods=["POST"])])
    server = Quiet(uvicorn.Config(asgi, log_level="warning", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def over_socket(sandbox: Sandbox, app: AsyncApp, connections: int = 1) -> AsyncIterator[None]:
    before = len(sandbox.shared.sockets.connections)
    handlers = [
        AsyncSocketModeHandler(app, sandbox.app.app_token, web_client=client_of(sandbox))
        for _ in range(connections)
    ]
    for handler in handlers:
        await handler.connect_async()
    await sandbox.connected(before + connections)
    try:
        yield
    finally:
        for handler in handlers:
            await handler.close_async()


@contextlib.asynccontextmanager
async def town(
    mode: str, build: Callable[[AsyncApp], Awaitable[None] | None], **settings: Any
) -> AsyncIterator[Sandbox]:
    """A sandbox with a tiny bot behind it, over either transport; on a busy machine no answer is too late for it."""
    patient = {"ack_seconds": PATIENCE, "trigger_seconds": PATIENCE}
    async with Sandbox.running(mode=mode, **patient | settings) as sandbox:
        app = tiny_bot(sandbox)
        build(app)
        link = over_http if mode == "http" else over_socket
        async with link(sandbox, app):
            yield sandbox
