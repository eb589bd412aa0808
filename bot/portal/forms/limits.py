"""Limits of each form, declared with its route and checked before the body is read."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.portal.page_context import PageContext, page_of
from bot.portal.sessions import load
from bot.store.authentication.sessions import SessionKind
from bot.web.post_limits import PostLimits, RateLimitedBy
from bot.web.rate_limit import RateLimitResult

KB = 1024


@dataclass(frozen=True)
class FormLimits(PostLimits):
    """The limits of a form.

    `max_text_bytes` is for all fields with their names, and `max_fields` counts fields and files. The bytes of files
    are counted separately, and only forms with `files` accept any. People signed in as `kind` are limited by session,
    others by address. Where `waits`, the form itself shows that there are too many requests, otherwise an error page.
    """

    max_text_bytes: int
    max_fields: int
    files: bool = False
    kind: SessionKind | None = None
    waits: bool = False

    @property
    def rate_limited_by(self) -> RateLimitedBy:
        return "address" if self.kind is None else "session"

    def max_bytes(self, request: Request) -> int:
        return page_of(request).deps.max_request_bytes if self.files else self.max_text_bytes

    async def __call__(self, request: Request) -> None:
        rate_limit = await self._acquire(page_of(request))
        too_many = HTTPException(429, headers={"retry-after": str(rate_limit.wait_minutes * 60)})
        if not rate_limit.may_read_body:
            raise too_many
        await _refuse_large(request, self.max_bytes(request))
        request.state.limits, request.state.rate_limit = self, rate_limit
        if not (rate_limit.is_allowed or self.waits):
            raise too_many  # its page may read the form, and gives back what was typed

    async def _acquire(self, page: PageContext) -> RateLimitResult:
        session = await load(page, self.kind) if self.kind is not None else None
        if session is not None:
            return page.deps.button_limiter.acquire(session.id, page.now)
        limiter = page.deps.form_limiter if self.files else page.deps.button_limiter
        return limiter.acquire(page.client_hash, page.now)


def limits_of(request: Request) -> FormLimits:
    """The limits that the request's route has declared."""
    found: FormLimits = request.state.limits
    return found


def is_limited_as(request: Request, limits: FormLimits) -> bool:
    """Whether the request's route has declared those limits, and its form may be read."""
    return getattr(request.state, "limits", None) == limits


def rate_limit_of(request: Request) -> RateLimitResult:
    """The result of the rate limit, for a route that `waits`."""
    found: RateLimitResult = request.state.rate_limit
    return found


async def _refuse_large(request: Request, most: int) -> None:
    """Refuse a body whose Content-Length is too large. Some of it is read, or browsers would not show the response."""
    content_length = request.headers.get("content-length", "0")
    if content_length.isdecimal() and len(content_length) < 20 and int(content_length) <= most:
        return
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > most * 2:
            break
    raise HTTPException(413)


BUTTON = FormLimits(max_text_bytes=4 * KB, max_fields=20)
"""For buttons and short texts, such as a code or a mail address."""

TEXT = 192 * KB
"""Bytes: the longest answer that a catalog may allow, 100,000 letters, and two thirds as much for the rest."""

SERVICE_FORM = FormLimits(max_text_bytes=TEXT, max_fields=600, files=True, waits=True)

APPLICANTS_BUTTON = FormLimits(max_text_bytes=4 * KB, max_fields=20, kind="applicant")
APPLICANTS_TEXT = FormLimits(max_text_bytes=TEXT, max_fields=200, files=True, kind="applicant")

OFFICERS_BUTTON = FormLimits(max_text_bytes=16 * KB, max_fields=40, kind="officer")
"""A larger one: these forms hold the assignees that the person saw."""

OFFICERS_LIST = FormLimits(max_text_bytes=64 * KB, max_fields=500, kind="officer")
"""For a page of a list, with a box for each case, and for its filter, with one for each e-service and status."""

OFFICERS_TEXT = FormLimits(max_text_bytes=TEXT, max_fields=600, kind="officer")
OFFICERS_LETTER = FormLimits(max_text_bytes=TEXT, max_fields=600, files=True, kind="officer")
