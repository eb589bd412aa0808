"""The columns of the overview: chosen and moved without scripts."""

from __future__ import annotations

from functools import partial

import pytest

from bot.domain.lists.case_query import MAX_COLUMNS
from bot.store.log import readings
from tests.portal.browser import Browser, Page
from tests.portal.conftest import Portal
from tests.portal.overview.test_exporting import protect
from tests.portal.overview.test_overview import numbers, show_two_rows


def titles(page: Page) -> list[str]:
    return [
        " ".join(str(one.text_content()).split()).rstrip(" ▾▴") for one in page.tree.xpath("//thead//th")
    ][1:]


async def test_an_officer_chooses_columns_and_moves_them_one_step_at_a_time(anna: Browser) -> None:
    page = await anna.get("/handlaggare?lista=all")
    form = page.form("/val").fill(column=["status", "colour"])
    page = await anna.send(form, "kolumner:visa")
    assert titles(page) == ["Ärendenummer", "Status", "Färg"]
    page = await anna.send(page.form("/val"), "kolumner:upp:colour")
    assert titles(page) == ["Ärendenummer", "Färg", "Status"]
    assert page.tree.xpath("//details[@id='kolumner'][@open]")
    assert page.tree.xpath("//button[@autofocus]/@value") == ["kolumner:upp:colour"]
    page = await anna.send(page.form("/val"), "kolumner:ned:number")
    assert titles(page) == ["Färg", "Ärendenummer", "Status"]
    page = await anna.send(page.form("/val"), "kolumner:standard")
    assert titles(page) == ["Ärendenummer", "E-tjänst", "Status", "Handläggare", "Inkom", "Att göra senast"]


async def test_too_many_columns_are_refused_and_what_was_ticked_stands(anna: Browser) -> None:
    page = await anna.get("/handlaggare?lista=all")
    every = page.tree.xpath("//input[@name='order']/@value")
    page = await anna.send(page.form("/val").fill(column=every), "kolumner:visa")
    assert page.status == 422 and "Ta bort bockarna" in page.text
    assert len(page.tree.xpath("//input[@name='column'][@checked]")) == len(every) > MAX_COLUMNS
    assert titles(page)[0] == "Ärendenummer" and len(titles(page)) == 6


async def test_columns_remain_when_the_list_is_filtered_or_sorted(anna: Browser) -> None:
    page = await anna.get("/handlaggare?lista=all")
    page = await anna.send(page.form("/val").fill(column="origin"), "kolumner:visa")
    page = await anna.send(page.form("/handlaggare/lista").fill(text="2026-000002"))
    assert titles(page) == ["Ärendenummer", "Kom via"] and numbers(page) == ["2026-000002"]
    page = await anna.send(page.form("/val"), "ordna:number:")
    assert titles(page) == ["Ärendenummer", "Kom via"]


async def test_ticks_and_the_page_remain_when_columns_change_and_ticks_when_the_order_does(
    portal: Portal, anna: Browser, case_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_two_rows(portal, monkeypatch)
    page = await anna.get("/handlaggare?lista=all")
    page = await anna.send(page.form("/val").fill(case=case_ids[0]), "sida:2")
    page = await anna.send(page.form("/val").fill(case=case_ids[2], column="status"), "kolumner:visa")
    assert numbers(page) == ["2026-000001"] and "2 ärenden är valda" in page.text
    page = await anna.send(page.form("/val"), "ordna:number:")
    assert numbers(page) == ["2026-000001", "2026-000002"] and "2 ärenden är valda" in page.text
    assert page.tree.xpath("//input[@name='case'][@checked]/@value") == [case_ids[2]]


async def test_columns_are_those_of_the_officers_other_lists_too_but_not_of_a_view(anna: Browser) -> None:
    page = await anna.get("/handlaggare?lista=all")
    await anna.send(page.form("/val").fill(column="status"), "kolumner:visa")
    page = await anna.get("/handlaggare?lista=unassigned")
    assert titles(page) == ["Ärendenummer", "Status"]
    page = await anna.send(page.form("/handlaggare/lista").fill(text="2026-000002"))
    page = await anna.send(page.form("/vy").fill(name="En"), "save")
    page = await anna.send(page.form("/val").fill(column=["colour", "origin"]), "kolumner:visa")
    assert titles(page) == ["Ärendenummer", "Färg", "Kom via"]
    assert titles(await anna.get("/handlaggare?lista=unassigned")) == ["Ärendenummer", "Status"]


def applicants(page: Page) -> list[str]:
    """The column of applicants, from the first row."""
    return [str(one.text_content()) for one in page.tree.xpath("//td[@data-label='Sökande']")]


async def test_who_applied_is_a_column_on_the_web_for_who_chooses_it_and_is_recorded_as_read(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    page = await anna.get("/handlaggare?lista=all")
    assert "Eva Ek" not in page.text and await listed_by_anna(portal, case_ids[0]) == 0
    for _ in range(2):
        page = await anna.send(page.form("/val").fill(column="applicants"), "kolumner:visa")
    assert applicants(page) == ["Eva Ek"] * 3
    assert [await listed_by_anna(portal, one) for one in case_ids] == [1, 1, 1]


async def test_a_protected_case_names_nobody_in_a_list(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await protect(portal, case_ids[1])
    page = await anna.get("/handlaggare?lista=all")
    page = await anna.send(page.form("/val").fill(column="applicants"), "kolumner:visa")
    assert applicants(page) == ["Eva Ek", "–", "Eva Ek"]
    assert await listed_by_anna(portal, case_ids[1]) == 0


async def test_a_refused_form_of_a_list_names_nobody_once_the_case_is_protected(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    page = await anna.get("/handlaggare?lista=all")
    page = await anna.send(page.form("/val").fill(column="applicants"), "kolumner:visa")
    anna.keeps_pages = False  # names are not
    every = page.tree.xpath("//input[@name='order']/@value")
    page = await anna.send(page.form("/val").fill(column=every), "kolumner:visa")
    assert page.status == 422 and applicants(page) == ["Eva Ek"] * 3
    await protect(portal, case_ids[1])
    assert applicants(await anna.get(page.url))[1:2] in ([], ["–"])


async def listed_by_anna(portal: Portal, case_id: str) -> int:
    """How often Anna was shown in a list who the case's applicants are."""
    found = await portal.database.read(partial(readings.list_for_case, case_id=case_id))
    return [(by, part) for _, by, part in found].count(("officer:anna", readings.LISTED_PART))
