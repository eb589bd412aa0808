"""Officers sign in and out by two providers that others have made, run beside the pages: in Python and in Node."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from lxml import html

from bot.clients.openid import OpenIdClient, Registration
from bot.store import Database
from tests.conftest import Clock, skip_or_fail
from tests.portal.browser import Browser, Page
from tests.portal.conftest import PUBLIC, create_portal
from tests.portal.portal_catalog import portal_catalog

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider in Python

NODE_PROVIDER = Path(__file__).parents[1] / "openid_provider"
CLIENT, SECRET = "arendebot", "hemlighet"
BACK = f"{PUBLIC}/handlaggare/logga-in/svar"


@contextlib.asynccontextmanager
async def python_provider() -> AsyncIterator[str]:
    """oidc-provider-mock: Basic for the secret, claims in the ID token. Returns the issuer."""
    import oidc_provider_mock  # noqa: PLC0415 - a second, and warnings

    claims = {"email": "anna@byn.example", "email_verified": True}
    user = oidc_provider_mock.User(sub="anna", claims=claims)
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as server:
        yield f"http://localhost:{server.server_port}"


@contextlib.asynccontextmanager
async def node_provider(public_url: str = PUBLIC) -> AsyncIterator[str]:
    """oidc-provider: PKCE is required, the secret is in the form, and claims are at userinfo. Returns the issuer."""
    return_to = f"{public_url}/handlaggare"
    node = shutil.which("node")
    if node is None or not (NODE_PROVIDER / "node_modules").is_dir():
        skip_or_fail(f"needs Node, and `npm ci` in {NODE_PROVIDER.name}")
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(str(node), "provider.js", str(port), CLIENT, SECRET, f"{return_to}/logga-in/svar", return_to),
        cwd=NODE_PROVIDER,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"listening\n"
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        await process.wait()


async def sign_in_at(provider: httpx.AsyncClient, url: str) -> str:
    """Go through the provider's pages as Anna, pressing what they ask for. Returns where they lead back to."""
    response = await provider.get(url)
    for _ in range(12):
        if response.is_redirect:
            url = urljoin(str(response.url), response.headers["location"])
            if url.startswith(PUBLIC):
                return url
            response = await provider.get(url)
            continue
        assert response.status_code == 200, response.text
        form = html.fromstring(response.text).xpath("//form")[0]
        values = dict(form.form_values()) | {
            name: "anna" for name in ("login", "password", "sub") if form.xpath(f".//*[@name='{name}']")
        }
        response = await provider.post(urljoin(str(response.url), form.action or ""), data=values)
    raise AssertionError("the provider leads nowhere")


async def go_round(issuer: str, database: Database, folder: Path) -> None:
    """From a bookmark to the provider, back to the page, and out again at both."""
    client = OpenIdClient(Registration(issuer, CLIENT, SECRET, BACK))
    portal = create_portal(database, portal_catalog(), Clock(datetime.now(UTC)), folder, openid=client)
    browser: Browser = portal.browser()
    async with httpx.AsyncClient() as provider:
        (link,) = (await browser.get("/handlaggare/vyer")).links()
        sent = await browser.client.get(link)
        back = await sign_in_at(provider, sent.headers["location"])
        assert (await portal.browser().get(back.removeprefix(PUBLIC))).status == 400
        answered = await browser.client.get(back)
        assert (answered.status_code, answered.headers["location"]) == (303, "/handlaggare/vyer"), (
            answered.text
        )
        assert "Anna Berg" in (await browser.get("/handlaggare/vyer")).text
        out = Page(await browser.client.post("/handlaggare/ut", follow_redirects=True))
        (link,) = out.links()
        assert (await provider.get(link)).status_code == 200
        assert (await browser.get("/handlaggare/vyer")).status == 401
    await browser.close()


async def test_an_officer_signs_in_and_out_by_a_provider_in_python(
    impatient_database: Database, tmp_path: Path
) -> None:
    async with python_provider() as issuer:
        await go_round(issuer, impatient_database, tmp_path)


async def test_an_officer_signs_in_and_out_by_a_provider_in_node(
    impatient_database: Database, tmp_path: Path
) -> None:
    async with node_provider() as issuer:
        await go_round(issuer, impatient_database, tmp_path)
