"""Each request by a reference, which every line of the log about it has, and how long requests take."""

from __future__ import annotations

import heapq
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

RequestKind = Literal["action", "view", "options", "command", "shortcut", "event", "page"]
Outcome = Literal["done", "refused", "failed", "bug"]
"""What became of a request: it was answered, refused, could not be answered now, or met an unexpected error."""

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds; Slack waits 3 for an answer."""

REMEMBERED = 10
"""How many of the slowest requests are remembered."""

REMEMBERED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, order=True)
class TimedRequest:
    """A request that has ended."""

    seconds: float
    ended_at: datetime
    ref: str
    kind: str
    name: str


class RequestMetrics:
    """The metrics of requests, and the slowest of the last hour. Created by `request_metrics()`."""

    def __init__(self) -> None:
        self._seconds = Histogram(
            "arendebot_request_seconds",
            "From when a request came until all that the person sees of it was drawn",
            ["kind"],
            buckets=BUCKETS,
        )
        self._outcomes = Counter(
            "arendebot_requests", "Requests of Slack's and of browsers", ["kind", "outcome"]
        )
        self._slowest: list[TimedRequest] = []

    def count(self, request: TimedRequest, outcome: Outcome) -> None:
        self._seconds.labels(request.kind).observe(request.seconds)
        self._outcomes.labels(request.kind, outcome).inc()
        self._slowest = heapq.nlargest(REMEMBERED, [*self._recent(request.ended_at), request])

    def slowest(self, now: datetime) -> list[TimedRequest]:
        """The slowest requests of the last hour, the slowest first."""
        return sorted(self._recent(now), reverse=True)

    def _recent(self, now: datetime) -> list[TimedRequest]:
        return [one for one in self._slowest if now - one.ended_at < REMEMBERED_FOR]


@cache
def request_metrics() -> RequestMetrics:
    """The single instance, since the registry accepts each name once."""
    return RequestMetrics()


def new_reference() -> str:
    """A reference that a person can read out."""
    return secrets.token_hex(4)


@dataclass(slots=True)
class RequestTrace:
    """A request that is being answered. `name` is what is listened for: an id of Slack's, or a page's route."""

    kind: RequestKind
    name: str
    ref: str = field(default_factory=new_reference)
    began_at: float = field(default_factory=time.monotonic)
    has_ended: bool = False

    def end(self, outcome: Outcome) -> None:
        """Log and count the request; the first time only, since what follows it is not waited for."""
        if self.has_ended:
            return
        self.has_ended = True
        seconds = time.monotonic() - self.began_at
        request_metrics().count(
            TimedRequest(seconds, datetime.now(UTC), self.ref, self.kind, self.name), outcome
        )
        log.info("request", kind=self.kind, name=self.name, outcome=outcome, seconds=round(seconds, 4))


_current: ContextVar[RequestTrace | None] = ContextVar("request_trace", default=None)


@contextmanager
def begin_trace(kind: RequestKind, name: str) -> Iterator[RequestTrace]:
    """Begin a request: all that is logged within, and in tasks that are started within, has its reference."""
    trace = RequestTrace(kind, name)
    token = _current.set(trace)
    try:
        with structlog.contextvars.bound_contextvars(ref=trace.ref):
            yield trace
    finally:
        _current.reset(token)


@contextmanager
def continue_trace(kind: RequestKind, name: str) -> Iterator[RequestTrace]:
    """The request that has begun; a new one where none has."""
    trace = _current.get()
    if trace is not None:
        yield trace
    else:
        with begin_trace(kind, name) as new:
            yield new


def reference_of(scope: Scope) -> str:
    """The reference of a page's request, for the page that says that something went wrong."""
    return str(scope.get("ref") or new_reference())


class TracedPages:
    """Middleware that traces requests of pages and of the API; see `reference_of`.

    `untraced` are beginnings of paths that are asked for often and change nothing, or are traced elsewhere.
    """

    def __init__(self, app: ASGIApp, untraced: Collection[str] = ()) -> None:
        self._app = app
        self._untraced = tuple(untraced)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._untraced):
            await self._app(scope, receive, send)
            return
        status = 500

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with begin_trace("page", "") as trace:
            scope["ref"] = trace.ref
            try:
                await self._app(scope, receive, send_noting_status)
            finally:
                trace.name = f"{scope['method']} {getattr(scope.get('route'), 'path', '')}".strip()
                trace.end(_outcome_of(status))


def _outcome_of(status: int) -> Outcome:
    if status < 400:
        return "done"
    if status < 500:
        return "refused"
    return "bug" if status == 500 else "failed"
