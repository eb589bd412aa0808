"""A small municipality with pages, and a browser without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete

from bot.catalog.models import Catalog
from bot.domain.actors import Applicant, Machine, Officer, find_officer
from bot.portal import PortalDependencies, mount
from bot.portal.signing import unsign
from bot.service import Service
from bot.service.batches import Batches
from bot.store import Database
from bot.store.authentication import codes
from bot.store.cases import contents, officer_queries
from bot.store.files.file_store import FileStore
from bot.store.outbox import claims, delivery_counts
from bot.store.tables import DeliveryRow
from bot.text.working_days import local_day
from tests.case_lists import list_cases
from tests.conftest import Clock
from tests.portal.browser import Browser, Page, filled
from tests.portal.filled_once import filled_once
from tests.portal.portal_catalog import portal_catalog

PUBLIC = "https://arenden.byn.example"


@dataclass
class Portal:
    """The pages over a real database, and short words for what is in it."""

    app: FastAPI
    deps: PortalDependencies
    database: Database
    clock: Clock

    @property
    def service(self) -> Service:
        return self.deps.service

    def browser(self, ip: str = "192.0.2.1") -> Browser:
        """Someone's browser, without scripts and without cookies."""
        transport = httpx.ASGITransport(self.app, client=(ip, 4711))
        return Browser(httpx.AsyncClient(transport=transport, base_url=PUBLIC), self.take_form_code)

    async def take_form_code(self, page: Page) -> str:
        """The code that the page of a form asks for; its mail is then delivered, and no other."""
        signed = unsign(self.deps.keys, "confirm address", page.form().value("confirm"))
        assert signed is not None
        sign_in_id = signed[2]
        of_it = delete(DeliveryRow).where(DeliveryRow.lane == f"code/{sign_in_id}")
        await self.database.write(lambda tx: tx.conn.execute(of_it))
        return codes.derive_code(self.deps.keys, sign_in_id)

    def officer(self, key: str) -> Officer:
        found = find_officer(self.service.catalog, key, local_day(self.clock()))
        assert found is not None
        return found

    async def list_cases(self, service: str = "altan", by: str = "anna") -> list[Any]:
        rows = await self.database.read(lambda tx: list_cases(tx, self.officer(by), "all", limit=50))
        return [row for row in rows if row.service == service]

    async def people(self, case_id: str) -> Any:
        return await self.database.read(lambda tx: contents.load_people(tx, case_id))

    async def applicant(self, case_id: str) -> Applicant:
        return Applicant(frozenset(one.id for one in await self.people(case_id)), "")

    async def view_case(self, case_id: str, by: str = "anna") -> Any:
        return await self.database.read(
            lambda tx: officer_queries.load_case_view(tx, self.officer(by), case_id)
        )

    async def count_deliveries(self) -> dict[tuple[str, str], int]:
        return await self.database.read(delivery_counts.count_by_kind_and_state)

    async def last_sign_in(self) -> str:
        """The id of the newest asked-for code, as the mail that waits in the outbox has it."""
        return await self.database.write(self._claimed_code)

    def _claimed_code(self, tx: Any) -> str:
        found = ""
        while (delivery := claims.claim(tx, self.clock())) is not None:
            if delivery.kind == "code":
                found = str(delivery.ids["sign_in"])
            claims.complete(tx, delivery)
        return found

    async def last_code(self) -> str:
        return codes.derive_code(self.deps.keys, await self.last_sign_in())


def create_portal(database: Database, catalog: Catalog, clock: Clock, folder: Path, **options: Any) -> Portal:
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    files = options.pop("files", None) or FileStore(folder / "files")
    deps = PortalDependencies(service, files, database.keys, PUBLIC, Batches(service, files), **options)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mount(app, deps)
    return Portal(app, deps, database, clock)


@pytest.fixture
def portal(impatient_database: Database, clock: Clock, tmp_path: Path) -> Portal:
    return create_portal(impatient_database, portal_catalog(), clock, tmp_path)


@pytest.fixture
def portal_on_both(database: Database, clock: Clock, tmp_path: Path) -> Portal:
    return create_portal(database, portal_catalog(), clock, tmp_path)


@pytest.fixture
async def eva(portal: Portal) -> AsyncIterator[Browser]:
    """An applicant's browser."""
    browser = portal.browser()
    yield browser
    await browser.close()


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    """Eva's case; she is not signed in."""
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    return str(case.id)


@pytest.fixture
def machine() -> Iterator[Machine]:
    yield Machine("form")
