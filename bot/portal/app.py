"""Assembly of the pages: routes, middleware, error handlers and static files."""

from __future__ import annotations

import contextlib

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.domain.protection import OpeningReasonRequired
from bot.domain.rules import DeletedCase, Refused
from bot.portal import about, error_handlers, retention
from bot.portal.applicant import case, conversation, sent_pdf, services, sign_in, unconfirmed
from bot.portal.applicant.submission import form, receipt
from bot.portal.dependencies import PortalDependencies
from bot.portal.errors import EarlyResponse
from bot.portal.figures import page as figures
from bot.portal.forms.post_redirect_get import PostRedirectGet
from bot.portal.officer import case_file, case_page, register, summary
from bot.portal.officer.actions import (
    assignees,
    hold,
    links,
    marks,
    message,
    note,
    one_click,
    protection,
    status,
)
from bot.portal.officer.authentication import login, openid, sign_out
from bot.portal.officer.editing import contact, deletion, edit, representative
from bot.portal.overview import absence, action_pages, batch_pages, lists, settings, ticks, views
from bot.portal.page_context import LANGUAGE_COOKIE, YEAR_SECONDS
from bot.portal.rendering import STATIC_DIR
from bot.portal.security_headers import SecurityHeaders
from bot.store import DatabaseBusy
from bot.text import LANGUAGES

ROUTERS = (
    about.router,
    services.router,
    form.router,
    receipt.router,
    sign_in.router,
    case.router,
    conversation.router,
    sent_pdf.router,
    unconfirmed.router,
    lists.router,
    retention.router,
    ticks.router,
    views.router,
    settings.router,
    absence.router,
    action_pages.router,
    batch_pages.router,
    figures.router,
    register.router,
    login.router,
    openid.router,
    sign_out.router,
    message.router,
    one_click.router,
    status.router,
    note.router,
    protection.router,
    hold.router,
    marks.router,
    links.router,
    assignees.router,
    edit.router,
    contact.router,
    representative.router,
    deletion.router,
    summary.router,
    case_file.router,
    case_page.router,
)


def mount(app: FastAPI, deps: PortalDependencies) -> None:
    """Mount the pages under `/`. To be called last: they answer every path that `app` has no route for."""
    app.mount("", _SuppressLoggedErrors(SecurityHeaders(_create_pages(deps), deps.is_secure)))


def _create_pages(deps: PortalDependencies) -> ASGIApp:
    static = Mount("/static", _ImmutableStaticFiles(directory=STATIC_DIR))
    # Not include_router, which at the first request reads the parameters of every page once more.
    routes = [_NullPath(), static, *(route for router in ROUTERS for route in router.routes)]
    pages = FastAPI(
        title="", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, routes=routes
    )
    pages.state.deps = deps
    pages.add_exception_handler(HTTPException, error_handlers.on_http_exception)
    pages.add_exception_handler(ClientDisconnect, error_handlers.on_hung_up)
    pages.add_exception_handler(EarlyResponse, error_handlers.on_early_response)
    pages.add_exception_handler(OpeningReasonRequired, protection.on_reason_needed)
    pages.add_exception_handler(DeletedCase, deletion.on_deleted)
    pages.add_exception_handler(Refused, error_handlers.on_refused)
    pages.add_exception_handler(DatabaseBusy, error_handlers.on_busy)
    pages.add_exception_handler(Exception, error_handlers.on_unexpected_error)
    return _LanguageCookie(PostRedirectGet(pages, routes), deps.is_secure)


class _NullPath(BaseRoute):
    """Every address with a NUL, which PostgreSQL refuses in every text. No page has one: it is answered as unknown."""

    methods = None
    path = ""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        has_null = "\0" in scope["path"] or b"%00" in scope["query_string"]
        return (Match.FULL if has_null else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise HTTPException(404)


class _ImmutableStaticFiles(StaticFiles):
    """Static files, cached by browsers for ever: their address changes with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"allow": "GET, HEAD"})
        return await super().get_response(path, scope)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


class _SuppressLoggedErrors:
    """Stops exceptions that have their page and log line already: the web server would print them with their values."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(Exception):
            await self.app(scope, receive, send)


class _LanguageCookie:
    """Stores a language that is chosen in the address in a cookie."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.cookie_attributes = (
            f"Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax; HttpOnly{'; Secure' if secure else ''}"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = _chosen_language(scope)

        async def send_with_cookie(message: dict[str, object]) -> None:
            if chosen and message["type"] == "http.response.start":
                cookie = f"{LANGUAGE_COOKIE}={chosen}; {self.cookie_attributes}"
                headers = message["headers"]
                assert isinstance(headers, list)
                headers.append((b"set-cookie", cookie.encode()))
            await send(message)

        await self.app(scope, receive, send_with_cookie)  # type: ignore[arg-type]


def _chosen_language(scope: Scope) -> str:
    if scope["type"] != "http":
        return ""
    parameters = scope["query_string"].decode("latin-1").split("&")
    return next((language for language in LANGUAGES if f"lang={language}" in parameters), "")
