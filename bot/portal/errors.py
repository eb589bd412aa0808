"""What a person reads when something is wrong."""

from __future__ import annotations

import secrets

import structlog
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.rules import Refused, TooLong, UnknownCase
from bot.portal.visit import Visit, visit_of
from bot.store import Busy, NoRoom
from bot.text import Words

log = structlog.get_logger()

KNOWN = (400, 403, 404, 405, 413, 429, 500, 503, 507)


class Away(Exception):
    """The page cannot be shown; the answer is another one."""

    def __init__(self, response: Response) -> None:
        super().__init__(type(self).__name__)
        self.response = response


def error_page(visit: Visit, status: int, ref: str = "") -> Response:
    """A page in plain words for a status."""
    key = status if status in KNOWN else (500 if status >= 500 else 404)
    w = visit.words
    contact = visit.catalog.municipality.contact
    return visit.page(
        "error.html",
        status,
        title=w(f"page.error.{key}.title"),
        text=w(f"page.error.{key}.text"),
        ref=ref,
        contact=contact,
    )


def why_not(no: Refused, w: Words) -> str:
    """A refusal in words; Slack's advice to write a long text on the page is of no use on the page."""
    return w("page.toolong", n=no.facts["n"]) if isinstance(no, TooLong) else no.said(w)


async def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = error_page(visit_of(request), error.status_code)
    response.headers.update(error.headers or {})
    return response


async def on_hung_up(request: Request, error: Exception) -> Response:
    """Nobody is there to read an answer, and nothing is wrong here. The web server counts how many left so."""
    return Response(status_code=400)


async def on_away(request: Request, error: Exception) -> Response:
    assert isinstance(error, Away)
    return error.response


async def on_refused(request: Request, error: Exception) -> Response:
    """A rule said no where the page had no form to say it in."""
    assert isinstance(error, Refused)
    visit = visit_of(request)
    if isinstance(error, UnknownCase):
        return error_page(visit, 404)
    contact = visit.catalog.municipality.contact
    return visit.page(
        "error.html",
        409,
        title=visit.words("page.error.409.title"),
        text=why_not(error, visit.words),
        ref="",
        contact=contact,
    )


async def on_busy(request: Request, error: Exception) -> Response:
    assert isinstance(error, Busy)
    full = isinstance(error, NoRoom)
    log.warning("disk_full" if full else "busy", path=route_of(request))
    response = error_page(visit_of(request), 507 if full else 503)
    response.headers["retry-after"] = "600" if full else "5"
    return response


async def on_bug(request: Request, error: Exception) -> Response:
    """Something nobody foresaw. Logged with its traceback and without its message, which may hold what was typed."""
    ref = secrets.token_hex(4)
    bare = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
    log.error("bug", ref=ref, kind=type(error).__name__, path=route_of(request), exc_info=bare)
    return error_page(visit_of(request), 500, ref)


def route_of(request: Request) -> str:
    """The path as it was declared, without what was put into it."""
    return getattr(request.scope.get("route"), "path", "")
