"""Koppla ärenden on the case page, and what applicants see of it."""

from __future__ import annotations

import pytest

from bot.catalog.base import Text
from bot.catalog.statuses import Status
from bot.domain.links import link_both
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters

PLACE = "/handlaggare/2026-000001/koppla"


@pytest.fixture
@filled_once
async def ids(portal: Portal, eva: Browser) -> list[str]:
    """Eva's case, and Kim's."""
    for name, address in (("Eva Ek", "eva@ek.example"), ("Kim Al", "kim@al.example")):
        await eva.submit((await filled(eva)).fill(om_p0_name=name, om_p0_email=address))
    return [str(case.id) for case in sorted(await portal.list_cases(), key=lambda one: one.number)]


async def links(browser: Browser, number: str = "2", kind: str = "related") -> Page:
    form = (await browser.get(PLACE)).form("/koppla")
    return await browser.send(form.fill(number=number, kind=kind), "link")


def linked(page: Page) -> list[str]:
    """The kind and the case of each link, as the case page shows them."""
    cells = page.tree.xpath("//section[@aria-labelledby='h-kopplade']//div/*")
    texts = ("".join(one.xpath(".//text()[not(ancestor::details)]")) for one in cells)
    return [" ".join(text.split()) for text in texts]


async def test_a_link_is_shown_in_both_cases_and_leads_from_one_to_the_other(
    portal: Portal, ids: list[str]
) -> None:
    anna, _ = await enters(portal, ids[0])
    page = await links(anna, kind="follows")
    assert "Ärendet är kopplat." in page.text and linked(page) == [
        "Uppföljning av",
        "2026-000002 Bygga altan · Inskickat",
    ]
    page = await anna.get("/handlaggare/2026-000002")
    assert linked(page)[0] == "Följs upp i" and "/handlaggare/2026-000001" in page.links()
    form = (await anna.get("/handlaggare/2026-000002/koppla")).form("/koppla")
    page = await anna.send(form, f"unlink:{ids[0]}")
    assert "Kopplingen är borttagen." in page.text and "Kopplade ärenden" not in page.text
    assert "Anna Berg tog bort kopplingen. Följs upp i: 2026-000001." in page.text


async def test_a_link_is_taken_away_where_it_is_shown_by_a_press_and_a_confirmation(
    portal: Portal, ids: list[str]
) -> None:
    anna, _ = await enters(portal, ids[0])
    page = await links(anna)
    (summary,) = page.tree.xpath("//section[@aria-labelledby='h-kopplade']//details/summary/text()")
    assert summary == "Ta bort kopplingen till 2026-000002"
    page = await anna.send(page.forms("/koppla")[0], f"unlink:{ids[1]}")
    assert "Kopplingen är borttagen." in page.text and linked(page) == []


@pytest.mark.parametrize("typed", ["", "   ", "Evas ärende", "2 och 3"])
async def test_what_is_no_number_of_a_case_is_told_apart_from_a_case_that_is_not_there(
    portal: Portal, ids: list[str], typed: str
) -> None:
    anna, _ = await enters(portal, ids[0])
    page = await links(anna, number=typed)
    assert page.status == 422 and "Skriv det andra ärendets nummer, till exempel 2026-000123." in page.text
    page = await links(anna, number="2026")  # also the running number of a case this year
    assert page.status == 422 and "Det finns inget ärende 2026 som du kan se." in page.text


async def test_enter_in_the_numbers_field_links_and_takes_no_link_away(
    portal: Portal, ids: list[str]
) -> None:
    """Browsers press the first button of the form."""
    anna, _ = await enters(portal, ids[0])
    await links(anna)
    page = await anna.get(PLACE)
    first, *others = page.tree.xpath("//main//form[contains(@action, '/koppla')]//button/@value")
    assert first == "link" and f"unlink:{ids[1]}" in others


async def test_the_page_says_what_a_duplicate_becomes_and_closes_it_so_only_if_that_is_chosen(
    portal: Portal, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services = portal.service.catalog.services
    service = services["altan"]
    told = Text(sv="Finns redan i ett annat ärende.", en="It is in another case already.")
    twin = Status(key="dubblett", name="Dubblett", kind="closed", told=told, for_duplicates=True)
    statuses = {"statuses": (*service.statuses, twin)}
    anna, _ = await enters(portal, ids[0])
    page = await anna.get(PLACE)
    assert "Ingen status här är till för dubbletter." in page.text
    monkeypatch.setitem(services, "altan", service.model_copy(update=statuses))
    page = await anna.get(PLACE)
    assert "Ja, med statusen Dubblett" in page.text
    assert "Sökanden får läsa: ”Finns redan i ett annat ärende.”" in page.text
    form = page.form("/koppla")
    await anna.send(form.fill(number="2", kind="duplicate_of", closing_status=""), "link")
    assert (await portal.view_case(ids[0])).case.closed_at is None
    await anna.send((await anna.get(PLACE)).form("/koppla"), f"unlink:{ids[1]}")
    await links(anna, kind="duplicate_of")
    assert (await portal.view_case(ids[0])).case.status == "dubblett"


async def test_applicants_of_linked_cases_read_only_their_own(
    portal: Portal, ids: list[str], eva: Browser
) -> None:
    anna, _ = await enters(portal, ids[0])
    await links(anna, kind="duplicate_of")
    await signs_in(portal, eva)
    page = await eva.get(f"/mina-sidor/arende/{ids[0]}")
    assert page.status == 200 and "2026-000002" not in page.text and "ubblett" not in page.text
    assert (await eva.get(f"/mina-sidor/arende/{ids[1]}")).status == 404


async def test_who_may_not_see_the_other_case_is_shown_that_there_is_one_and_no_more(
    portal: Portal, ids: list[str], eva: Browser
) -> None:
    await eva.submit((await filled(eva)).fill(om_protected="yes"))
    hidden = max(await portal.list_cases(by="anna"), key=lambda one: one.number)
    command = link_both(ids[0], str(hidden.id), "related")
    await portal.service.perform_both(command, portal.officer("anna"))
    bo, page = await enters(portal, ids[0], who="bo")
    assert "a case that you cannot see" in page.text and hidden.number not in page.text
    page = await bo.get(PLACE)
    assert hidden.number not in page.text
    page = await bo.send(page.form("/koppla"), f"unlink:{hidden.id}")
    assert page.status == 409 and "You cannot see the other case" in page.text
    assert hidden.number not in page.text
    page = await links(bo, number=hidden.number)
    assert page.status == 422 and "There is no case" in page.text


@pytest.mark.parametrize("number", ["", "17", "1", "x", "2 och 3", "9" * 80])
async def test_a_number_that_is_no_other_case_is_said_at_its_field(
    portal: Portal, ids: list[str], number: str
) -> None:
    anna, _ = await enters(portal, ids[0])
    page = await links(anna, number=number)
    assert page.status == 422 and page.tree.xpath("//p[@id='number-error']")
    assert (await portal.view_case(ids[0])).case.links == ()
