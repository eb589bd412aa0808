"""Post/Redirect/Get: a page that answers a form is kept for who has sent the form, and fetched by GET.

*Back* and *Reload* then show it again. A browser fetches nothing by POST when one comes back to it, and shows an error
page of its own instead.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.portal.forms import form_drafts
from bot.portal.forms.form_drafts import DraftPlace
from bot.portal.page_context import CONTENT_LOCATION, PageContext, page_of
from bot.portal.sessions import Session
from bot.store import DatabaseBusy
from bot.store.authentication.sessions import SessionKind
from bot.store.cases import form_drafts as draft_rows

PARAMETER = "formsvar"
"""The parameter of an address that names the kept page."""

STORED_STATUSES = frozenset({200, 409, 422})
"""Statuses of pages that show the form again: with what was asked for, overtaken by somebody else, or with errors."""

PATHS_WITH_DRAFTS = frozenset({"/e-tjanster/{key}"})
"""Routes that redirect by themselves. They answer a POST with a page only where a browser keeps nothing."""

_LABEL = re.compile(r"[A-Za-z0-9_-]{12}")
_HTML = "text/html"


@dataclass
class _Captured:
    """A response of ours; `body` is of HTML pages only, and other responses are sent as they come."""

    start: Message
    body: bytearray = field(default_factory=bytearray)

    @property
    def headers(self) -> MutableHeaders:
        return MutableHeaders(scope=self.start)

    @property
    def is_page(self) -> bool:
        return self.headers.get("content-type", "").startswith(_HTML)

    async def send(self, send: Send) -> None:
        """Send the page as it was captured."""
        await send(self.start)
        await send({"type": "http.response.body", "body": bytes(self.body)})


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who a page is kept for; `is_new`: the browser has no cookie yet by which it is known again."""

    name: str
    is_signed_in: bool = False
    is_new: bool = False


class PostRedirectGet:
    """Middleware: keeps pages that answer a POST where their address has a page too, and redirects to that.

    The address's own page decides each time whether it may be seen, and is replaced by the kept one. A page is kept for
    as long as a form that is begun, for the signed-in person or else the browser; where it cannot be kept, or the
    browser has shown no cookie, it is the answer to the POST.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        self._routes = tuple(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        label = _read_label(scope) if scope["type"] == "http" and scope["method"] == "GET" else ""
        if label:
            await self._get(scope, receive, send, label)
        elif scope["type"] == "http" and scope["method"] == "POST":
            await self._post(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        captured = await _capture(self.app, scope, receive, send)
        if captured is None:
            return
        page = page_of(Request(scope))
        owner, address = _find_owner(page), self._find_address(scope, captured)
        if not address or not page.request.cookies or not await _save(page, address, owner, captured):
            await captured.send(send)
            return
        response = RedirectResponse(address, status_code=303)
        response.raw_headers += _cookies(captured)
        if owner.is_new:
            form_drafts.set_owner_cookie(page, response, owner.name)
        await response(scope, receive, send)

    def _find_address(self, scope: Scope, captured: _Captured) -> str:
        """The address at which the page is to be fetched; empty where it remains the answer to the POST."""
        if captured.start["status"] not in STORED_STATUSES:
            return ""
        label = form_drafts.create_label()
        if CONTENT_LOCATION in captured.headers:
            return _with_label(captured.headers[CONTENT_LOCATION], "", label)
        path = self._path(scope)
        has_page = path and path == self._path({**scope, "method": "GET"}) and path not in PATHS_WITH_DRAFTS
        return _address(scope, label) if has_page else ""

    def _path(self, scope: Scope) -> str:
        """The route's path, with its parameters' names; empty where there is none."""
        found = (route for route in self._routes if route.matches(scope)[0] is Match.FULL)
        return getattr(next(found, None), "path", "")

    async def _get(self, scope: Scope, receive: Receive, send: Send, label: str) -> None:
        captured = await _capture(self.app, scope, receive, send)
        if captured is None:
            return
        page = page_of(Request(scope))
        stored = await _load(page, _place(page, _address(scope, label), _find_owner(page)))
        if stored is not None and _may_replace(captured.start["status"], stored["status"]):
            _replace(captured, stored)
        await captured.send(send)


def _read_label(scope: Scope) -> str:
    values = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    label = values.get(PARAMETER, "")
    return label if _LABEL.fullmatch(label) else ""


def _address(scope: Scope, label: str) -> str:
    """The request's address with that label."""
    return _with_label(quote(scope["path"]), scope["query_string"].decode("latin-1"), label)


