"""The program's addresses, as browsers, monitors and strangers ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.program import program

ELSEWHERE = "http://elsewhere.example"
PAGES = [
    "/",
    "/internt",
    "/e-tjanster/bygglov/villkor.css",
    "/mina-sidor/logga-in",
    "/livez",
    "/api/v1/openapi.json",
]


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """Nothing that is asked here changes anything, so that one program answers all."""
    here = program(tmp_path_factory.mktemp("program"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(here.web), base_url=ELSEWHERE) as client:
        yield client
    here.stores.database.close()


@pytest.mark.parametrize("path", [*PAGES, "/static/portal.css", "/finns-inte", "/mina-sidor/logga-ut"])
async def test_who_asks_only_whether_something_is_there_is_told_so(web: httpx.AsyncClient, path: str) -> None:
    asked, got = await web.head(path), await web.get(path)
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    assert got.content
    assert dict(asked.headers) == dict(got.headers)


@pytest.mark.parametrize(
    "path", ["/e-tjanster/", "/mina-sidor/", "/e-tjanster/bygglov/", "/static", "//elsewhere.example/"]
)
async def test_no_address_is_taken_from_what_a_stranger_calls_the_host(
    web: httpx.AsyncClient, path: str
) -> None:
    answer = await web.get(path, headers={"host": "elsewhere.example"})
    assert "elsewhere.example" not in answer.text
    location = answer.headers.get("location", "/")
    assert location.startswith("/") and not location.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("/e-tjanster/bygglov/", "/e-tjanster/bygglov"),
        ("/e-tjanster/bygglov//?lang=en", "/e-tjanster/bygglov?lang=en"),
        ("//elsewhere.example/", "/elsewhere.example"),
        ("/%5Celsewhere.example/", "/%5Celsewhere.example"),
    ],
)
async def test_an_address_with_a_stroke_too_many_leads_to_the_one_without(
    web: httpx.AsyncClient, typed: str, shown: str
) -> None:
    answer = await web.get(ELSEWHERE + typed)
    assert (answer.status_code, answer.headers["location"]) == (303, shown)
