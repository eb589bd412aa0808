"""Officers sign in by the municipality's provider, and nobody else does."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from bot.clients import openid
from bot.clients.openid import OpenIdClient, Registration
from bot.portal.officer.authentication.login import create_login_link
from bot.store import Database
from bot.store.tables import SessionRow
from tests.conftest import Clock
from tests.portal.authentication.openid_server import (
    CLIENT,
    KEY,
    SECRET,
    STRANGERS_KEY,
    OpenIdServer,
    answer,
    running_openid,
    sign,
)
from tests.portal.authentication.wrong_tokens import WRONG_TOKENS
from tests.portal.browser import Browser, Page
from tests.portal.conftest import PUBLIC, Portal, create_portal
from tests.portal.portal_catalog import portal_catalog

SIGN_IN, BACK = "/handlaggare/logga-in", "/handlaggare/logga-in/svar"


@dataclass
class Hall:
    """The pages, with a provider beside them."""

    portal: Portal
    server: OpenIdServer

    async def begin(self, browser: Browser, path: str = "/handlaggare") -> str:
        """Press sign in. Returns the query that the browser comes back from the provider with."""
        page = await browser.get(path)
        (link,) = [one for one in page.links() if one.startswith(SIGN_IN)]
        sent = await browser.client.get(link)
        assert sent.status_code == 303, sent.text
        return self.server.sign_in(sent.headers["location"])

    async def come_back(self, browser: Browser, query: str) -> Page:
        return Page(await browser.client.get(f"{BACK}?{query}"))

    async def sign_in(self, browser: Browser, path: str = "/handlaggare") -> Page:
        return await self.come_back(browser, await self.begin(browser, path))

    async def count_sessions(self) -> int:
        counted = select(func.count()).select_from(SessionRow)
        return await self.portal.database.read(lambda tx: int(tx.conn.execute(counted).scalar_one()))


def register(issuer: str, secret: str = SECRET) -> OpenIdClient:
    return OpenIdClient(Registration(issuer, CLIENT, secret, f"{PUBLIC}{BACK}"))


@pytest.fixture
async def hall(impatient_database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Hall]:
    async with running_openid(clock) as server:
        yield Hall(
            create_portal(
                impatient_database, portal_catalog(), clock, tmp_path, openid=register(server.issuer)
            ),
            server,
        )


@pytest.fixture
async def browser(hall: Hall) -> AsyncIterator[Browser]:
    opened = hall.portal.browser()
    yield opened
    await opened.close()


def of_another_claim(hall: Hall, tmp_path: Path, claim: str) -> Hall:
    portal = create_portal(
        hall.portal.database,
        portal_catalog(),
        hall.portal.clock,
        tmp_path,
        openid=register(hall.server.issuer),
        openid_claim=claim,
    )
    return Hall(portal, hall.server)


async def test_an_officer_signs_in_from_a_bookmark_and_comes_to_the_page_of_it(
    hall: Hall, browser: Browser
) -> None:
    back = await hall.sign_in(browser, "/handlaggare/vyer")
    assert (back.status, back.answer.headers["location"]) == (303, "/handlaggare/vyer")
    page = await browser.get("/handlaggare/vyer")
    assert page.status == 200 and "Anna Berg" in page.text
    again = await browser.client.get(f"{SIGN_IN}?till=/handlaggare/vyer")
    assert again.headers["location"] == "/handlaggare/vyer"


async def test_nobody_is_signed_in_by_a_wrong_token(hall: Hall, browser: Browser) -> None:
    assert len(WRONG_TOKENS) >= 40
    accepted = []
    for name, make in WRONG_TOKENS.items():
        hall.server.make_answer = make
        back = await hall.sign_in(browser)
        if back.status not in (403, 502) or await hall.count_sessions():
            accepted.append((name, back.status))
    assert accepted == []
    hall.server.make_answer = lambda claims: answer(sign(claims))
    assert (await hall.sign_in(browser)).status == 303 and await hall.count_sessions() == 1


async def test_the_right_tokens_in_other_shapes_are_taken(hall: Hall) -> None:
    for changed in ({"aud": [CLIENT]}, {"aud": [CLIENT, "x"], "azp": CLIENT}, {"email": "ANNA@BYN.example"}):
        hall.server.make_answer = lambda claims, changed=changed: answer(sign(claims | changed))  # type: ignore[misc]
        assert (await hall.sign_in(hall.portal.browser())).status == 303, changed


async def test_the_provider_is_asked_with_pkce_state_and_nonce_of_each_sign_ins_own(
    hall: Hall, browser: Browser
) -> None:
    seen: list[dict[str, str]] = []
    for _ in range(2):
        sent = await browser.client.get(SIGN_IN)
        query = parse_qs(urlsplit(sent.headers["location"]).query)
        seen.append({name: values[0] for name, values in query.items()})
    first, second = seen
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert (first["client_id"], first["redirect_uri"]) == (CLIENT, f"{PUBLIC}{BACK}")
    assert first["scope"].split() == ["openid", "email", "profile"]
    assert all(
        len(first[name]) == 43 and first[name] != second[name]
        for name in ("state", "nonce", "code_challenge")
    )


@pytest.mark.parametrize(
    "methods", [None, ["client_secret_basic"], ["client_secret_post", "private_key_jwt"]]
)
async def test_the_secret_is_shown_as_the_provider_wants_it(
    hall: Hall, browser: Browser, methods: list[str] | None
) -> None:
    hall.server.metadata["token_endpoint_auth_methods_supported"] = methods
    await hall.sign_in(browser)
    (form,) = hall.server.forms
    assert (form.get("client_secret") == SECRET) is (methods is not None and "client_secret_post" in methods)
    assert form["authorization"].startswith("Basic ") is ("client_secret" not in form)


async def test_an_answer_opens_only_for_the_browser_that_asked_and_only_once(
    hall: Hall, browser: Browser
) -> None:
    query = await hall.begin(browser)
    stranger = hall.portal.browser()
    assert (await hall.come_back(stranger, query)).status == 400
    other = await hall.begin(stranger)
    assert (await hall.come_back(browser, other)).status == 400
    assert await hall.count_sessions() == 0 and hall.server.forms == []
    query = await hall.begin(browser)
    cookies = dict(browser.client.cookies)
    assert (await hall.come_back(browser, query)).status == 303
    assert (await hall.come_back(hall.portal.browser(), query)).status == 400
    assert "__Host-inloggning" in cookies and "__Host-inloggning" not in browser.client.cookies


async def test_a_sign_in_that_took_too_long_begins_anew(hall: Hall, browser: Browser) -> None:
    query = await hall.begin(browser)
    hall.portal.clock.advance(minutes=10)
    page = await hall.come_back(browser, query)
    assert page.status == 400 and "tog för lång tid" in page.text
    assert page.links() == [f"{SIGN_IN}?till=%2Fhandlaggare"]


@pytest.mark.parametrize(
    "till",
    ["https://ond.example", "//ond.example", "/handlaggare//ond.example", "/mina-sidor", "/handlaggare/../x"],
)
async def test_signing_in_by_the_provider_leads_to_no_other_site(
    hall: Hall, browser: Browser, till: str
) -> None:
    sent = await browser.client.get(SIGN_IN, params={"till": till})
    back = await hall.come_back(browser, hall.server.sign_in(sent.headers["location"]))
    assert back.answer.headers["location"] == "/handlaggare"


async def test_who_cancels_at_the_provider_is_told_so(hall: Hall, browser: Browser) -> None:
    state = (await hall.begin(browser)).partition("&")[2]
    page = await hall.come_back(browser, f"error=access_denied&{state}")
    assert page.status == 403 and "Inloggningen avbröts" in page.text and hall.server.forms == []


async def test_an_account_that_is_no_officers_is_told_so_and_can_be_changed(
    hall: Hall, browser: Browser
) -> None:
    hall.server.account["email"] = "nils@byn.example"
    with capture_logs() as logged:
        page = await hall.sign_in(browser)
    assert page.status == 403 and "hör inte till någon handläggare" in page.text
    assert "nils" not in str(logged) and "nils" not in page.text
    (again,) = page.links()
    assert "prompt=login" in (await browser.client.get(again)).headers["location"]


async def test_claims_that_the_token_lacks_are_asked_for_and_must_be_of_the_same_person(
    hall: Hall, browser: Browser
) -> None:
    account = hall.server.account
    hall.server.account, hall.server.userinfo = {}, {"sub": "18", **account}
    assert (await hall.sign_in(browser)).status == 502
    hall.server.userinfo["sub"] = "17"
    hall.portal.clock.advance(minutes=1)
    assert (await hall.sign_in(browser)).status == 303


@pytest.mark.parametrize(("claim", "value"), [("upn", "anna@byn.example"), ("anstallning", "anna")])
async def test_another_claim_may_say_who_it_is_by_address_or_key(
    hall: Hall, tmp_path: Path, claim: str, value: str
) -> None:
    hall = of_another_claim(hall, tmp_path / "other", claim)
    hall.server.account = {claim: value}
    browser = hall.portal.browser()
    assert (await hall.sign_in(browser)).status == 303
    assert "Anna Berg" in (await browser.get("/handlaggare")).text


async def test_while_the_provider_is_down_the_link_from_slack_still_opens(
    hall: Hall, browser: Browser
) -> None:
    hall.server.status = 503
    page = await browser.get(SIGN_IN)
    assert page.status == 503 and "svarar inte just nu" in page.text
    link = await create_login_link(hall.portal.deps, "anna", "")
    page = await browser.get(link.removeprefix(PUBLIC))
    assert (await browser.send(page.form())).url.endswith("/handlaggare")


async def test_a_provider_that_goes_down_in_the_midst_is_told_of(hall: Hall, browser: Browser) -> None:
    query = await hall.begin(browser)
    hall.server.status = 500
    page = await hall.come_back(browser, query)
    assert page.status == 503 and "svarar inte just nu" in page.text and await hall.count_sessions() == 0


async def test_what_does_not_answer_at_all_is_down(
    impatient_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = create_portal(
        impatient_database, portal_catalog(), clock, tmp_path, openid=register("http://127.0.0.1:1")
    )
    assert (await portal.browser().get(SIGN_IN)).status == 503


async def test_what_takes_the_call_and_never_answers_is_down(
    impatient_database: Database, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        portal = create_portal(impatient_database, portal_catalog(), clock, tmp_path, openid=register(issuer))
        page = await portal.browser().get(SIGN_IN)
        assert page.status == 503 and "svarar inte just nu" in page.text
        assert portal.deps.openid is not None and not portal.deps.openid.is_reachable


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://annan.example"},
        {"token_endpoint": None},
        {"authorization_endpoint": "ftp://127.0.0.1/auth"},
        {"jwks_uri": 17},
    ],
)
async def test_a_discovery_document_that_is_not_the_providers_own_is_not_trusted(
    hall: Hall, browser: Browser, metadata: dict[str, Any]
) -> None:
    hall.server.metadata = metadata
    page = await browser.get(SIGN_IN)
    assert page.status == 502 and "gick inte att lita på" in page.text


async def test_an_answer_of_another_provider_is_refused_before_its_code_is_used(
    hall: Hall, browser: Browser
) -> None:
    query = await hall.begin(browser)
    assert (await hall.come_back(browser, f"{query}&iss=https://annan.example")).status == 502
    assert hall.server.forms == []


async def test_a_new_key_of_the_provider_is_fetched_when_it_is_used(hall: Hall, browser: Browser) -> None:
    await hall.sign_in(browser)
    hall.server.keys = [STRANGERS_KEY.as_dict(private=False) | {"kid": "2"}]
    hall.server.make_answer = lambda claims: answer(sign(claims, STRANGERS_KEY, kid="2"))
    assert (await hall.sign_in(hall.portal.browser())).status == 303
    hall.server.make_answer = lambda claims: answer(sign(claims, KEY))
    assert (await hall.sign_in(hall.portal.browser())).status == 502


async def test_a_key_for_encryption_signs_nobody_in(hall: Hall, browser: Browser) -> None:
    hall.server.keys = [KEY.as_dict(private=False) | {"use": "enc"}, {"kty": "XX"}, "x"]
    assert (await hall.sign_in(browser)).status == 502


async def test_signing_out_leads_on_to_the_provider_and_back(hall: Hall, browser: Browser) -> None:
    await hall.sign_in(browser)
    await browser.get("/handlaggare")
    page = Page(await browser.client.post("/handlaggare/ut", follow_redirects=True))
    (link,) = page.links()
    (refresh,) = page.tree.xpath("//meta[@http-equiv='refresh']/@content")
    assert refresh == f"0;url={link}" and link.startswith(f"{hall.server.issuer}/ut?")
    query = parse_qs(urlsplit(link).query)
    assert query == {"client_id": [CLIENT], "post_logout_redirect_uri": [f"{PUBLIC}/handlaggare"]}
    assert (await browser.get("/handlaggare")).status == 401 and await hall.count_sessions() == 0
    assert "refresh" not in (await browser.get("/handlaggare/utloggad")).answer.text


async def test_nobody_who_is_signed_in_is_told_to_be_signed_out(hall: Hall, browser: Browser) -> None:
    await hall.sign_in(browser)
    assert (await browser.get("/handlaggare/utloggad")).url.endswith("/handlaggare")
    assert (await browser.get("/handlaggare")).status == 200


async def test_where_the_provider_is_down_signing_out_says_what_is_left(hall: Hall, browser: Browser) -> None:
    await hall.sign_in(browser)
    hall.portal.deps.openid._provider = None  # type: ignore[union-attr]
    hall.server.status = 503
    page = Page(await browser.client.post("/handlaggare/ut", follow_redirects=True))
    assert "Stäng webbläsaren" in page.text and await hall.count_sessions() == 0


async def test_who_came_from_slack_signs_out_here_only(hall: Hall, browser: Browser) -> None:
    link = await create_login_link(hall.portal.deps, "anna", "")
    await browser.send((await browser.get(link.removeprefix(PUBLIC))).form())
    page = Page(await browser.client.post("/handlaggare/ut", follow_redirects=True))
    assert page.url.endswith("/handlaggare") and page.status == 401


async def test_another_account_takes_the_place_of_the_one_that_was_signed_in(
    hall: Hall, browser: Browser
) -> None:
    link = await create_login_link(hall.portal.deps, "bo", "")
    query = await hall.begin(browser)
    await browser.send((await browser.get(link.removeprefix(PUBLIC))).form())
    assert (await hall.come_back(browser, query)).status == 303
    assert "Anna Berg" in (await browser.get("/handlaggare")).text and await hall.count_sessions() == 1


async def test_without_a_provider_there_is_no_such_way_in(portal: Portal) -> None:
    browser = portal.browser()
    page = await browser.get("/handlaggare")
    assert page.status == 401 and page.links() == [] and "Öppna sidan från Slack" in page.text
    assert [(await browser.get(path)).status for path in (SIGN_IN, BACK)] == [404, 404]


async def test_a_form_whose_session_has_ended_offers_to_sign_in_beside_it(
    hall: Hall, browser: Browser
) -> None:
    await hall.sign_in(browser)
    page = Page(await browser.client.post("/handlaggare/2026-000001/notering", data={"text": "Hej"}))
    assert page.status == 404
    browser.client.cookies.clear()
    page = Page(await browser.client.post("/handlaggare/2026-000001/notering", data={"text": "Hej"}))
    assert page.status == 401 and f"{SIGN_IN}?till=%2Fhandlaggare%2F2026-000001%2Fnotering" in page.links()
    assert page.form().value("text").strip() == "Hej"
