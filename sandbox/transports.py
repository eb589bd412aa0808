"""The two ways to the app: signed HTTP requests, and Socket Mode."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.shapes import Json
from sandbox.stage import Stage

MOST_CONNECTIONS = 10


@dataclass(frozen=True)
class Reply:
    """What came back: a body, or the reason why nothing did."""

    body: Any = None
    reason: str = ""
    flags: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class Parcel:
    """One payload on its way: its kind decides the form it is sent in."""

    kind: str
    payload: Json
    retry: int = 0
    retry_reason: str = ""
    accepts_answer: bool = False


class HttpTransport:
    """Signed POSTs to the request URL."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, parcel: Parcel, seconds: float) -> Reply:
        url = self.stage.request_url
        if parcel.kind == "options" and self.stage.options_url:
            url = self.stage.options_url
        if not url:
            return Reply(reason="connection_failed")
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        body, headers = self._written(parcel)
        try:
            async with self._session.post(
                url,
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as answer:
                return await self._read(answer)
        except TimeoutError:
            return Reply(reason="http_timeout")
        except aiohttp.ClientError:
            return Reply(reason="connection_failed")

    def _written(self, parcel: Parcel) -> tuple[bytes, dict[str, str]]:
        if parcel.kind == "events_api":
            body, kind = json.dumps(parcel.payload), "application/json"
        elif parcel.kind == "slash_commands":
            body, kind = urlencode(parcel.payload), "application/x-www-form-urlencoded"
        else:
            body, kind = (
                urlencode({"payload": json.dumps(parcel.payload)}),
                "application/x-www-form-urlencoded",
            )
        headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        if parcel.retry:
            headers |= {"X-Slack-Retry-Num": str(parcel.retry), "X-Slack-Retry-Reason": parcel.retry_reason}
        return body.encode(), headers | self._signed(body)

    def _signed(self, body: str) -> dict[str, str]:
        # The receiver compares with its own wall clock, so a moved sandbox clock must not show here.
        stamp = str(int(time.time()))
        secret = self.stage.workspace.app.signing_secret.encode()
        digest = hmac.new(secret, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    async def _read(self, answer: aiohttp.ClientResponse) -> Reply:
        text = await answer.text()
        if not 200 <= answer.status < 300:
            flags = frozenset({"no_retry"} if answer.headers.get("x-slack-no-retry") == "1" else ())
            return Reply(reason="http_error", flags=flags)
        if not text.strip():
            return Reply()
        if answer.content_type == "application/json":
            try:
                return Reply(json.loads(text))
            except ValueError:
                return Reply(text)
        return Reply({"text": text})


@dataclass
class Connection:
    id: str
    socket: WebSocket
    waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    leaving: bool = False


class SocketTransport:
    """WebSockets that the app opens; each payload goes to one of them, in turn."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.connections: list[Connection] = []
        self._tickets: dict[str, bool] = {}
        self._turn = 0

    def new_url(self) -> str:
        ticket = uuid.uuid4().hex
        self._tickets[ticket] = True
        while len(self._tickets) > 100:
            self._tickets.pop(next(iter(self._tickets)))
        host = self.stage.base_url.removeprefix("http")
        return f"ws{host}/link/?ticket={ticket}&app_id={self.stage.workspace.app.id}"

    async def serve(self, socket: WebSocket) -> None:
        if not self._tickets.pop(socket.query_params.get("ticket", ""), False):
            await socket.close(4001)
            return
        await socket.accept()
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            await socket.close()
            return
        link = Connection(uuid.uuid4().hex[:8], socket)
        await socket.send_json(self._hello())
        self.connections.append(link)
        self.stage.changed()
        try:
            while True:
                self._hear(link, await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._drop(link)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections) + 1,
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18_060},
            "connection_info": {"app_id": self.stage.workspace.app.id},
        }

    def _hear(self, link: Connection, text: str) -> None:
        try:
            told = json.loads(text)
            envelope = told["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self.stage.warn("socket message without envelope_id", text=text[:200])
            return
        unknown = set(told) - {"envelope_id", "payload"}
        waiting = link.waiting.pop(envelope, None)
        if unknown:
            self.stage.warn("socket answer with unknown fields", fields=sorted(unknown))
        if waiting is None or waiting.done():
            self.stage.warn("late or unknown acknowledgement", envelope_id=envelope)
        else:
            waiting.set_result(told.get("payload"))

    def _drop(self, link: Connection) -> None:
        if link in self.connections:
            self.connections.remove(link)
        for waiting in link.waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())
        self.stage.changed()

    def _next(self) -> Connection | None:
        able = [link for link in self.connections if not link.leaving]
        self._turn += 1
        return able[self._turn % len(able)] if able else None

    async def send(self, parcel: Parcel, seconds: float) -> Reply:
        link = self._next()
        if link is None:
            return Reply(reason="connection_failed")
        envelope = str(uuid.uuid4())
        waiting = link.waiting[envelope] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await link.socket.send_json(self._envelope(parcel, envelope))
                body = await waiting
        except TimeoutError:
            return Reply(reason="http_timeout")
        except (ConnectionResetError, WebSocketDisconnect, RuntimeError):
            return Reply(reason="connection_failed")
        finally:
            link.waiting.pop(envelope, None)
        if body is not None and not parcel.accepts_answer:
            self.stage.warn("payload in an answer that accepts none", kind=parcel.kind)
            body = None
        return Reply(body)

    async def send_and_drop(self, parcel: Parcel) -> Reply:
        """Sends it, and breaks that connection before the app can acknowledge."""
        link = self._next()
        if link is not None:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await link.socket.send_json(self._envelope(parcel, str(uuid.uuid4())))
            self._drop(link)
            await _hang_up(link, 1011)
        return Reply(reason="connection_failed")

    def _envelope(self, parcel: Parcel, envelope: str) -> Json:
        told: Json = {
            "envelope_id": envelope,
            "type": "interactive" if parcel.kind == "options" else parcel.kind,
            "payload": parcel.payload,
            "accepts_response_payload": parcel.accepts_answer,
        }
        if parcel.kind == "events_api":
            told |= {"retry_attempt": parcel.retry, "retry_reason": parcel.retry_reason}
        return told

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Asks every connection to come anew, and closes it a little later."""
        for link in list(self.connections):
            link.leaving = reason != "warning"
            await link.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
            )

    async def cut(self) -> None:
        """Breaks every connection without a word."""
        for link in list(self.connections):
            self._drop(link)
            await _hang_up(link, 1011)

    async def close(self) -> None:
        for link in list(self.connections):
            await _hang_up(link, 1001)


async def _hang_up(link: Connection, code: int) -> None:
    """The app may have done so first."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await link.socket.close(code)
