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


@pytest.mark.parametrize("bad", ["%00", "a%00/b", "?q=%00", "?lang=en&q=%00", "%ff%00", "%00?lang=sv"])
@pytest.mark.parametrize("front", ["/", "/e-tjanster/", "/m/", "/kvitto/", "/mina-sidor/arende/", "/static/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_address_with_a_null_is_a_page_of_ours_that_is_not_there(
    web: httpx.AsyncClient, method: str, front: str, bad: str
) -> None:
    for language, title in (("sv", "Sidan finns inte"), ("en", "The page does not exist")):
        if "lang=" in bad and f"lang={language}" not in bad:
            continue
        web.cookies.clear()
        answer = await web.request(
            method, front + bad, headers={"accept-language": language}, follow_redirects=True
        )
        assert answer.status_code == 404 and title in answer.text
        assert "content-security-policy" in answer.headers and "\0" not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/%00", "/api/v1/nothing", "/api/%00/x?q=%00", "/api/v2/cases"])
async def test_an_address_that_the_api_has_not_is_told_as_the_api_tells(
    web: httpx.AsyncClient, path: str
) -> None:
    for method in ("GET", "POST"):
        answer = await web.request(method, path, headers={"accept-language": "en"})
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["status"]) == (404, 404)
        assert "The API has no such address" in answer.json()["detail"]
