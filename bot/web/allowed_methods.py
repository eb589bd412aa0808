"""The methods that an address takes, which each 405 names in `Allow` (RFC 9110, 15.5.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import Receive, Scope, Send


def allow_header(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """All methods that the routes take at the path, HEAD wherever GET is (`HeadAsGet`); empty for an unknown path.

    What is mounted below another path answers for itself.
    """
    methods: set[str] = set()
    for route in _flatten(routes):
        if not isinstance(route, Mount) and route.matches(scope)[0] is not Match.NONE:
            methods |= set(route.methods or ())
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


def _flatten(routes: Iterable[BaseRoute]) -> Iterator[Any]:
    """The routes with those of the routers that are included among them."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from _flatten(included.routes) if included is not None else (route,)


class OtherMethods(BaseRoute):
    """Answers the paths of the routes before it by any other method, which the pages below would answer as unknown."""

    methods = None
    path = ""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = tuple(routes)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        allowed = allow_header(self._routes, scope) if scope["type"] == "http" else ""
        return (Match.FULL, {"allowed": allowed}) if allowed else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = HTTPStatus.METHOD_NOT_ALLOWED
        problem = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status,
            "detail": f"{status.phrase}: {scope['allowed']}",
            "errors": [],
        }
        response = JSONResponse(
            problem, status, {"allow": scope["allowed"]}, media_type="application/problem+json"
        )
        await response(scope, receive, send)
