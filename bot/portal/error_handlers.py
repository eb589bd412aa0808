"""Exception handlers that render error pages, on officers' pages in their frame and language."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import structlog
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.figures import NotACoordinator
from bot.domain.rules import ProtectedCase, Refused, UnknownCase
from bot.portal.errors import (
    EarlyResponse,
    OfficerFrame,
    error_page,
    refusal_text,
    route_path,
    unsent_page,
)
from bot.portal.forms.limits import APPLICANTS_TEXT, is_limited_as
from bot.portal.forms.unsaved_texts import read_unsaved_texts
from bot.portal.officer.officer_context import load_context
from bot.portal.page_context import PageContext, page_of
from bot.store import DatabaseBusy, DiskFull
from bot.store.files.file_store import FilesUnavailable
from bot.web.allowed_methods import allow_header
from bot.web.request_trace import reference_of

log = structlog.get_logger()

OFFICERS_PAGES = "/handlaggare"
_CASE_REF = re.compile(r"[0-9]{4}-[0-9]{6,}|[0-9a-f]{32}")
"""A case's number or id, as the address of its pages has it."""


async def on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    page, frame = await _page_and_frame(request)
    if error.status_code == 404 and request.method == "GET" and _ends_in_slash(request):
        return page.redirect(_path_without_slash(request))
    retry_after = (error.headers or {}).get("retry-after", "") if error.status_code == 429 else ""
    text = page.words("page.error.429.wait", n=int(retry_after) // 60) if retry_after else ""
    if error.status_code in (404, 429) and is_limited_as(request, APPLICANTS_TEXT):
        response = unsent_page(page, error.status_code, await read_unsaved_texts(page), text)
    else:
        response = error_page(page, error.status_code, text=text, frame=frame)
    response.headers.update(error.headers or {})
    if error.status_code == 405 and (allowed := allow_header(request.app.routes, request.scope)):
        response.headers["allow"] = allowed  # the router names the methods of one of the routes only
    return response


def _ends_in_slash(request: Request) -> bool:
    """Whether the path ends in a slash, and is more than one: the first page's would lead to itself."""
    path: str = request.scope["path"]
    return path.endswith("/") and path != "/"


def _path_without_slash(request: Request) -> str:
    """The path without trailing slashes, and with one leading slash: two would name another host."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"/{quote(request.scope['path'].strip('/'))}{query}"


async def on_hung_up(request: Request, error: Exception) -> Response:
    """The client has disconnected: nobody can read a response. The web server counts these."""
    return Response(status_code=400)


async def on_early_response(request: Request, error: Exception) -> Response:
    assert isinstance(error, EarlyResponse)
    return error.response


async def on_refused(request: Request, error: Exception) -> Response:
    """A page for a refusal that was not handled by a form."""
    assert isinstance(error, Refused)
    page, frame = await _page_and_frame(request)
    if isinstance(error, UnknownCase | ProtectedCase):
        frame = replace(frame, case_ref="") if frame is not None else None
        if isinstance(error, UnknownCase):
            return error_page(page, 404, frame=frame)
        return error_page(page, 403, text=refusal_text(error, page.words), frame=frame)
    status = 403 if isinstance(error, NotACoordinator) else 409
    return error_page(page, status, text=refusal_text(error, page.words), frame=frame)


async def on_busy(request: Request, error: Exception) -> Response:
    assert isinstance(error, DatabaseBusy)
    full = isinstance(error, DiskFull)
    kind = "files_unavailable" if isinstance(error, FilesUnavailable) else "busy"
    log.warning("disk_full" if full else kind, path=route_path(request))
    response = error_page(page_of(request), 507 if full else 503, frame=await _frame_with_texts(request))
    response.headers["retry-after"] = "600" if full else "5"
    return response


async def on_unexpected_error(request: Request, error: Exception) -> Response:
    """A page for an unexpected error, logged with its traceback but without its text, which may hold what was typed."""
    ref = reference_of(request.scope)
    bare = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
    log.error("bug", ref=ref, error=type(error).__name__, path=route_path(request), exc_info=bare)
    return error_page(page_of(request), 500, ref, frame=await _frame_with_texts(request))


async def _page_and_frame(request: Request) -> tuple[PageContext, OfficerFrame | None]:
    """The page in the language of the signed-in person, and the frame on officers' pages."""
    page, frame = page_of(request), await _frame_with_texts(request)
    context = await load_context(page) if frame is not None else None
    if context is None or frame is None:
        return page, frame
    return context.page, replace(frame, me=context.officer.name)


async def _frame_with_texts(request: Request) -> OfficerFrame | None:
    """The frame with what was typed in the form that was posted, so that it is not lost."""
    frame = _frame(request)
    return replace(frame, unsaved=await read_unsaved_texts(page_of(request))) if frame is not None else None


def _frame(request: Request) -> OfficerFrame | None:
    """The frame, as far as it is known without the database."""
    parts = request.url.path.strip("/").split("/")
    if f"/{parts[0]}" != OFFICERS_PAGES:
        return None
    names_case = len(parts) > 2 and _CASE_REF.fullmatch(parts[1]) and "\0" not in request.scope["path"]
    return OfficerFrame(case_ref=parts[1] if names_case else "")
