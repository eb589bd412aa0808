"""The Socket Mode transport: the server that the app connects to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.feed import Feed
from sandbox.payload_schema import Json
from sandbox.record import Record
from sandbox.town.workspace import Workspace
from sandbox.transport.app_requests import AppRequest, Reply

MOST_CONNECTIONS = 10
LIFETIME, DEBUGGED_LIFETIME = 18_060.0, 360.0
WARNING, FAREWELL = 10.0, 2.0
"""Seconds from the warning to the request to come anew, as Slack says, and from there to the end, as it does not."""


@dataclass
class Connection:
    """One of the app's connections; it ends after `lifetime` seconds."""

    socket: WebSocket
    lifetime: float
    ageing: asyncio.Task[None] | None = None
    waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    leaving: bool = False


class Sockets:
    """WebSockets that the app opens; each payload goes to one of them, in turn."""

    def __init__(self, workspace: Workspace, record: Record, feed: Feed, lifetime: float = LIFETIME) -> None:
        self._workspace, self._record, self._feed = workspace, record, feed
        self.lifetime = lifetime
        self.connections: list[Connection] = []
        self._tickets: dict[str, bool] = {}
        self._next_index = 0

    def new_url(self) -> str:
        ticket = uuid.uuid4().hex
        self._tickets[ticket] = True
        while len(self._tickets) > 100:
            self._tickets.pop(next(iter(self._tickets)))
        host = self._workspace.address.removeprefix("http")
        return f"ws{host}/link/?ticket={ticket}&app_id={self._workspace.app.id}"

    async def serve(self, socket: WebSocket) -> None:
        if not self._tickets.pop(socket.query_params.get("ticket", ""), False):
            await socket.close(4001)
            return
        await socket.accept()
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            await socket.close()
            return
        is_debugged = socket.query_params.get("debug_reconnects") == "true"
        link = Connection(socket, DEBUGGED_LIFETIME if is_debugged else self.lifetime)
        await socket.send_json(self._hello(link))
        self.connections.append(link)
        link.ageing = asyncio.create_task(self._age(link))
        self._feed.changed()
        try:
            while True:
                self._hear(link, await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._drop(link)

    async def _age(self, link: Connection) -> None:
        """Send a warning, then the request to reconnect, then close."""
        speed = self._workspace.clock.speed
        await asyncio.sleep(max(0.0, link.lifetime - WARNING) / speed)
        await _say_goodbye(link, "warning")
        await asyncio.sleep(min(WARNING, link.lifetime) / speed)
        await self._end(link, "refresh_requested")

    async def _end(self, link: Connection, reason: str) -> None:
        link.leaving = True
        await _say_goodbye(link, reason)
        if reason == "refresh_requested":
            await asyncio.sleep(FAREWELL / self._workspace.clock.speed)
        await _hang_up(link, 1000)

    def _hello(self, link: Connection) -> Json:
        about = {"host": "sandbox", "build_number": 1, "approximate_connection_time": int(link.lifetime)}
        return {
            "type": "hello",
            "num_connections": len(self.connections) + 1,
            "debug_info": about,
            "connection_info": {"app_id": self._workspace.app.id},
        }

    def _hear(self, link: Connection, text: str) -> None:
        try:
            payload = json.loads(text)
            envelope = payload["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self._record.warn("socket message without envelope_id", text=text[:200])
            return
        unknown = set(payload) - {"envelope_id", "payload"}
        waiting = link.waiting.pop(envelope, None)
        if unknown:
            self._record.warn("socket answer with unknown fields", fields=sorted(unknown))
        if waiting is None or waiting.done():
            self._record.warn("late or unknown acknowledgement", envelope_id=envelope)
        else:
            waiting.set_result(payload.get("payload"))

    def _drop(self, link: Connection) -> None:
        self._stop_ageing(link)
        if link in self.connections:
            self.connections.remove(link)
        for waiting in link.waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())
        self._feed.changed()

    def _next(self) -> Connection | None:
        able = [link for link in self.connections if not link.leaving]
        self._next_index += 1
        return able[self._next_index % len(able)] if able else None

    async def send(self, request: AppRequest, seconds: float) -> Reply:
        link = self._next()
        if link is None:
            return Reply(reason="connection_failed")
        envelope = str(uuid.uuid4())
        waiting = link.waiting[envelope] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await link.socket.send_json(self._envelope(request, envelope))
                body = await waiting
        except TimeoutError:
            return Reply(reason="http_timeout")
        except (ConnectionResetError, WebSocketDisconnect, RuntimeError):
            return Reply(reason="connection_failed")
        finally:
            link.waiting.pop(envelope, None)
        if body is not None and not request.accepts_answer:
            self._record.warn("payload in an answer that accepts none", kind=request.kind)
            body = None
        return Reply(body)

    async def send_and_drop(self, request: AppRequest) -> Reply:
        """Sends it, and breaks that connection before the app can acknowledge."""
        link = self._next()
        if link is not None:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await link.socket.send_json(self._envelope(request, str(uuid.uuid4())))
            self._drop(link)
            await _hang_up(link, 1011)
        return Reply(reason="connection_failed")

    def _envelope(self, request: AppRequest, envelope: str) -> Json:
        payload: Json = {
            "envelope_id": envelope,
            "type": "interactive" if request.kind == "options" else request.kind,
            "payload": request.payload,
            "accepts_response_payload": request.accepts_answer,
        }
        if request.kind == "events_api":
            payload |= {"retry_attempt": request.retry, "retry_reason": request.retry_reason}
        return payload

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tells every connection so: `warning`, `refresh_requested` (it ends a little later) or `link_disabled`."""
        for link in list(self.connections):
            if reason == "warning":
                await _say_goodbye(link, reason)
            else:
                self._stop_ageing(link)
                link.ageing = asyncio.create_task(self._end(link, reason))
                link.leaving = True

    def _stop_ageing(self, link: Connection) -> None:
        if link.ageing is not None and link.ageing is not asyncio.current_task():
            link.ageing.cancel()

    async def cut(self) -> None:
        """Close every connection without notice."""
        for link in list(self.connections):
            self._drop(link)
            await _hang_up(link, 1011)

    async def close(self) -> None:
        for link in list(self.connections):
            await _hang_up(link, 1001)


async def _say_goodbye(link: Connection, reason: str) -> None:
    payload = {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await link.socket.send_json(payload)


async def _hang_up(link: Connection, code: int) -> None:
    """The app may have done so first."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await link.socket.close(code)
