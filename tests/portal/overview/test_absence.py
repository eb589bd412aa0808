"""Frånvaro on the pages: one's own, a colleague's by a coordinator, and who is away where one chooses whom."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.absence import Absence
from bot.store.officers import absences
from bot.text.working_days import local_day
from tests.portal.browser import Browser, Form, Page, filled
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters
from tests.portal.overview.test_many_at_once import choose

ADDRESS = "/handlaggare/franvaro"


def days(portal: Portal, first: int = 0, last: int = 4) -> tuple[date, date]:
    today = local_day(portal.clock())
    return today + timedelta(days=first), today + timedelta(days=last)


async def sends(browser: Browser, first: str, last: str, substitute: str = "", vem: str = "") -> Page:
    page = await browser.get(f"{ADDRESS}?vem={vem}" if vem else ADDRESS)
    return await browser.send(form_of(page).fill(first=first, last=last, substitute=substitute), "save")


def form_of(page: Page) -> Form:
    """The form that sets the absence, which is below the one that ends it."""
    return page.forms(ADDRESS)[-1]


async def stored(portal: Portal, officer: str = "anna") -> list[Absence]:
    today = local_day(portal.clock())
    return await portal.database.read(lambda tx: absences.list_absences(tx, officer, today))


async def test_an_officer_says_that_they_are_away_and_ends_it_in_one_press(
    portal: Portal, anna: Browser
) -> None:
    first, last = days(portal)
    page = await sends(anna, first.isoformat(), last.isoformat(), "bo")
    assert "är du frånvarande. Bo Ek är din ersättare" in page.text and page.url.endswith(ADDRESS)
    assert await stored(portal) == [Absence("anna", first, last, "bo")]
    page = await anna.get(ADDRESS)
    assert "har fått veta" not in page.text
    assert "är du frånvarande. Ersättare: Bo Ek." in page.text and ".." not in page.text
    page = await anna.send(page.forms(ADDRESS)[0], "end")
    assert "Din frånvaro är avslutad" in page.text and await stored(portal) == []


@pytest.mark.parametrize(
    ("first", "last", "substitute", "said"),
    [
        (2, 1, "", "Frånvaron slutar innan den börjar."),
        (-9, -2, "", "Dagen har passerat. Välj en senare."),
        (0, 4, "anna", "Välj en kollega som ersättare."),
        (0, None, "bo", "Välj en dag."),
    ],
)
async def test_an_absence_that_cannot_be_is_said_at_its_field_and_what_was_chosen_is_kept(
    portal: Portal, anna: Browser, first: int, last: int | None, substitute: str, said: str
) -> None:
    begins, ends = days(portal, first, last or 0)
    page = await sends(anna, begins.isoformat(), ends.isoformat() if last is not None else "", substitute)
    assert page.status == 422 and said in page.text, page.text
    assert form_of(page).value("first") == begins.isoformat()
    assert await stored(portal) == []


async def test_all_that_is_wrong_with_an_absence_is_said_at_once(portal: Portal, anna: Browser) -> None:
    begins, ends = days(portal, 2, 1)
    page = await sends(anna, begins.isoformat(), ends.isoformat(), "anna")
    assert "Frånvaron slutar innan den börjar." in page.text
    assert "Välj en kollega som ersättare." in page.text
    page = await sends(anna, "", "", "anna")
    assert page.text.count("Välj en dag.") == 4, "at each of both days, and above the form"


async def test_a_colleagues_absence_is_not_for_an_officer_to_set(portal: Portal, anna: Browser) -> None:
    assert (await anna.get(f"{ADDRESS}?vem=bo")).status == 409
    page = await anna.get(ADDRESS)
    assert "Kollegor" not in page.text
    first, last = (day.isoformat() for day in days(portal))
    form = form_of(page).fill(first=first, last=last, vem="bo")
    assert (await anna.send(form, "save")).status == 409 and await stored(portal, "bo") == []


@pytest.fixture
def coordinated(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anna coordinates an e-service of Bo's."""
    services = portal.service.catalog.services
    grants = (
        one.model_copy(update={"coordinator": True}) if one.officer == "anna" else one
        for one in services["altan"].officers
    )
    monkeypatch.setitem(services, "altan", services["altan"].model_copy(update={"officers": tuple(grants)}))


async def test_a_coordinator_sets_a_colleagues_absence_and_sees_who_is_away(
    portal: Portal, coordinated: None, anna: Browser
) -> None:
    first, last = days(portal, 1, 3)
    page = await sends(anna, first.isoformat(), last.isoformat(), "anna", vem="bo")
    assert "Bo Ek" in page.text and page.url.endswith(f"{ADDRESS}?vem=bo")
    assert "Du är ersättare." in page.text and "fått veta" not in page.text
    counts = await portal.count_deliveries()
    assert counts["absence", "waiting"] == 1, "Bo is told, and Anna knows what she did"
    assert await stored(portal, "bo") == [Absence("bo", first, last, "anna")]
    page = await anna.get(ADDRESS)
    assert page.tree.xpath("//select[@id='vem']/option/text()") == ["Bo Ek", "Rut Snäv"], "by name"
    assert "Ersättare: Anna Berg." in page.text
    assert page.tree.xpath("//form[@method='get']//button/text()") == ["Visa"]


async def test_who_is_away_is_marked_where_many_cases_are_given(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    first, last = days(portal)
    away = Absence("bo", first, last, "anna")
    await portal.database.write(lambda tx: absences.save(tx, away, "officer:bo", portal.clock()))
    page = await choose(anna, case_ids[:1], "handlaggare")
    (label,) = page.tree.xpath("//label[@for='officer-bo']")
    assert " ".join(label.text_content().split()) == "Bo Ek (frånvarande, Anna Berg är ersättare)"


async def test_who_is_away_is_marked_where_a_case_is_given_with_who_acts_for_them(
    portal: Portal, eva: Browser
) -> None:
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    first, last = days(portal)
    away = Absence("bo", first, last, "anna")
    await portal.database.write(lambda tx: absences.save(tx, away, "officer:bo", portal.clock()))
    browser, _ = await enters(portal, case.id)
    page = await browser.get(f"/handlaggare/{case.number}/handlaggare")
    (label,) = page.tree.xpath("//label[@for='officer-bo']")
    assert " ".join(label.text_content().split()) == "Bo Ek (frånvarande, Anna Berg är ersättare)"
    (own,) = page.tree.xpath("//label[@for='officer-anna']")
    assert "frånvarande" not in own.text_content()
