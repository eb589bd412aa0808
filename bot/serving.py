"""How the program listens, and what it writes down."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TextIO, cast

import h11
import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

log = structlog.get_logger()

AT_WILL = frozenset({"api_refused", "disk_full", "slack_turned_away"})
"""Lines that a stranger can have written as often as they send something."""

MINUTE = 60.0


class PortUnavailable(Exception):
    """Something else listens where the program is to listen."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a client may keep a connection busy, in seconds; who takes longer is cut off."""

    head: float = 20.0
    """For a request's lines before its body, from its first byte, or from the connection's start."""
    silence: float = 30.0
    """Without a byte while a body is awaited, or without taking one while an answer is sent."""
    body: float = 1800.0
    """For a whole body: 200 MB at 1 Mbit/s."""
    unread: float = 30.0
    """For the rest of a body that was answered before it had all come, so that browsers show the answer."""
    slowest: int = 2048
    """Bytes a second of a body on average, after the first `head` seconds; a poor mobile network gives more."""


class TimedProtocol(H11Protocol):
    """HTTP/1.1 that knows when its client last did something, and counts those who left halfway (`ended`)."""

    def __init__(self, ended: Counter[str], **given: Any) -> None:
        super().__init__(**given)
        self.ended = ended
        self.began_at = self.received_at = self.answered_at = self.blocked_at = self.loop.time()
        self.received = 0

    def data_received(self, data: bytes) -> None:
        now = self.loop.time()
        if self._is_idle():
            self.began_at, self.received = now, 0
        self.received_at = now
        self.received += len(data)
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        self.ended["malformed"] += 1
        super().send_400_response(msg)

    def on_response_complete(self) -> None:
        self.answered_at = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        self.blocked_at = self.loop.time()
        super().pause_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.conn.their_state is h11.SEND_BODY and not self.cycle.response_complete:
            self.ended["cut_short"] += 1
        super().connection_lost(exc)

    def cut_if_slow(self, now: float, timeouts: Timeouts) -> None:
        """Close the connection if its client has taken too long at `now`, a time of the loop's clock."""
        if self.flow.read_paused:  # it is the program that does not take what comes
            self.received_at = now
        if not self.transport.is_closing() and self._is_slow(now, timeouts):
            self.ended["too_slow"] += 1
            self.transport.abort()

    def _is_slow(self, now: float, timeouts: Timeouts) -> bool:
        if self.flow.write_paused:
            return now - self.blocked_at > timeouts.silence
        if self._is_idle():
            return now - max(self.received_at, self.answered_at) > timeouts.head
        if self.conn.their_state is h11.IDLE:
            return now - self.began_at > timeouts.head
        if self.conn.their_state is not h11.SEND_BODY:
            return False
        if self.cycle.response_complete:
            return now - self.answered_at > timeouts.unread
        taken = now - self.began_at
        too_long = min(timeouts.head + self.received / timeouts.slowest, timeouts.body)
        return now - self.received_at > timeouts.silence or taken > too_long

    def _is_idle(self) -> bool:
        """Whether nothing of a request has come yet."""
        return self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]


class Server(uvicorn.Server):
    """Serves the web, cuts off clients that are too slow, and writes down now and then how many did not get through."""

    def __init__(self, web: FastAPI, trusted_proxies: str, timeouts: Timeouts = Timeouts()) -> None:
        self.ended: Counter[str] = Counter()
        self.timeouts = timeouts
        protocol = partial(TimedProtocol, self.ended)
        super().__init__(_config(web, trusted_proxies, cast(type[asyncio.Protocol], protocol)))

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        if counter % 10 == 0:
            self.cut_slow(asyncio.get_running_loop().time())
        if counter % 600 == 0:
            self.write_down()
        return await super().on_tick(counter)

    def cut_slow(self, now: float) -> None:
        """Close the connections of clients that have taken too long at `now`, a time of the loop's clock."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, TimedProtocol):
                connection.cut_if_slow(now, self.timeouts)

    def write_down(self) -> None:
        """One line for all that ended before their time since the last."""
        if self.ended:
            log.info("clients_ended_early", **self.ended)
            self.ended.clear()


def _config(web: FastAPI, trusted_proxies: str, protocol: type[asyncio.Protocol]) -> uvicorn.Config:
    """Whoever comes through a trusted proxy comes from where the proxy says, nobody else."""
    return uvicorn.Config(
        web,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        forwarded_allow_ips=trusted_proxies,
    )


def open_listener(host: str, port: int) -> socket.socket:
    """Where the web server listens. PortTaken."""
    try:
        listener = socket.create_server((host, port), backlog=512)
    except OSError as error:
        raise PortUnavailable(f"Port {port} on {host} cannot be used: {error.strerror}.") from None
    # asyncio does this only for sockets that name their protocol; without it an answer can wait 40 ms for its body.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class Repeats:
    """Writes a line that anyone could have written at will once a minute, with how many were left out since."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._written: dict[tuple[object, ...], float] = {}
        self._left_out: Counter[tuple[object, ...]] = Counter()

    def __call__(
        self, logger: object, method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """A processor of structlog's. DropEvent for what was written within the minute."""
        if line["event"] not in AT_WILL:
            return line
        kind = line["event"], line.get("why"), line.get("reason"), line.get("path")
        now = self._seconds()
        if now - self._written.get(kind, -MINUTE) < MINUTE:
            self._left_out[kind] += 1
            raise structlog.DropEvent
        self._written[kind] = now
        left_out = self._left_out.pop(kind, 0)
        return {**line, "left_out": left_out} if left_out else line


def configure_logging(stream: TextIO) -> None:
    """One line of JSON an event. Tracebacks carry no local values."""
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(message)s")
    # What is wrong with a request is its sender's, and counted: anyone could fill the log with it.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    # Bolt's warnings are of what it was sent; what matters of that has lines of our own.
    slack = logging.getLogger("slack_bolt")
    slack.setLevel(logging.ERROR)
    slack.addFilter(_strip_message)
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(stream),
        processors=[
            Repeats(),
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def _strip_message(record: logging.LogRecord) -> bool:
    """Where it was written stays. What it says may quote a person, or hold the ticket of a connection's address."""
    record.msg, record.args = f"slack_library {record.levelname.lower()} {record.module}:{record.lineno}", ()
    record.exc_info = record.exc_text = record.stack_info = None
    return True
