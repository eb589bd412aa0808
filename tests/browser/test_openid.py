"""An officer signs in from a bookmark in Chromium by a real provider, and out again."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Page, expect

from bot.clients.openid import OpenIdClient, Registration
from bot.portal import PortalDependencies, mount
from bot.service import Service
from bot.service.batches import Batches
from bot.store import Database
from bot.store.files.file_store import FileStore
from tests.browser.accessibility import click_and_navigate, find_problems, find_small_targets
from tests.conftest import Clock
from tests.portal.authentication.test_openid_providers import CLIENT, SECRET, node_provider
from tests.portal.portal_catalog import portal_catalog

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium, pytest.mark.long]


async def test_an_officer_signs_in_from_a_bookmark_and_out_again_at_both(
    page: Page, impatient_database: Database, tmp_path: Path
) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with node_provider(url) as issuer:
        catalog, clock = portal_catalog(), Clock(datetime.now(UTC))
        service = Service(impatient_database, lambda: catalog, clock=clock, wake=lambda: None)
        files = FileStore(tmp_path / "files")
        openid = OpenIdClient(Registration(issuer, CLIENT, SECRET, f"{url}/handlaggare/logga-in/svar"))
        keys, batches = impatient_database.keys, Batches(service, files)
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        mount(app, PortalDependencies(service, files, keys, url, batches, openid=openid))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await _go_round(page, url, issuer)
        server.should_exit = True
        await serving


async def _go_round(page: Page, url: str, issuer: str) -> None:
    await page.goto(f"{url}/handlaggare/vyer")
    assert (await find_problems(page), await find_small_targets(page)) == ([], [])
    await click_and_navigate(page, page.get_by_role("link", name="Logga in"))
    await page.fill("input[name=login]", "anna")
    await page.fill("input[name=password]", "x")
    await click_and_navigate(page, page.locator("button[type=submit]"))
    await click_and_navigate(page, page.locator("button[type=submit]"))
    await expect(page).to_have_url(f"{url}/handlaggare/vyer")
    await expect(page.locator(".who")).to_have_text("Anna Berg")
    await page.get_by_role("button", name="Logga ut").click()
    await page.wait_for_url(f"{issuer}/**")
    await click_and_navigate(page, page.locator("button[value=yes]"))
    await expect(page).to_have_url(f"{url}/handlaggare")
    await expect(page.get_by_role("link", name="Logga in")).to_be_visible()
