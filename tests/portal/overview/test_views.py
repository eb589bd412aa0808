"""Saved views on the officers' pages."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot.domain.lists.case_query import CaseFilter, CaseQuery
from bot.domain.lists.saved_views import SavedView
from bot.store.lists import saved_views
from bot.store.tables import SavedQueryRow
from tests.portal.browser import Browser, Page
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters
from tests.portal.overview.test_overview import numbers


async def save_filtered(anna: Browser, name: str, **filled: str) -> Page:
    """Anna filters the list of all cases and saves it."""
    page = await anna.send(
        (await anna.get("/handlaggare?lista=all")).form("/handlaggare/lista").fill(**filled)
    )
    return await anna.send(page.form("/vy").fill(name=name), "save")


def view_links(page: Page) -> dict[str, str]:
    return {
        str(one.text): str(one.get("href"))
        for one in page.tree.xpath("//nav[@aria-label='Dina vyer']//a")[:-1]
    }


async def test_a_views_description_says_what_comes_first(anna: Browser) -> None:
    await save_filtered(anna, "Den andra", text="2026-000002", sort="received:0")
    assert "ordning: När det kom in, äldst först" in (await anna.get("/handlaggare/vyer")).text


async def test_a_list_is_saved_as_a_view_that_is_chosen_by_its_name_everywhere(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    page = await save_filtered(anna, "Den andra", text="2026-000002")
    assert page.tree.xpath("//h1/text()") == ["Den andra"]
    page = await anna.get("/handlaggare?lista=mine")
    page = await anna.get(view_links(page)["Den andra"])
    assert numbers(page) == ["2026-000002"] and page.tree.xpath("//h1/text()") == ["Den andra"]
    assert "000002" not in page.url
    (view,) = await portal.database.read(lambda tx: saved_views.list_views(tx, portal.officer("anna")))
    assert view.query == CaseQuery(text="2026-000002")
    bo, _ = await enters(portal, case_ids[0], "bo")
    assert (await bo.get(f"/handlaggare/vyer/{view.id}")).status == 409
    assert view_links(await bo.get("/handlaggare")) == {}


async def test_a_view_that_was_saved_in_slack_is_opened_on_the_web_with_its_columns(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    query = CaseQuery(filter=CaseFilter(own=True, overdue=True), sort="due", columns=("status", "due"))
    view = SavedView("a" * 32, "Sena", query, 40)
    await portal.database.write(
        lambda tx: saved_views.save_view(tx, portal.officer("anna"), view, portal.clock())
    )
    page = await anna.get("/handlaggare/vyer/" + "a" * 32)
    assert page.status == 200 and page.tree.xpath("//h1/text()") == ["Sena"]
    assert page.tree.xpath("//input[@name='lista']/@value") == ["mine"]
    assert page.tree.xpath("//input[@name='overdue'][@checked]")


async def test_a_name_that_is_taken_is_refused_and_its_view_replaced_when_asked_for(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await save_filtered(anna, "Min vy", text="2026-000002")
    page = await save_filtered(anna, "min  VY", text="2026-000003")
    assert page.status == 422 and "Du har redan en vy som heter" in page.text
    page = await anna.send(page.form("/vy"), "replace")
    assert page.status == 200 and page.tree.xpath("//h1/text()") == ["Min vy"]
    assert numbers(page) == ["2026-000003"] and list(view_links(page)) == ["Min vy"]
    page = await save_filtered(anna, " ")
    assert page.status == 422 and "Skriv ett namn på vyn." in page.text
    # A second press changes nothing.
    page = await save_filtered(anna, "Min vy", text="2026-000003")
    assert page.status == 200


async def test_a_view_is_renamed_made_the_start_and_deleted(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await save_filtered(anna, "Två", text="2026-000002")
    await save_filtered(anna, "Tre", text="2026-000003")
    page = await anna.get("/handlaggare/vyer")
    address = page.tree.xpath("//section[.//a[text()='Två']]//form/@action")[0]
    refused = await anna.send(page.form(address).fill(name="TRE"), "rename")
    assert refused.status == 422 and refused.tree.xpath("//input[@aria-invalid]/@value") == ["TRE"]
    page = await anna.send(refused.form(address).fill(name="Nummer två"), "rename")
    assert "Nummer två" in page.text
    await anna.send(page.form(address), "start")
    assert numbers(await anna.get("/handlaggare")) == ["2026-000002"]
    page = await anna.send((await anna.get("/handlaggare/vyer")).form(address), "delete")
    assert "Nummer två" not in page.text and "Tre" in page.text
    gone = await anna.send(refused.form(address).fill(name="Igen"), "rename")
    assert gone.status == 409 and "Vyn finns inte längre" in gone.text
    assert (await anna.get("/handlaggare")).tree.xpath("//a[@aria-current='page']/@href")[-1:] == [
        "/handlaggare?lista=all"
    ], "where one was last"


async def test_a_view_with_what_is_there_no_longer_says_what_and_lets_it_be_taken_away(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    stale = CaseFilter(services=("altan", "borta"), statuses=("slopad",), assignees=("officer:slutat",))
    view = SavedView("b" * 32, "Gammal", CaseQuery(filter=stale))
    officer = portal.officer("anna")
    await portal.database.write(lambda tx: saved_views.save_view(tx, officer, view, portal.clock()))
    page = await anna.get("/handlaggare/vyer/" + "b" * 32)
    for name in ("borta", "slopad", "slutat"):
        assert f"{name}, som inte finns längre" in page.text
    assert len(page.tree.xpath("//input[@value='borta' or @value='slopad'][@checked]")) == 2
    form = page.form("/handlaggare/lista").fill(services="altan", statuses=[], assignee="")
    assert len(numbers(await anna.send(form))) == 3
    assert "borta, som inte finns längre" in (await anna.get("/handlaggare/vyer")).text


async def test_a_view_of_another_version_says_so_and_can_be_deleted(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await save_filtered(anna, "Gammal", text="2026-000002")
    newer = update(SavedQueryRow).values(body='{"of": "another version"}')
    await portal.database.write(lambda tx: tx.conn.execute(newer))
    (address,) = view_links(await anna.get("/handlaggare?lista=all")).values()
    page = await anna.get(address)
    assert "sparades med en äldre version" in page.text
    assert "Gammal" not in (await anna.send(page.form(address), "delete")).text


async def test_a_view_of_an_e_service_that_one_has_lost_says_so_and_shows_no_case(
    portal: Portal, anna: Browser, case_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await save_filtered(anna, "Altaner", services="altan")
    (address,) = view_links(await anna.get("/handlaggare?lista=all")).values()
    assert len(numbers(await anna.get(address))) == 3
    catalog = portal.service.catalog
    without = catalog.services["altan"].model_copy(update={"officers": ()})
    changed = catalog.model_copy(update={"services": {**catalog.services, "altan": without}})
    monkeypatch.setattr(portal.service, "_catalog", lambda: changed)
    page = await anna.get(address)
    assert page.status == 200 and numbers(page) == []
    assert "Du har inte längre behörighet till Bygga altan" in page.text
