"""Responses to calls, and the faults that replace or delay them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.faults import TO_SLACK, Strike, cut
from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState


@dataclass
class Answer:
    """A response; `plain` where Slack responds with a word rather than JSON."""

    payload: Json
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    plain: str | None = None

    @property
    def response(self) -> Response:
        if self.plain is not None:
            return PlainTextResponse(self.plain, self.status, self.headers)
        return JSONResponse(self.payload, self.status, self.headers)


def too_fast(seconds: int) -> Answer:
    return Answer({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(seconds)})


def failed(strike: Strike) -> Answer:
    return Answer({"ok": False, "error": f"http_{strike.status}"}, strike.status)


async def through_faults(
    shared: SharedState,
    request: Request,
    name: str,
    work: Callable[[], Answer],
    ephemeral_in: str | None = None,
) -> Answer:
    """The response of `work`, unless a fault applies. `ephemeral_in` is the channel of an ephemeral message in it."""
    able = [kind for kind in TO_SLACK if kind != "lost_ephemeral" or ephemeral_in]
    strike = shared.faults.next(name, able)
    if strike is None:
        return work()
    if strike.kind == "slow":
        await asyncio.sleep(strike.seconds)
        return work()
    if strike.kind in ("ratelimited", "status", "refused", "cut_before"):
        return _undone(strike, request)
    answer = work()
    if strike.kind == "lost_ephemeral" and ephemeral_in:
        if answer.payload["ok"]:
            shared.workspace.lose_ephemeral(ephemeral_in)
        return answer
    return _done(strike, request, answer)


def _undone(strike: Strike, request: Request) -> Answer:
    if strike.kind == "ratelimited":
        return too_fast(max(1, round(strike.seconds)))
    if strike.kind == "status":
        return failed(strike)
    if strike.kind == "refused":
        return Answer({"ok": False, "error": strike.code})
    cut(request.scope)
    return Answer({"ok": False, "error": "cut_before"})


def _done(strike: Strike, request: Request, answer: Answer) -> Answer:
    """The response of a fault that hides from the caller that the work was done."""
    if strike.kind == "error":
        return Answer({"ok": False, "error": strike.code})
    if strike.kind == "status_after":
        return failed(strike)
    cut(request.scope)
    return Answer({**answer.payload, "error": "cut_after"})
