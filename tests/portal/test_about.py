"""The municipality's pages about itself: accessibility, personal data, cookies and help."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import date

import pytest

import bot.portal
from bot.catalog.base import Text
from bot.catalog.municipality import Accessibility, Contact, PersonalData
from bot.portal import about
from bot.portal.sessions import COOKIES
from tests.portal.conftest import Portal

STATEMENT = Accessibility(
    compliance="partial",
    shortcomings=(Text(sv="Ritningar läses inte upp.", en="Drawings are not read out."),),
    method=Text(sv="vi gick igenom dem", en="we went through them"),
    assessed_on=date(2026, 10, 12),
    updated_on=date(2026, 11, 2),
    authority=Contact(name=Text(sv="Tillsynen", en="The authority"), web="https://tillsyn.example"),
)
NOTICE = PersonalData(
    controller=Text(sv="Byggnadsnämnden", en="the Building Board"),
    officer=Contact(
        name=Text(sv="Dataskyddsombudet", en="The data protection officer"), email="ombud@byn.example"
    ),
    basis=Text(sv="Vi behöver dem.", en="We need them."),
)


@pytest.fixture
def with_statements(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Portal:
    municipality = portal.service.catalog.municipality.model_copy(
        update={"accessibility": STATEMENT, "personal_data": NOTICE}
    )
    catalog = portal.service.catalog.model_copy(update={"municipality": municipality})
    monkeypatch.setattr(portal.service, "_catalog", lambda: catalog)
    return portal


async def test_the_footer_leads_to_what_is_not_accessible_and_whom_to_tell(with_statements: Portal) -> None:
    page = await with_statements.browser().get("/")
    assert 'href="/om/tillganglighet"' in page.answer.text
    about_it = await with_statements.browser().get("/om/tillganglighet")
    assert "Ritningar läses inte upp." in about_it.text and "12 okt. 2026" in about_it.text
    assert "https://tillsyn.example" in about_it.answer.text


async def test_one_reads_how_long_each_e_services_cases_are_stored(with_statements: Portal) -> None:
    page = await with_statements.browser().get("/om/personuppgifter")
    assert "Byggnadsnämnden" in page.text and "ombud@byn.example" in page.answer.text
    published = [
        one
        for one in with_statements.service.catalog.services.values()
        if one.is_published and one.audience == "external"
    ]
    assert published
    for service in published:
        assert service.name.sv in page.text and service.retention.basis in page.text


async def test_what_the_catalog_does_not_say_has_no_page_and_no_link(portal: Portal) -> None:
    page = await portal.browser().get("/")
    assert "/om/tillganglighet" not in page.answer.text and "/om/personuppgifter" not in page.answer.text
    for path in ("/om/tillganglighet", "/om/personuppgifter"):
        assert (await portal.browser().get(path)).status == 404


def test_every_cookie_that_is_set_is_on_the_page() -> None:
    named = set(COOKIES.values())
    for module in pkgutil.walk_packages(bot.portal.__path__, "bot.portal."):
        values = vars(importlib.import_module(module.name))
        named |= {value for name, value in values.items() if name.endswith("_COOKIE")}
    assert {one.name for one in (*about.APPLICANTS_COOKIES, *about.OFFICERS_COOKIES)} == named


async def test_the_pages_are_in_english_too(with_statements: Portal) -> None:
    for path in ("hjalp", "tillganglighet", "personuppgifter", "kakor"):
        assert 'lang="en"' in (await with_statements.browser().get(f"/om/{path}?lang=en")).answer.text
