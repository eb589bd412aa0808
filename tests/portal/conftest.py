"""A small municipality with pages, and a browser without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.catalog.models import Catalog
from bot.domain.actors import Applicant, Machine, Officer, officer_of
from bot.portal import PortalKit, mount
from bot.service import Service
from bot.store import Database, doors
from bot.store.cases import contents, officer_queries
from bot.store.files.file_store import FileStore
from bot.store.lists import case_lists
from bot.store.outbox import claims, deliveries
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.portal.browser import Browser
from tests.portal.village import village

PUBLIC = "https://arenden.byn.example"


@dataclass
class Portal:
    """The pages over a real database, and short words for what is in it."""

    app: FastAPI
    kit: PortalKit
    database: Database
    clock: Clock

    @property
    def service(self) -> Service:
        return self.kit.service

    def browser(self, ip: str = "192.0.2.1") -> Browser:
        """Someone's browser, without scripts and without cookies."""
        transport = httpx.ASGITransport(self.app, client=(ip, 4711))
        return Browser(httpx.AsyncClient(transport=transport, base_url=PUBLIC))

    def officer(self, key: str) -> Officer:
        found = officer_of(self.service.catalog, key, local_day(self.clock()))
        assert found is not None
        return found

    async def all_cases(self, service: str = "altan", by: str = "anna") -> list[Any]:
        rows = await self.database.read(
            lambda tx: case_lists.list_cases(tx, self.officer(by), "all", limit=50)
        )
        return [row for row in rows if row.service == service]

    async def people(self, case_id: str) -> Any:
        return await self.database.read(lambda tx: contents.people_of(tx, case_id))

    async def applicant(self, case_id: str) -> Applicant:
        return Applicant(frozenset(one.id for one in await self.people(case_id)), "")

    async def sees(self, case_id: str, by: str = "anna") -> Any:
        return await self.database.read(lambda tx: officer_queries.case_view(tx, self.officer(by), case_id))

    async def waiting(self) -> dict[tuple[str, str], int]:
        return await self.database.read(deliveries.counts)

    async def last_sign_in(self) -> str:
        """The id of the newest asked-for code, as the mail that waits in the outbox has it."""
        return await self.database.write(self._claimed_code)

    def _claimed_code(self, tx: Any) -> str:
        found = ""
        while (delivery := claims.claim(tx, self.clock())) is not None:
            if delivery.kind == "code":
                found = str(delivery.ids["sign_in"])
            claims.done(tx, delivery)
        return found

    async def last_code(self) -> str:
        return doors.code_of(self.kit.keys, await self.last_sign_in())


def portal_over(database: Database, catalog: Catalog, clock: Clock, folder: Path, **given: Any) -> Portal:
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    kit = PortalKit(service, FileStore(folder / "files"), database.keys, PUBLIC, **given)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mount(app, kit)
    return Portal(app, kit, database, clock)


@pytest.fixture
def portal(impatient_database: Database, clock: Clock, tmp_path: Path) -> Portal:
    return portal_over(impatient_database, village(), clock, tmp_path)


@pytest.fixture
def portal_on_both(database: Database, clock: Clock, tmp_path: Path) -> Portal:
    return portal_over(database, village(), clock, tmp_path)


@pytest.fixture
async def eva(portal: Portal) -> AsyncIterator[Browser]:
    """An applicant's browser."""
    browser = portal.browser()
    yield browser
    await browser.close()


@pytest.fixture
def machine() -> Iterator[Machine]:
    yield Machine("form")
