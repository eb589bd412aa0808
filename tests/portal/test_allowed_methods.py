"""What an address takes: a request by another method is told the methods that it may be made by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from tests.program import program
from tests.test_post_limits import flat

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OF_OUR_OWN = ("/livez", "/api/v1/cases", "/slack/events", "/mina-sidor/kod", "/handlaggare/1/ta", "/static/x")


def paths(app: Any) -> Iterator[str]:
    """A path of every route."""
    while not hasattr(app, "routes"):
        app = app.app
    for route in flat(app.routes):
        if isinstance(route, Mount) and route.path:
            yield f"{route.path}/x"
        elif isinstance(route, Mount):
            yield from paths(route.app)
        elif route.path:
            yield re.sub(r"\{\w+(:\w+)?\}", "1", route.path)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[FastAPI]:
    here = program(tmp_path)
    yield here.web
    here.stores.database.close()


async def test_every_refusal_of_a_method_names_all_that_are_taken_and_no_others(web: FastAPI) -> None:
    wrong: list[str] = []
    tried = sorted(set(paths(web)))
    assert set(tried) >= set(OF_OUR_OWN)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://x") as client:
        for path in tried:
            answers = {method: await client.request(method, path) for method in METHODS}
            taken = [method for method in METHODS if answers[method].status_code != 405]
            for method in set(METHODS) - set(taken):
                allow = answers[method].headers.get("allow", "")
                if allow.split(", ") != sorted(taken):
                    wrong.append(f"{method} {path}: {allow}, though {taken}")
            if len(taken) == len(METHODS):
                wrong.append(f"{path} refuses no method")
    assert not wrong, "\n".join(wrong)
