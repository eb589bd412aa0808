"""What a person reads when something is wrong."""

from __future__ import annotations

import secrets
from urllib.parse import quote

import structlog
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.rules import Refused, TextTooLong, UnknownCase
from bot.portal.page_context import PageContext, page_of
from bot.store import DatabaseBusy, DiskFull
from bot.text import Words

log = structlog.get_logger()

KNOWN_STATUSES = (400, 403, 404, 405, 413, 429, 500, 503, 507)


class EarlyResponse(Exception):
    """The page cannot be shown; the answer is another one."""

    def __init__(self, response: Response) -> None:
        super().__init__(type(self).__name__)
        self.response = response


def error_page(page: PageContext, status: int, ref: str = "") -> Response:
    """A page in plain words for a status."""
    key = status if status in KNOWN_STATUSES else (500 if status >= 500 else 404)
    w = page.words
    contact = page.catalog.municipality.contact
    return page.render(
        "error.html",
        status,
        title=w(f"page.error.{key}.title"),
        text=w(f"page.error.{key}.text"),
        ref=ref,
        contact=contact,
    )


def refusal_text(refusal: Refused, w: Words) -> str:
    """A refusal in words; Slack's advice to write a long text on the page is of no use on the page."""
    return (
        w("page.toolong", n=refusal.facts["n"]) if isinstance(refusal, TextTooLong) else refusal.in_words(w)
    )


async def on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    page = page_of(request)
    if error.status_code == 404 and request.method == "GET" and request.url.path.endswith("/"):
        return page.redirect(_path_without_slash(request))
    response = error_page(page, error.status_code)
    response.headers.update(error.headers or {})
    return response


def _path_without_slash(request: Request) -> str:
    """The address without the strokes at its end, on this host: two at its start would name another."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"/{quote(request.scope['path'].strip('/'))}{query}"


async def on_hung_up(request: Request, error: Exception) -> Response:
    """Nobody is there to read an answer, and nothing is wrong here. The web server counts how many left so."""
    return Response(status_code=400)


async def on_early_response(request: Request, error: Exception) -> Response:
    assert isinstance(error, EarlyResponse)
    return error.response


async def on_refused(request: Request, error: Exception) -> Response:
    """A rule said no where the page had no form to say it in."""
    assert isinstance(error, Refused)
    page = page_of(request)
    if isinstance(error, UnknownCase):
        return error_page(page, 404)
    contact = page.catalog.municipality.contact
    return page.render(
        "error.html",
        409,
        title=page.words("page.error.409.title"),
        text=refusal_text(error, page.words),
        ref="",
        contact=contact,
    )


async def on_busy(request: Request, error: Exception) -> Response:
    assert isinstance(error, DatabaseBusy)
    full = isinstance(error, DiskFull)
    log.warning("disk_full" if full else "busy", path=route_path(request))
    response = error_page(page_of(request), 507 if full else 503)
    response.headers["retry-after"] = "600" if full else "5"
    return response


async def on_unexpected_error(request: Request, error: Exception) -> Response:
    """Something nobody foresaw. Logged with its traceback and without its message, which may hold what was typed."""
    ref = secrets.token_hex(4)
    bare = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
    log.error("bug", ref=ref, kind=type(error).__name__, path=route_path(request), exc_info=bare)
    return error_page(page_of(request), 500, ref)


def route_path(request: Request) -> str:
    """The path as it was declared, without what was put into it."""
    return getattr(request.scope.get("route"), "path", "")
