"""Every address that takes something says how much it takes and how often: a new one without its limits fails here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from bot.portal.forms.limits import FormLimits
from bot.web.post_limits import PostLimits
from tests.program import program

READING = {"GET", "HEAD", "OPTIONS"}
KB = 1024


def taking(app: Any) -> Iterator[tuple[Any, Any]]:
    """Every address below that takes something, with the application that has it."""
    if isinstance(app, StaticFiles):  # for reading only
        return
    while not hasattr(app, "routes"):
        app = app.app
    for route in flat(app.routes):
        if isinstance(route, Mount):
            yield from taking(route.app)
        elif not READING.issuperset(route.methods or ()):
            yield app, route


def flat(routes: Iterable[Any]) -> Iterator[Any]:
    """The routes with those of the routers that are included among them."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from flat(included.routes) if included is not None else (route,)


def limits_of(route: Any) -> list[PostLimits]:
    return [one.call for one in route.dependant.dependencies if isinstance(one.call, PostLimits)]


@pytest.fixture
def routes(tmp_path: Path) -> Iterator[list[tuple[FastAPI, Any]]]:
    here = program(tmp_path)
    yield list(taking(here.web))
    here.stores.database.close()


def test_every_address_that_takes_something_says_how_much_and_how_often(
    routes: list[tuple[FastAPI, Any]],
) -> None:
    paths = {route.path for _, route in routes}
    assert paths >= {"/slack/events", "/api/v1/cases", "/mina-sidor/kod", "/handlaggare/{ref}/meddelande"}
    assert len(routes) > 20
    for app, route in routes:
        assert len(limits_of(route)) == 1, f"{route.path} declares no limits"
        (limits,) = limits_of(route)
        request = Request({"type": "http", "app": app, "headers": [], "query_string": b""})
        assert 0 < limits.max_bytes(request) <= 1024**3, route.path
        assert limits.rate_limited_by in ("address", "session", "token", "signature"), route.path


def test_what_is_for_everyone_and_takes_no_files_takes_hardly_anything(
    routes: list[tuple[FastAPI, Any]],
) -> None:
    forms = [one for _, route in routes for one in limits_of(route) if isinstance(one, FormLimits)]
    assert all(0 < one.max_text_bytes <= 192 * KB and 0 < one.max_fields <= 600 for one in forms)
    small = [one for one in forms if one.kind is None and not one.files]
    assert small and all(one.max_text_bytes <= 4 * KB for one in small)
