"""Socket Mode, with redundant connections to Slack."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.handlers.transport.payload_validation import InvalidRequest, parse_request

log = structlog.get_logger()

CONNECTIONS = 2
"""One remains open while the other is renewed: a press during a gap is lost, since Slack does not repeat it."""

RETRY_SECONDS = 5

PING_SECONDS = 3.0
"""The ping interval: a connection that broke silently is detected within four of these."""

REMEMBERED_ENVELOPES = 1_000
"""Ids of requests that are remembered: more than arrive within the time in which Slack repeats one."""

CLOSE_SECONDS = 1.0
"""How long received requests may take to be acknowledged when the program stops."""

MessageListener = Callable[..., Awaitable[None]]
"""Called with the SDK's client, a message, and its raw text."""


def create_message_listener(app: AsyncApp) -> MessageListener:
    """Create the listener for requests over the socket.

    They need no signature, since we connected to Slack, but are validated as over HTTP; invalid ones are not
    acknowledged. The client itself rejects messages of more than four megabytes. An envelope that
    comes by several connections is heard once, and again only where it was not acknowledged.
    """
    handled_ids: dict[str, None] = {}

    async def handle(client: Any, message: dict[str, Any], _raw: str | None = None) -> None:
        if "envelope_id" not in message:
            return
        started_at = time.time()
        try:
            envelope = _parse_envelope(message)
            bolt_request = parse_request(envelope.payload, build_headers(envelope) or {})
        except InvalidRequest as invalid:
            log.info("slack_turned_away", why=invalid.reason)
            return
        if envelope.envelope_id in handled_ids:
            return
        handled_ids[envelope.envelope_id] = None
        while len(handled_ids) > REMEMBERED_ENVELOPES:
            del handled_ids[next(iter(handled_ids))]
        acknowledged = False
        try:
            response = await app.async_dispatch(bolt_request)
            await send_async_response(client, envelope, response, started_at)
            acknowledged = response.status == HTTPStatus.OK
        finally:
            if not acknowledged:
                handled_ids.pop(envelope.envelope_id, None)

    return handle


def _parse_envelope(message: dict[str, Any]) -> SocketModeRequest:
    if not isinstance(message["envelope_id"], str) or not isinstance(message.get("payload"), dict):
        raise InvalidRequest(400, "envelope")
    envelope = SocketModeRequest.from_dict({"type": "", **message})
    assert envelope is not None
    return envelope


class SocketConnections:
    """Opens the connections. The client reconnects each by itself after it has been open once."""

    def __init__(self, app: AsyncApp, app_token: str, on_gap: Callable[[], None] = lambda: None) -> None:
        self._app = app
        self._token = app_token
        self._on_gap = on_gap
        self._greeted_sessions: dict[Any, Any] = {}
        self._in_progress: set[asyncio.Task[Any]] = set()
        self._is_stopped = False
        self._handlers: list[AsyncSocketModeHandler] = []

    @property
    def is_connected(self) -> bool:
        """Whether Slack can reach the program through at least one of them."""
        return any(_is_open(handler) for handler in self._handlers)

    async def run(self) -> None:
        """Open all, with retries while Slack does not respond, and return when all are open."""
        # Created here, since the client needs a running event loop.
        self._handlers = [
            AsyncSocketModeHandler(
                self._app, self._token, web_client=self._app.client, ping_interval=PING_SECONDS
            )
            for _ in range(CONNECTIONS)
        ]
        handle = self._until_stopped(create_message_listener(self._app))
        for handler in self._handlers:
            handler.client.socket_mode_request_listeners.clear()  # Bolt's own, which does not validate
            handler.client.message_listeners += [self._on_message, handle]
        await asyncio.gather(*(_connect_with_retries(handler) for handler in self._handlers))

    async def _on_message(self, client: Any, message: dict[str, Any], _raw: str | None = None) -> None:
        """At Slack's hello for a session: where no other is open, report a gap."""
        if message.get("type") != "hello":
            return
        was_receiving = any(
            self._is_receiving(handler) for handler in self._handlers if handler.client is not client
        )
        self._greeted_sessions[client] = client.current_session
        if not was_receiving:
            self._on_gap()

    def _is_receiving(self, handler: AsyncSocketModeHandler) -> bool:
        return (
            _is_open(handler) and self._greeted_sessions.get(handler.client) is handler.client.current_session
        )

    def _until_stopped(self, handle: MessageListener) -> MessageListener:
        async def listener(client: Any, message: dict[str, Any], raw: str | None = None) -> None:
            task = asyncio.current_task()
            if self._is_stopped or task is None:
                return
            self._in_progress.add(task)
            try:
                await handle(client, message, raw)
            finally:
                self._in_progress.discard(task)

        return listener

    def stop_accepting(self) -> None:
        """Acknowledge nothing more: Slack sends events again, and shows people that other requests have failed."""
        self._is_stopped = True

    async def close(self) -> None:
        """Close all, once received requests are acknowledged."""
        self.stop_accepting()
        if self._in_progress:
            await asyncio.wait(self._in_progress, timeout=CLOSE_SECONDS)
        closing = (handler.close_async() for handler in self._handlers)  # type: ignore[no-untyped-call]
        await asyncio.gather(*closing, return_exceptions=True)


def _is_open(handler: AsyncSocketModeHandler) -> bool:
    session = handler.client.current_session
    return session is not None and not session.closed


async def _connect_with_retries(handler: AsyncSocketModeHandler) -> None:
    while True:
        try:
            await handler.connect_async()  # type: ignore[no-untyped-call]
        except (aiohttp.ClientError, TimeoutError, SlackApiError) as error:
            log.warning("slack_not_reached", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            log.info("slack_connected")
            return
