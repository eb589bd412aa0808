"""The whole town hall for a real browser: pages on a port, a worker, a stand-in for Slack, and a mail server."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page

from bot.catalog.models import Catalog
from bot.clients.mail import MailClient
from bot.clients.slack import SlackClient
from bot.delivery import Clients, Worker
from bot.domain.actors import Officer, find_officer
from bot.portal import PortalDependencies, mount
from bot.service import Service
from bot.service.batches import Batches
from bot.store import Database
from bot.store.files.file_store import FileStore
from bot.text.working_days import local_day
from sandbox.mail import Mail
from sandbox.server import Sandbox
from tests.browser.chromium import launch, open_page, record_faults
from tests.conftest import Clock

CODE = re.compile(r"\b\d{3} ?\d{3}\b(?= och gäller)")


@dataclass
class BrowserHarness:
    """Pages and what is behind them."""

    url: str
    deps: PortalDependencies
    worker: Worker
    sandbox: Sandbox
    clock: Clock

    @property
    def service(self) -> Service:
        return self.deps.service

    def officer(self, key: str) -> Officer:
        found = find_officer(self.service.catalog, key, local_day(self.clock()))
        assert found is not None
        return found

    async def deliver_mails(self, to: str, seconds: float = 0) -> list[Mail]:
        """What has come to a mailbox when so much time has passed and all that is due is delivered."""
        self.clock.advance(seconds=seconds)
        await self.worker.drain(10)
        return [mail for mail in self.sandbox.mails() if to in mail.recipients]

    async def find_code(self, to: str) -> str:
        """The code of the newest mail that has one."""
        texts = [mail.text for mail in await self.deliver_mails(to)]
        return next(found[0] for text in reversed(texts) if (found := CODE.search(text)))


@pytest_asyncio.fixture(loop_scope="module")
async def harness(
    sqlite_database: Database, catalog: Catalog, clock: Clock, tmp_path: Path
) -> AsyncIterator[BrowserHarness]:
    """The sample municipality, open for business."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    service = Service(sqlite_database, lambda: catalog, clock=clock, wake=lambda: None)
    files = FileStore(tmp_path / "files")
    deps = PortalDependencies(service, files, sqlite_database.keys, url, Batches(service, files))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mount(app, deps)
    async with Sandbox.running(pace=None) as sandbox:
        slack = SlackClient(sandbox.app.bot_token, sandbox.api_url)
        mail = MailClient(f"smtp://127.0.0.1:{sandbox.smtp_port}", "arenden@lindsjo.example")
        worker = Worker(service, Clients(slack, mail, deps.files), url, rate_scale=1000.0)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield BrowserHarness(url, deps, worker, sandbox, clock)
        server.should_exit = True
        await serving
        await worker.stop()
        await worker.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with launch() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A Swedish browser with scripts on; what goes wrong in a page fails the test."""
    page = await open_page(chromium, locale="sv-SE")
    faults = record_faults(page)
    yield page
    await page.context.close()
    assert faults == []


@pytest_asyncio.fixture(loop_scope="module")
async def plain_page(chromium: Browser) -> AsyncIterator[Page]:
    """A Swedish browser with scripts off."""
    page = await open_page(chromium, locale="sv-SE", java_script_enabled=False)
    yield page
    await page.context.close()
