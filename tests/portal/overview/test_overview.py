"""The overview of cases on the officer's pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.blocks.forms.lists.ticking import TickingState, ticking_home
from bot.domain.assignment import TakeCase
from bot.domain.colour import ColourCase
from bot.domain.flags import Flag
from bot.domain.lists import saved_views as page_sizes
from bot.domain.lists.case_lists import CASE_LISTS, CaseList
from bot.domain.lists.case_query import CaseQuery
from bot.domain.preferences import Preferences
from bot.portal.overview import list_page
from bot.store.lists import saved_views
from bot.store.officers import flags, preferences
from bot.store.officers.preferences import HomePosition
from bot.store.tables import CaseRow
from bot.text import words
from bot.text.working_days import local_day
from tests.blocks.forms.test_forms import make_row
from tests.blocks.rendered import button_texts
from tests.blocks.sample_catalog import CATALOG
from tests.portal.browser import Browser, Form, Page, filled
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters


def show_two_rows(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anna has chosen pages of two rows, which are offered."""
    for module in (page_sizes, list_page):
        monkeypatch.setattr(module, "WEB_PAGE_SIZES", (2, 50))
    chosen = Preferences(web_page_size=2)  # type: ignore[arg-type]
    portal.database.write_sync(lambda tx: preferences.save(tx, "anna", chosen))


def numbers(page: Page) -> list[str]:
    """The case numbers of the page's rows, in order."""
    return [str(link.text_content()) for link in page.tree.xpath("//table//tbody//th//a")]


