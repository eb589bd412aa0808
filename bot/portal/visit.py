"""One visit: who asks, in which language, and how an answer is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.catalog.models import Catalog
from bot.portal.drawing import draw
from bot.portal.kit import PortalKit
from bot.text import LANGUAGES, Words, words

LANGUAGE_COOKIE = "lang"
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Visit:
    """A request with what answering it takes."""

    request: Request
    kit: PortalKit
    language: str

    @cached_property
    def now(self) -> datetime:
        return self.kit.service.clock()

    @property
    def words(self) -> Words:
        return words(self.language)

    @property
    def catalog(self) -> Catalog:
        return self.kit.service.catalog

    @property
    def ip(self) -> str:
        """Where the request comes from, as a key that tells nothing."""
        client = self.request.client
        return self.kit.keys.token_hash(f"ip {_network(client.host) if client else ''}")

    def in_(self, language: str) -> Visit:
        """The same visit in another language: an officer's own."""
        return Visit(self.request, self.kit, language)

    def page(self, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
        """A page drawn from its template."""
        shown = {"w": self.words, "lang": self.language, "catalog": self.catalog, "visit": self, **facts}
        return HTMLResponse(draw(template, shown), status_code=status)

    def go(self, path: str) -> RedirectResponse:
        """On to another page of ours, by GET."""
        return RedirectResponse(path, status_code=303)

    def cookie_name(self, name: str) -> str:
        """`__Host-` ties the cookie to this very host, which browsers accept only over https."""
        return f"__Host-{name}" if self.kit.secure else name

    def cookie(self, name: str) -> str:
        return self.request.cookies.get(self.cookie_name(name), "")

    def set_cookie(self, response: Response, name: str, value: str, max_age: int | None = None) -> None:
        response.set_cookie(
            self.cookie_name(name),
            value,
            max_age=max_age,
            httponly=True,
            secure=self.kit.secure,
            samesite="lax",
        )

    def drop_cookie(self, response: Response, name: str) -> None:
        response.delete_cookie(self.cookie_name(name), httponly=True, secure=self.kit.secure, samesite="lax")


def _network(host: str) -> str:
    """The address, or of IPv6 the network that one household or one server has to itself: 2**64 addresses."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return host
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


def kit_of(request: Request) -> PortalKit:
    return cast(PortalKit, request.app.state.kit)


def visit_of(request: Request) -> Visit:
    kit = kit_of(request)
    return Visit(request, kit, language_of(request, kit))


async def _visit(request: Request, response: Response) -> Visit:
    return visit_of(request)


Here = Annotated[Visit, Depends(_visit)]


def language_of(request: Request, kit: PortalKit) -> str:
    """What the address says, else what was chosen before, else what the browser asks for, else the municipality's."""
    chosen = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE))
    asked = (
        part.split(";")[0].strip()[:2].lower()
        for part in request.headers.get("accept-language", "").split(",")
    )
    return next(
        (one for one in (*chosen, *asked) if one in LANGUAGES),
        kit.service.catalog.municipality.language,
    )
