"""The context of a request: its language, and the rendering of its response."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.catalog.models import Catalog
from bot.catalog.services import EService, words_for_all
from bot.portal.dependencies import PortalDependencies
from bot.portal.rendering import render_template
from bot.text import LANGUAGES, Words, words
from bot.web.post_limits import client_network

CONTENT_LOCATION = "content-location"
"""The header with the address of a page that answers a form sent to another address."""

LANGUAGE_COOKIE = "lang"
YEAR_SECONDS = 365 * 24 * 3600

SIGN_IN_PATH = "/handlaggare/logga-in"
"""Where officers sign in by the municipality's OpenID Connect provider."""


@dataclass(frozen=True)
class PageContext:
    """A request, with what responding to it needs."""

    request: Request
    deps: PortalDependencies
    language: str

    @cached_property
    def now(self) -> datetime:
        return self.deps.service.clock()

    @property
    def words(self) -> Words:
        """The texts, which call an applicant as the e-service of the request's case does, or all those it is about."""
        services: Iterable[EService] = getattr(self.request.state, "services", ())
        return words_for_all(services, words(self.language).isolating())

    @property
    def catalog(self) -> Catalog:
        return self.deps.service.catalog

    @property
    def client_hash(self) -> str:
        """A keyed hash of the client's network, which reveals nothing."""
        return self.deps.keys.hash_token(f"ip {client_network(self.request)}")

    @property
    def is_language_remembered(self) -> bool:
        """Whether the address chooses the language that the browser's cookie has too."""
        chosen = self.request.query_params.get("lang")
        return chosen in LANGUAGES and chosen == self.request.cookies.get(LANGUAGE_COOKIE)

    def in_language(self, language: str) -> PageContext:
        """The same request in another language, such as an officer's own."""
        return PageContext(self.request, self.deps, language)

    def set_service(self, service: EService | None) -> None:
        """Set the e-service of the request's case, for this context and all others of the request."""
        self.set_services([service] if service is not None else [])

    def set_services(self, services: Iterable[EService]) -> None:
        """Name the e-services that the request is about, where it is about no single case."""
        self.request.state.services = tuple(services)

    def render(self, template: str, status: int = 200, *, page_path: str = "", **facts: Any) -> HTMLResponse:
        """Render a page from its template.

        `page_path` is where the page is to be fetched that answers a form, where the form is sent to another address.
        """
        context = {"w": self.words, "lang": self.language, "catalog": self.catalog, **facts}
        context["sign_in_path"] = SIGN_IN_PATH if self.deps.openid is not None else ""
        context["request_path"] = self.request.url.path
        context["is_coordinator"] = getattr(self.request.state, "is_coordinator", False)
        headers = {CONTENT_LOCATION: page_path} if page_path else None
        return HTMLResponse(render_template(template, context), status_code=status, headers=headers)

    def redirect(self, path: str) -> RedirectResponse:
        """Redirect to another of our pages, by GET."""
        return RedirectResponse(path, status_code=303)

    def cookie_name(self, name: str) -> str:
        """The cookie's name: with `__Host-`, which binds it to this host, where the address is https."""
        return f"__Host-{name}" if self.deps.is_secure else name

    def cookie(self, name: str) -> str:
        return self.request.cookies.get(self.cookie_name(name), "")

    def set_cookie(self, response: Response, name: str, value: str, max_age: int | None = None) -> None:
        response.set_cookie(
            self.cookie_name(name),
            value,
            max_age=max_age,
            httponly=True,
            secure=self.deps.is_secure,
            samesite="lax",
        )

    def delete_cookie(self, response: Response, name: str) -> None:
        response.delete_cookie(
            self.cookie_name(name), httponly=True, secure=self.deps.is_secure, samesite="lax"
        )


def dependencies_of(request: Request) -> PortalDependencies:
    return cast(PortalDependencies, request.app.state.deps)


def page_of(request: Request) -> PageContext:
    deps = dependencies_of(request)
    return PageContext(request, deps, request_language(request, deps))


async def _current_page(request: Request, response: Response) -> PageContext:
    return page_of(request)


CurrentPage = Annotated[PageContext, Depends(_current_page)]


def request_language(request: Request, deps: PortalDependencies) -> str:
    """The language in the address, else in the cookie, else in Accept-Language, else the municipality's."""
    chosen = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE))
    accepted = (
        part.split(";")[0].strip()[:2].lower()
        for part in request.headers.get("accept-language", "").split(",")
    )
    return next(
        (language for language in (*chosen, *accepted) if language in LANGUAGES),
        deps.service.catalog.municipality.language,
    )
