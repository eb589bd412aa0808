"""The web server, with time limits for slow clients."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import re
import socket
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, cast

import h11
import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.text.worded_errors import WordedError

log = structlog.get_logger()

MAX_HEAD_BYTES = 16 * 1024
"""Bytes of a request's line and headers, as most servers allow; they are parsed on the event loop."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")

BACKLOG = 512
"""Connections that may wait to be accepted."""

ACCEPTED_AT_ONCE = 8
"""Connections that are accepted in one turn of the event loop, so that hundreds at once hold up nobody else."""

HANDLED_AT_ONCE = 8
"""Connections whose bytes are parsed, and requests begun, in one iteration of the event loop: under 1 ms each."""

RETAINED_BYTES = 1024**2
"""Freed memory that is kept at the end of a thread's heap; larger blocks are given back to the system by themselves."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Options of mallopt, as in glibc's malloc.h."""

GRACEFUL_SECONDS = 2
"""How long answers in progress may take when the program stops; what else may take long has three more in all."""


class PortUnavailable(WordedError):
    """The port cannot be listened on, mostly since another program does."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a client may keep a connection busy, in seconds; slower clients are disconnected."""

    head: float = 20.0
    """For a request's line and headers, from its first byte; for an idle connection, until its first byte."""
    silence: float = 30.0
    """Without receiving a byte of a body, or without the client taking a byte of the response."""
    body: float = 1800.0
    """For a whole body: 200 MB at 1 Mbit/s."""
    unread: float = 30.0
    """For the rest of a body whose response was sent before it had all arrived, so that browsers show the response."""
    slowest: int = 2048
    """Bytes a second of a body on average, after the first `head` seconds; a poor mobile network gives more."""


class ConnectionQueue:
    """Handles `HANDLED_AT_ONCE` connections in an iteration of the event loop, the others in the next, in order.

    What threads have finished meanwhile is told between them, however many connections sent something at once.
    """

    def __init__(self) -> None:
        self._waiting: dict[TimedProtocol, None] = {}
        self._handled = 0
        self._next_iteration: asyncio.Handle | None = None

    def handle(self, connection: TimedProtocol) -> None:
        """Handle what the connection has received, now or in a later iteration."""
        if self._next_iteration is None:
            self._next_iteration = connection.loop.call_soon(self._begin_iteration, connection.loop)
        if self._handled < HANDLED_AT_ONCE and not self._waiting:
            self._handled += 1
            connection.handle_received()
        else:
            self._waiting[connection] = None
            connection.flow.pause_reading()  # so that no more is kept of it than one read

    def _begin_iteration(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handled = min(len(self._waiting), HANDLED_AT_ONCE)
        self._next_iteration = loop.call_soon(self._begin_iteration, loop) if self._handled else None
        for connection in list(islice(self._waiting, self._handled)):
            del self._waiting[connection]
            connection.flow.resume_reading()
            connection.handle_received()


class TimedProtocol(H11Protocol):
    """HTTP/1.1 that notes when its client was last active, and counts connections that ended early (`ended`)."""

    def __init__(self, ended: Counter[str], queue: ConnectionQueue, **given: Any) -> None:
        super().__init__(**given)
        self.ended = ended
        self.queue = queue
        self.began_at = self.received_at = self.answered_at = self.blocked_at = self.loop.time()
        self.received = 0

    def data_received(self, data: bytes) -> None:
        now = self.loop.time()
        if self._is_idle():
            self.began_at, self.received = now, 0
        self.received_at = now
        self.received += len(data)
        super().data_received(data)

    def handle_events(self) -> None:
        """Called by uvicorn when bytes have come, and when a response is sent, behind which a request may wait."""
        self.queue.handle(self)

    def handle_received(self) -> None:
        """Refuse a head that is too long, also where it came whole, or behind other requests, which h11 allows."""
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and self._has_long_head():
            self.send_400_response("The head of the request is too long.")
        else:
            super().handle_events()

    def _has_long_head(self) -> bool:
        received, _ = self.conn.trailing_data
        return len(received) > MAX_HEAD_BYTES and not _END_OF_HEAD.search(received, 0, MAX_HEAD_BYTES)

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
        if self.flow.read_paused:  # it is the program that is slow, not the client
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
        """Whether no byte of a request has been received yet."""
        return self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]


class Server(uvicorn.Server):
    """Serves the web, disconnects clients that are too slow, and logs each minute how many connections ended early."""

    def __init__(self, web: FastAPI, trusted_proxies: str, timeouts: Timeouts = Timeouts()) -> None:
        self.ended: Counter[str] = Counter()
        self.timeouts = timeouts
        protocol = partial(TimedProtocol, self.ended, ConnectionQueue())
        super().__init__(_config(web, trusted_proxies, cast(type[asyncio.Protocol], protocol)))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen. asyncio takes the length of the queue for the number to accept in one turn as well."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(BACKLOG)

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        if counter % 10 == 0:
            self.cut_slow(asyncio.get_running_loop().time())
        if counter % 200 == 199:
            await asyncio.to_thread(release_memory)
        if counter % 600 == 599:
            self.write_down()
        return await super().on_tick(counter)

    def cut_slow(self, now: float) -> None:
        """Close the connections of clients that have taken too long at `now`, a time of the loop's clock."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, TimedProtocol):
                connection.cut_if_slow(now, self.timeouts)

    def write_down(self) -> None:
        """Log how many connections have ended early since the last such line, if any."""
        if self.ended:
            log.info("clients_ended_early", **self.ended)
            self.ended.clear()


def limit_retained_memory() -> None:
    """Have the C library (glibc) keep at most `RETAINED_BYTES` of what is freed in each thread.

    By default it learns from the largest block that is freed, 32 MB at most, to keep twice its size at the end of each
    thread's heap, where malloc_trim does not look (mallopt(3), "dynamic mmap threshold"). Holds for the whole process.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(M_TRIM_THRESHOLD, RETAINED_BYTES)
        set_option(M_MMAP_THRESHOLD, RETAINED_BYTES)


def release_memory() -> None:
    """Give the system back the memory that large requests have left behind, where the C library (glibc) can."""
    gc.collect()  # an exception and its frames, with the request in them, refer to each other
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _config(web: FastAPI, trusted_proxies: str, protocol: type[asyncio.Protocol]) -> uvicorn.Config:
    """Uvicorn's configuration: only trusted proxies are believed about where a request comes from."""
    return uvicorn.Config(
        web,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        backlog=ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        forwarded_allow_ips=trusted_proxies,
    )


def open_listener(host: str, port: int) -> socket.socket:
    """Listen on the port. Raises PortUnavailable."""
    try:
        listener = socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise PortUnavailable("cli.stop.port", port=port, host=host, why=error.strerror) from None
    # asyncio sets it only on sockets that name their protocol; without it a response can wait 40 ms for its body.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
