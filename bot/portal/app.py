"""The pages put together."""

from __future__ import annotations

import contextlib

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.domain.protection import ReasonNeeded
from bot.domain.rules import Refused
from bot.portal import errors
from bot.portal.applicant import case, conversation, form, receipt, services, sign_in
from bot.portal.drawing import STATIC
from bot.portal.guard import Guard
from bot.portal.kit import PortalKit
from bot.portal.officer import acts, case_page, door, message, note, officers, protection
from bot.portal.visit import LANGUAGE_COOKIE, YEAR
from bot.store import Busy
from bot.text import LANGUAGES

ROUTERS = (
    services.router,
    form.router,
    receipt.router,
    sign_in.router,
    case.router,
    conversation.router,
    door.router,
    message.router,
    acts.router,
    note.router,
    protection.router,
    officers.router,
    case_page.router,
)


def mount(app: FastAPI, kit: PortalKit) -> None:
    """Put the pages under `/`. To be called last of all: what `app` does not know itself by then is answered here."""
    app.mount("", _Quiet(Guard(_pages(kit), kit.secure)))


def _pages(kit: PortalKit) -> ASGIApp:
    pages = FastAPI(title="", docs_url=None, redoc_url=None, openapi_url=None)
    pages.state.kit = kit
    pages.mount("/static", _Static(directory=STATIC))
    for router in ROUTERS:
        pages.include_router(router)
    pages.add_exception_handler(HTTPException, errors.on_http)
    pages.add_exception_handler(ClientDisconnect, errors.on_hung_up)
    pages.add_exception_handler(errors.Away, errors.on_away)
    pages.add_exception_handler(ReasonNeeded, protection.on_reason_needed)
    pages.add_exception_handler(Refused, errors.on_refused)
    pages.add_exception_handler(Busy, errors.on_busy)
    pages.add_exception_handler(Exception, errors.on_bug)
    return _Language(pages, kit.secure)


class _Static(StaticFiles):
    """Files of ours; their address changes with them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


class _Quiet:
    """Stops a failure that has its page and its line in the log: the web server would print it with its values."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(Exception):
            await self.app(scope, receive, send)


class _Language:
    """Remembers a language chosen in an address."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.marks = f"Path=/; Max-Age={YEAR}; SameSite=Lax; HttpOnly{'; Secure' if secure else ''}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = _chosen(scope)

        async def answer(message: dict[str, object]) -> None:
            if chosen and message["type"] == "http.response.start":
                cookie = f"{LANGUAGE_COOKIE}={chosen}; {self.marks}"
                headers = message["headers"]
                assert isinstance(headers, list)
                headers.append((b"set-cookie", cookie.encode()))
            await send(message)

        await self.app(scope, receive, answer)  # type: ignore[arg-type]


def _chosen(scope: Scope) -> str:
    if scope["type"] != "http":
        return ""
    asked = scope["query_string"].decode("latin-1").split("&")
    return next((one for one in LANGUAGES if f"lang={one}" in asked), "")
