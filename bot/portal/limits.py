"""What each form may bring, declared with its address: judged before anything of it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.portal.page_context import PageContext, page_of
from bot.portal.rate_limit import RateLimitResult
from bot.portal.sessions import load
from bot.store.authentication import SessionKind

KB = 1024


@dataclass(frozen=True)
class Takes:
    """A form's limits, as a dependency of its route.

    `most` is how many bytes its fields may be, names and all, and `fields` how many they may be. Files are counted
    apart, and only a form with `files` takes any. Who is signed in as `kind` is paced by their session, everybody else
    by their address. A form that can say itself that it came too soon `waits`; elsewhere a page says so.
    """

    most: int
    fields: int
    files: bool = False
    kind: SessionKind | None = None
    waits: bool = False

    async def __call__(self, request: Request) -> None:
        page = page_of(request)
        rate_limit = await self._acquire(page)
        if not rate_limit.may_read_body or not (rate_limit.is_allowed or self.waits):
            raise HTTPException(429, headers={"retry-after": str(rate_limit.wait_minutes * 60)})
        request.state.takes, request.state.rate_limit = self, rate_limit
        await _refuse_large(request, self.whole(page))

    def whole(self, page: PageContext) -> int:
        """How many bytes the whole body may be."""
        return page.deps.max_request_bytes if self.files else self.most

    async def _acquire(self, page: PageContext) -> RateLimitResult:
        session = await load(page, self.kind) if self.kind is not None else None
        if session is not None:
            return page.deps.presses.acquire(session.id, page.now)
        limiter = page.deps.rate_limiter if self.files else page.deps.presses
        return limiter.acquire(page.client_hash, page.now)


def takes(limits: Takes) -> Any:
    """The limits as a route's `dependencies`, which are asked before anything else of it."""
    return [Depends(limits)]


def taken_by(request: Request) -> Takes:
    """The limits that the request's route declared."""
    found: Takes = request.state.takes
    return found


def rate_limit_of(request: Request) -> RateLimitResult:
    """Whether it is the form's turn, of a route that `waits`."""
    found: RateLimitResult = request.state.rate_limit
    return found


async def _refuse_large(request: Request, most: int) -> None:
    """Turn away what says itself that it is too large; read to its end within reason, or no browser shows why."""
    content_length = request.headers.get("content-length", "0")
    if content_length.isdecimal() and len(content_length) < 20 and int(content_length) <= most:
        return
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > most * 2:
            break
    raise HTTPException(413)


BUTTON = Takes(most=8 * KB, fields=20)
"""A press, or a word or two: a code, a mail address."""

TEXT = 256 * KB
"""The longest answer that a catalog may ask for, 100,000 letters, and as much again for the rest."""

SERVICE_FORM = Takes(most=TEXT, fields=600, files=True, waits=True)

APPLICANTS_BUTTON = Takes(most=8 * KB, fields=20, kind="applicant")
APPLICANTS_TEXT = Takes(most=TEXT, fields=60, files=True, kind="applicant")

OFFICERS_BUTTON = Takes(most=16 * KB, fields=40, kind="officer")
"""With those who had the case, in case others have it by now."""

OFFICERS_TEXT = Takes(most=TEXT, fields=600, kind="officer")
OFFICERS_LETTER = Takes(most=TEXT, fields=600, files=True, kind="officer")