async def test_the_overview_has_the_officers_lists_with_their_numbers(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await portal.service.perform(TakeCase(case_id=case_ids[1]), portal.officer("anna"))
    page = await anna.get("/handlaggare?lista=mine")
    assert numbers(page) == ["2026-000002"]
    tabs = [" ".join(str(one.text_content()).split()) for one in page.tree.xpath("//main/div/nav[1]//a")]
    assert tabs[1:] == ["Mina 1", "Obehandlade 2", "Försenade 0", "Flaggade 0", "Alla 3", "Avslutade 0"]


async def test_what_waits_says_on_the_page_which_day_is_near_or_has_passed(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    today = local_day(portal.clock())
    for case_id, days in ((case_ids[0], -1), (case_ids[1], 1)):
        await portal.service.perform(TakeCase(case_id=case_id), portal.officer("anna"))
        day = today + timedelta(days=days)
        columns = {"due_on": None, "step_due_on": day, "earliest_due_on": day}
        change = update(CaseRow).where(CaseRow.id == case_id).values(columns)
        portal.database.write_sync(lambda tx, change=change: tx.conn.execute(change))

    async def reasons() -> dict[str, list[str]]:
        page = await anna.get("/handlaggare?lista=todo")
        rows = page.tree.xpath("//table//tbody/tr")
        return {
            row.xpath(".//th//a/text()")[0]: row.xpath(".//th/span[@class='tag new']/text()") for row in rows
        }

    soon = f"Nästa steg senast {words('sv').day_short(today + timedelta(days=1))}"
    # The column of the due day says of the first that it has passed.
    assert await reasons() == {"2026-000003": [], "2026-000002": [soon]}
    columns_form = (await anna.get("/handlaggare?lista=todo")).form("/val")
    await anna.send(columns_form.fill(column=["service", "status"], do="kolumner:visa"))
    assert await reasons() == {"2026-000003": ["Nästa steg försenat"], "2026-000002": [soon]}


async def test_a_search_that_went_further_than_its_list_says_so_once_and_not_by_its_address(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await portal.service.perform(TakeCase(case_id=case_ids[1]), portal.officer("anna"))
    form = (await anna.get("/handlaggare?lista=mine")).form("/handlaggare/lista")
    page = await anna.send(form.fill(text="2026-000001"))
    assert numbers(page) == ["2026-000001"] and "Inget i urvalet" in page.text
    for address in (page.url, f"{page.url}&vidgad=1"):
        again = await anna.get(address)
        assert numbers(again) == ["2026-000001"] and "Inget i urvalet" not in again.text


async def test_a_filter_leads_to_a_list_of_its_own_whose_address_says_nothing(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    form = (await anna.get("/handlaggare?lista=all")).form("/handlaggare/lista")
    page = await anna.send(form.fill(text="2026-000002"))
    assert numbers(page) == ["2026-000002"] and page.status == 200
    assert "000002" not in page.url and "text" not in page.url
    assert numbers(await anna.get(page.url)) == ["2026-000002"]
    assert page.tree.xpath("//input[@name='text']/@value") == ["2026-000002"]
    other, _ = await enters(portal, case_ids[0], "bo")
    assert (await other.get(page.url)).status == 404


async def test_a_heading_sorts_and_sorts_the_other_way_at_the_next_press(
    anna: Browser, case_ids: list[str]
) -> None:
    page = await anna.get("/handlaggare?lista=all")
    assert numbers(page) == ["2026-000003", "2026-000002", "2026-000001"]
    page = await anna.send(press_heading(page, "Ärendenummer"))
    assert numbers(page) == ["2026-000003", "2026-000002", "2026-000001"]
    assert page.tree.xpath("//th[@aria-sort]/@aria-sort") == ["descending"]
    page = await anna.send(press_heading(page, "Ärendenummer"))
    assert numbers(page) == ["2026-000001", "2026-000002", "2026-000003"]
    assert page.tree.xpath("//th[@aria-sort]/@aria-sort") == ["ascending"]


async def test_the_rows_of_a_page_are_remembered_in_other_lists_and_by_the_settings(
    portal: Portal, anna: Browser
) -> None:
    page = await anna.get("/handlaggare?lista=all")
    assert rows_chosen(page) == "50"
    await anna.send(page.form("/handlaggare/lista").fill(page_size="200"))
    assert rows_chosen(await anna.get("/handlaggare?lista=mine")) == "200"
    await anna.send((await anna.get("/handlaggare/installningar")).form("/installningar").fill(rows="10"))
    page = await anna.get("/handlaggare?lista=all")
    assert rows_chosen(page) == "200"
    saved = await anna.send(page.form("/vy").fill(name="Alla"), "save")
    await anna.send(saved.form("/handlaggare/lista").fill(page_size="50"))
    view = await portal.database.read(lambda tx: saved_views.list_views(tx, portal.officer("anna")))
    assert rows_chosen(await anna.get(f"/handlaggare/vyer/{view[0].id}")) == "50"


def rows_chosen(page: Page) -> str:
    return str(page.tree.xpath("string(//select[@name='page_size']/option[@selected])"))


async def test_the_overview_starts_where_the_officer_was_last_here_or_in_app_home(
    portal: Portal, anna: Browser
) -> None:
    def current(page: Page) -> str:
        return str(page.tree.xpath("string(//nav[@aria-label='Listor']//a[@aria-current])")).split()[0]

    await anna.get("/handlaggare?lista=unassigned")
    assert current(await anna.get("/handlaggare")) == "Obehandlade"
    at_home = HomePosition("mine", 3)
    portal.database.write_sync(lambda tx: preferences.save_home_position(tx, "anna", at_home))
    assert current(await anna.get("/handlaggare")) == "Mina"
    await anna.get("/handlaggare?lista=mine")
    assert await portal.database.read(lambda tx: preferences.find_home_position(tx, "anna")) == at_home
    filtered = await anna.send(
        (await anna.get("/handlaggare?lista=all")).form("/handlaggare/lista").fill(text="x")
    )
    await anna.send(filtered.form("/vy").fill(name="Med x"), "save")
    views = await portal.database.read(lambda tx: saved_views.list_views(tx, portal.officer("anna")))
    await anna.get(f"/handlaggare/vyer/{views[0].id}")
    assert (await anna.get("/handlaggare")).tree.xpath("//h1/text()") == ["Med x"]


async def test_each_order_is_chosen_by_a_name_that_says_what_comes_first(
    anna: Browser, case_ids: list[str]
) -> None:
    page = await anna.get("/handlaggare?lista=all")
    assert page.tree.xpath("//select[@id='sort']/option[@selected]/text()") == ["När det kom in, nyast först"]
    (oldest,) = page.tree.xpath("//select[@id='sort']/option[. = 'Ärendenummer, lägst först']/@value")
    page = await anna.send(page.form("/handlaggare/lista").fill(sort=oldest))
    assert numbers(page) == ["2026-000001", "2026-000002", "2026-000003"]
    assert page.tree.xpath("//select[@id='sort']/option[@selected]/@value") == [oldest]


def press_heading(page: Page, title: str) -> Form:
    (button,) = page.tree.xpath(f"//thead//button[starts-with(normalize-space(.), '{title}')]")
    return page.form("/val").fill(do=button.get("value"))


async def test_pages_follow_each_other_both_ways_though_a_case_comes_meanwhile(
    portal: Portal, anna: Browser, eva: Browser, case_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_two_rows(portal, monkeypatch)
    first = await anna.get("/handlaggare?lista=all")
    assert numbers(first) == ["2026-000003", "2026-000002"]
    await eva.submit(await filled(eva))
    second = await anna.send(first.form("/val").fill(do="sida:2"))
    assert numbers(second) == ["2026-000001"] and not second.tree.xpath("//button[@value='sida:3']")
    back = await anna.send(second.form("/val").fill(do="sida:1"))
    assert numbers(back) == ["2026-000004", "2026-000003"]


async def test_a_filter_that_cannot_be_used_comes_back_with_what_is_wrong(anna: Browser) -> None:
    form = (await anna.get("/handlaggare?lista=all")).form("/handlaggare/lista")
    page = await anna.send(
        form.fill(assignee="Finns Inte", received_first="2026-03-05", received_last="2026-03-01")
    )
    assert page.status == 422 and "Till och med är före från och med." in page.text
    assert [one.get("id") for one in page.tree.xpath("//*[@aria-invalid='true']")] == [
        "received_first",
        "assignee",
    ]
    assert page.tree.xpath("//input[@id='assignee']/@value") == ["Finns Inte"]


async def test_each_part_of_the_filter_finds_its_cases(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    officer, service = portal.officer("anna"), portal.service
    await service.perform(TakeCase(case_id=case_ids[0]), officer)
    await service.perform(ColourCase(case_id=case_ids[1], colour="red", expected=""), officer)
    await portal.database.write(lambda tx: flags.save(tx, officer, Flag(case_ids[2]), portal.clock()))
    for filled_in, expected in (
        ({"assignee": "Anna Berg"}, ["2026-000003"]),
        ({"assignee": "ingen handläggare"}, ["2026-000002", "2026-000001"]),
        ({"assignee": "Ingen handläggare, Anna Berg"}, ["2026-000003", "2026-000002", "2026-000001"]),
        ({"colours": "red"}, ["2026-000002"]),
        ({"flagged": "1"}, ["2026-000001"]),
        ({"state": "closed"}, []),
        ({"received_last": (portal.clock() - timedelta(days=3)).date().isoformat()}, ["2026-000001"]),
        (
            {"services": "altan", "audience": "external", "origins": "web"},
            ["2026-000003", "2026-000002", "2026-000001"],
        ),
    ):
        form = (await anna.get("/handlaggare?lista=all")).form("/handlaggare/lista")
        assert numbers(await anna.send(form.fill(**filled_in))) == expected, filled_in


def chips(page: Page) -> dict[str, str]:
    """What the list is narrowed to, as it reads, and what the press on it is called."""
    buttons = page.tree.xpath("//div[contains(@class, 'chips')]//li/button")
    return {str(one.text_content()).partition(" ×")[0].strip(): str(one.get("value")) for one in buttons}


async def test_what_a_list_is_narrowed_to_is_said_part_by_part_and_taken_away_so(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    page = await anna.get("/handlaggare?lista=unassigned")
    assert chips(page) == {}
    page = await anna.send(
        page.form("/handlaggare/lista").fill(
            text="2026",
            services="altan",
            colours=["red", "blue"],
            assignee="Anna Berg",
            received_first="2026-01-01",
            overdue="1",
            state="closed",
        )
    )
    assert chips(page) == {
        "Sökord: 2026": "utan:text:",
        "E-tjänst: Bygga altan": "utan:services:altan",
        "Handläggare: Anna Berg": "utan:assignees:officer:anna",
        "Färg: Blå": "utan:colours:blue",
        "Färg: Röd": "utan:colours:red",
        "Inkom från och med 1 jan. 2026": "utan:received:",
        "Avslutade": "utan:state:",
        "Försenade": "utan:overdue:",
    }
    for value in [
        one for one in chips(page).values() if one not in ("utan:services:altan", "utan:colours:red")
    ]:
        page = await anna.send(page.form("/val").fill(do=value))
        assert page.status == 200 and value not in chips(page).values()
    assert list(chips(page)) == ["E-tjänst: Bygga altan", "Färg: Röd"] and numbers(page) == []
    page = await anna.send(page.form("/val").fill(do="utan:colours:red"))
    assert numbers(page) == ["2026-000003", "2026-000002", "2026-000001"]


async def test_the_filter_is_folded_up_once_it_is_used(anna: Browser) -> None:
    form = (await anna.get("/handlaggare?lista=all")).form("/handlaggare/lista")
    page = await anna.send(form.fill(colours="red"))
    assert chips(page) and not page.tree.xpath("//details[@open]")


async def test_a_search_that_finds_nothing_in_a_list_shows_what_it_finds_among_all_cases(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    form = (await anna.get("/handlaggare?lista=mine")).form("/handlaggare/lista")
    page = await anna.send(form.fill(text="2026-000002"))
    assert numbers(page) == ["2026-000002"] and "Här är träffarna bland alla ärenden." in page.text
    assert "000002" not in page.url and not page.has_button("sokalla")
    page = await anna.send(form.fill(text="finnsinte"))
    assert numbers(page) == [] and "Sökningen gav inga träffar." in page.text


async def test_a_search_in_a_list_goes_on_among_all_cases_at_a_press(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await portal.service.perform(TakeCase(case_id=case_ids[0]), portal.officer("anna"))
    form = (await anna.get("/handlaggare?lista=mine")).form("/handlaggare/lista")
    page = await anna.send(form.fill(text="altan"))
    assert numbers(page) == ["2026-000003"]
    page = await anna.send(page.form("/val").fill(do="sokalla"))
    assert numbers(page) == ["2026-000003", "2026-000002", "2026-000001"] and not page.has_button("sokalla")


@pytest.mark.parametrize("tab", CASE_LISTS)
async def test_an_empty_list_says_what_would_be_there_and_what_nobody_has(
    portal: Portal, anna: Browser, case_ids: list[str], tab: CaseList
) -> None:
    page = await anna.get(f"/handlaggare?lista={tab}")
    if tab in ("unassigned", "all"):
        assert numbers(page)
    else:
        assert words("sv")(f"home.empty.{tab}") in page.text and "3 ärenden är obehandlade." in page.text
        assert page.tree.xpath("//main//a[@href='/handlaggare?lista=unassigned'][contains(@class, 'button')]")


async def test_nobody_who_is_not_signed_in_sees_a_list(portal: Portal) -> None:
    assert (await portal.browser().get("/handlaggare")).status == 401
    assert (await portal.browser().get("/handlaggare/lista/0123")).status == 401


async def test_a_case_that_is_opened_from_a_list_leads_to_the_ones_before_and_after_it_there(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    assert "Tillbaka till listan" not in (await anna.get("/handlaggare/2026-000002")).text
    await anna.get("/handlaggare?lista=unassigned")
    middle = await anna.get("/handlaggare/2026-000002")
    assert middle.tree.xpath("//a[@rel='prev' or @rel='next']/@href") == [
        "/handlaggare/2026-000003",
        "/handlaggare/2026-000001",
    ]
    await portal.service.perform(TakeCase(case_id=case_ids[1]), portal.officer("anna"))
    left = await anna.get("/handlaggare/2026-000002")
    assert left.tree.xpath("//a[@rel='next']/@href") == ["/handlaggare/2026-000001"]


async def test_a_filter_with_many_values_is_taken(anna: Browser) -> None:
    form = (await anna.get("/handlaggare?lista=all")).form("/handlaggare/lista")
    page = await anna.send(form.fill(services="altan", statuses=[f"status{n}" for n in range(90)]))
    assert page.status == 200


async def test_a_case_is_marked_as_unread_on_its_page_and_in_the_list_until_it_is_opened(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    page = await anna.get("/handlaggare?lista=all")
    assert "Nytt för dig" not in page.text
    listed = page.url
    page = await anna.get("/handlaggare/2026-000001")
    page = await anna.send(page.form("/olast"))
    assert "/handlaggare/lista/" in page.url and unread_numbers(page) == ["2026-000001"]
    portal.clock.advance(minutes=1)
    await anna.get("/handlaggare/2026-000001")
    page = await anna.get(listed)
    assert unread_numbers(page) == []
    page = await anna.send(page.form("/val").fill(case=case_ids[:2], do="olast"))
    assert unread_numbers(page) == ["2026-000003", "2026-000002"] and not page.tree.xpath(
        "//input[@name='case'][@checked]"
    )
    bo, _ = await enters(portal, case_ids[0], "bo")
    assert unread_numbers(await bo.get("/handlaggare?lista=all")) == []


async def test_what_officers_do_most_is_offered_first_and_marking_as_unread_last_here_and_in_slack(
    anna: Browser, case_ids: list[str]
) -> None:
    page = await anna.get("/handlaggare?lista=all")
    offered = page.tree.xpath("//*[@id='bulk-actions']//button/text()")
    assert offered == [
        *("Ta ärenden", "Ändra handläggare", "Ändra status", "Utskick", "Exportera till Excel/CSV"),
        *("Färgmarkera", "Flagga", "Lämna tillbaka ärenden", "Sammanställ eller ta ut akter"),
        "Markera som oläst",
    ]
    lesser = page.tree.xpath("//*[@id='bulk-actions']/details[summary = 'Fler åtgärder']//button/text()")
    assert lesser == offered[5:]
    state = TickingState("l", CaseQuery(), 1, [make_row(1)], False, 1, (), False, 0, CATALOG)
    in_slack = button_texts(ticking_home(state, words("sv")))
    assert in_slack[: len(offered)] == offered


def unread_numbers(page: Page) -> list[str]:
    """The case numbers of the rows that are new to the officer."""
    rows = page.tree.xpath("//table//tbody//th[.//strong[contains(@class, 'unread')]]//a")
    return [str(link.text_content()) for link in rows]