def _with_label(path: str, query: str, label: str) -> str:
    others = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != PARAMETER]
    return f"{path}?{urlencode([*others, (PARAMETER, label)])}"


def _may_replace(status: int, stored_status: int) -> bool:
    """Whether a kept page may be shown where its address has answered with that status now.

    A redirect leads on from a form that has been sent since, which a page that says so need not.
    """
    return status == 200 or (stored_status == 409 and status in (303, 409))


def _find_owner(page: PageContext) -> _Owner:
    """The signed-in person of the request, so that nobody who signs in after them in the same browser is shown it.

    Else the browser, by its cookie.
    """
    signed_in: dict[SessionKind, Session | None] = page.request.scope.get("sessions", {})
    for session in signed_in.values():
        if session is not None:
            return _Owner(f"{session.kind} {session.subject}", is_signed_in=True)
    name = form_drafts.read_owner(page)
    return _Owner(name or form_drafts.create_owner(), is_new=not name)


def _place(page: PageContext, address: str, owner: _Owner) -> DraftPlace:
    """Where a page is kept: the label in the address tells it from others of the same owner."""
    return form_drafts.place_at(page, "answer", "", (owner.name, address))


async def _save(page: PageContext, address: str, owner: _Owner, captured: _Captured) -> bool:
    """Keep the page. False where there is no space for it, or the database is busy."""
    place = _place(page, address, owner)
    packed = base64.b64encode(zlib.compress(bytes(captured.body))).decode("ascii")
    stored = {"status": captured.start["status"], "page": packed}
    who = owner.name if owner.is_signed_in else page.client_hash
    try:
        async with form_drafts.reserved_space(page, who, len(packed), known=owner.is_signed_in) as is_free:
            if is_free:
                await page.deps.service.database.write(
                    lambda tx: draft_rows.change(tx, place.nonce, page.now, lambda _: stored)
                )
    except DatabaseBusy:
        return False
    return is_free


async def _load(page: PageContext, place: DraftPlace) -> Mapping[str, Any] | None:
    """The kept page; None where there is none, or the database is busy."""
    with suppress(DatabaseBusy):
        return await page.deps.service.database.read(lambda tx: draft_rows.find(tx, place.nonce, page.now))
    return None


def _replace(captured: _Captured, stored: Mapping[str, Any]) -> None:
    """Put the kept page in the place of the one that was captured, with the cookies of the latter."""
    captured.body = bytearray(zlib.decompress(base64.b64decode(stored["page"])))
    captured.start["status"] = stored["status"]
    headers = captured.headers
    headers["content-type"], headers["content-length"] = f"{_HTML}; charset=utf-8", str(len(captured.body))
    del headers["location"]


def _cookies(captured: _Captured) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in captured.start["headers"] if name.lower() == b"set-cookie"]


async def _capture(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> _Captured | None:
    """Let the app respond. Returns its page; None where the response is none and has been sent."""
    captured: _Captured | None = None

    async def send_other(message: Message) -> None:
        nonlocal captured
        if message["type"] == "http.response.start":
            started = _Captured(message)
            captured = started if started.is_page or started.start["status"] == 303 else None
        if captured is None:
            await send(message)
        elif message["type"] == "http.response.body":
            captured.body += message.get("body", b"")

    await app(scope, receive, send_other)
    return captured
