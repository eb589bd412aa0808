"""A coordinator sees how it goes for their e-services, and nobody else does."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from sqlalchemy import update

from bot.catalog.models import Catalog
from bot.domain.assignment import TakeCase
from bot.portal.security_headers import CONTENT_SECURITY_POLICY
from bot.store.tables import CaseRow
from tests.conftest import Clock
from tests.portal.browser import Browser, filled
from tests.portal.conftest import Portal, create_portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters
from tests.portal.portal_catalog import portal_catalog
from tests.store.figures.figure_counting import count_figures

PAGE = "/handlaggare/statistik"
PASSED_DAY = date(2026, 11, 1)


def coordinated_catalog(but: str = "") -> Catalog:
    """The village's, where Anna coordinates the e-services with a grant of hers, but for one."""
    catalog = portal_catalog()
    services = {
        key: service.model_copy(
            update={
                "officers": tuple(
                    grant.model_copy(update={"coordinator": grant.officer == "anna" and key != but})
                    for grant in service.officers
                )
            }
        )
        for key, service in catalog.services.items()
    }
    return catalog.model_copy(update={"services": services})


@pytest.fixture
def portal(impatient_database: Any, clock: Clock, tmp_path: Path) -> Portal:
    return create_portal(impatient_database, coordinated_catalog(), clock, tmp_path)


@pytest.fixture
@filled_once
async def taken_case_id(portal: Portal, eva: Browser) -> str:
    """Three cases came in, a day after each other; Anna took the first after two hours."""
    for _ in range(3):
        await eva.submit(await filled(eva))
        portal.clock.advance(hours=2)
        if _ == 0:
            (row,) = await portal.list_cases()
            await portal.service.perform(TakeCase(case_id=row.id), portal.officer("anna"))
        portal.clock.advance(hours=22)
    count_figures(portal.database, portal.clock())
    return str(row.id)


@pytest.fixture
async def anna(portal: Portal, taken_case_id: str) -> Browser:
    browser, _page = await enters(portal, taken_case_id)
    return browser


def read_table(html: str, name: str) -> list[list[str]]:
    """The texts of a table's rows."""
    section = html.partition(f'<h2 id="{name}">')[2].partition("</section>")[0]
    rows = re.findall(r"<tr.*?</tr>", section, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


async def test_the_tables_say_what_came_in_and_how_long_it_took(anna: Browser) -> None:
    page = await anna.get(PAGE)
    assert read_table(page.answer.text, "flow")[-1] == ["Hela perioden", "3", "0", "0", "3"]
    assert read_table(page.answer.text, "times")[-1][1:3] == ["2 tim", "2 tim"]
    assert read_table(page.answer.text, "ages")[1:3] == [["0–7 dygn", "3"], ["8–30 dygn", "0"]]


async def test_how_long_it_took_says_of_how_many_cases_and_how_many_nobody_has(anna: Browser) -> None:
    """Two of three still wait: how soon the third was taken is not how soon cases are taken."""
    (told,) = (await anna.get(PAGE)).tree.xpath("//dl[@class='key-figures']")
    shown = " ".join(told.text_content().split())
    assert "Tills någon tog ärendet, median2 tim av 1 ärende" in shown
    assert "Utan handläggare just nu2" in shown


async def test_open_cases_that_are_overdue_now_are_counted_by_e_service_and_either_due_day(
    portal: Portal, anna: Browser
) -> None:
    """As of today, and not of the time when the log was counted last."""
    page = await anna.get(PAGE)
    assert read_table(page.answer.text, "overdue_now")[1:] == [["Alla", "0", "0", "0"]]
    rows = await portal.list_cases()
    for row, passed in zip(rows, ("due_on", "step_due_on"), strict=False):
        columns = {"due_on": None, "step_due_on": None, "earliest_due_on": PASSED_DAY, passed: PASSED_DAY}
        change = update(CaseRow).where(CaseRow.id == row.id).values(columns)
        portal.database.write_sync(lambda tx, change=change: tx.conn.execute(change))
    page = await anna.get(f"{PAGE}?period=forra-aret")
    assert [row[1:] for row in read_table(page.answer.text, "overdue_now")[1:]] == [["2", "1", "1"]] * 2
    shown = page.answer.text
    assert shown.index('id="overdue_now"') < shown.index('id="messages"')


async def test_charts_are_drawn_as_the_pages_policy_allows(anna: Browser) -> None:
    """Without styles, scripts and ids of their own; each says what it is of."""
    page = await anna.get(PAGE)
    assert "unsafe-inline" not in CONTENT_SECURITY_POLICY
    charts = re.findall(
        r"<svg[^>]*class=\"chart (?:wide|narrow)[^\"]*\".*?</svg>", page.answer.text, re.DOTALL
    )
    assert len(charts) >= 8
    for chart in charts:
        assert not re.search(r"<style|<script|\sstyle=|\sid=|\son\w+=", chart)
        assert re.match(r"<svg[^>]* role=\"img\" aria-label=\"[^\"]+\"", chart)


async def test_a_chart_with_nothing_in_it_says_so_in_words(anna: Browser) -> None:
    page = await anna.get(f"{PAGE}?period=egen&fran=2020-01-01&till=2020-03-31")
    flow = page.tree.xpath("//section[h2/@id='flow']//figure")
    assert flow and all("Det finns inget att visa för perioden." in one.text_content() for one in flow)
    assert not page.tree.xpath("//section[h2/@id='flow']//*[name()='svg']")


async def test_times_are_drawn_in_the_unit_they_are_told_in_though_they_are_nought(
    portal: Portal, eva: Browser
) -> None:
    """Taken at once is a time too: the chart shows it as the table does."""
    await eva.submit(await filled(eva))
    (row,) = await portal.list_cases()
    await portal.service.perform(TakeCase(case_id=row.id), portal.officer("anna"))
    count_figures(portal.database, portal.clock())
    anna, _ = await enters(portal, row.id)
    page = await anna.get(PAGE)
    assert read_table(page.answer.text, "times")[-1][1:3] == ["0 min", "0 min"]
    taken, answered, _closed = page.tree.xpath("//section[h2/@id='times']//figure")
    assert taken.xpath("string(figcaption)") == "Minuter tills någon tog ärendet"
    assert taken.xpath(".//*[name()='svg']")
    assert not answered.xpath(".//*[name()='svg']")
    (narrow,) = taken.xpath(".//*[name()='svg'][contains(@class, 'narrow')]")
    (legends,) = narrow.xpath(".//*[@class='legends']")
    names = legends.xpath(".//*[name()='text']/text()")
    begin = float(legends.get("transform").removeprefix("translate(").partition(",")[0])
    assert len(names) == 2, "on a phone each is read to its end, of letters of 7 units after a mark of 17"
    assert begin + 17 + 7 * max(map(len, names)) <= float(narrow.get("viewbox").split()[2])


async def test_the_last_row_of_a_chart_is_always_labelled(anna: Browser) -> None:
    """The newest month is the one that people look for."""
    page = await anna.get(f"{PAGE}?period=egen&fran=2023-01-01&till=2026-12-31")
    last = read_table(page.answer.text, "flow")[-2][0]
    charts = page.tree.xpath("//section[h2/@id='flow']//*[name()='svg']")
    assert charts
    for chart in charts:
        labels = chart.xpath(".//*[contains(@class, 'axis x')]//*[name()='text']/text()")
        assert 5 < len(labels) <= 20 and last in labels


async def test_bars_of_e_services_stand_beside_their_names(anna: Browser) -> None:
    page = await anna.get(PAGE)
    charts = page.tree.xpath("//section[h2/@id='services']//*[name()='svg']")
    assert charts
    for chart in charts:
        labels = chart.xpath(".//*[contains(@class, 'axis y')]//*[name()='text']/text()")
        assert {"Orosanmälan", "Finns på annat håll"} <= set(labels), chart.get("class")


async def test_an_officer_who_coordinates_nothing_is_refused_and_sees_no_link(
    portal: Portal, anna: Browser
) -> None:
    row = (await portal.list_cases())[0]
    bo, _ = await enters(portal, row.id, "bo")
    for address in (PAGE, f"{PAGE}/excel"):
        response = await bo.client.get(address)
        assert response.status_code == 403
        assert "you coordinate no e-service" in response.text
    assert PAGE not in (await bo.get("/handlaggare")).answer.text
    assert PAGE in (await anna.get("/handlaggare")).answer.text


async def test_figures_of_an_e_service_that_one_does_not_coordinate_are_not_in_any_sum(
    portal: Portal, anna: Browser, clock: Clock, tmp_path: Path
) -> None:
    """However the address is written."""
    other = create_portal(portal.database, coordinated_catalog(but="altan"), clock, tmp_path)
    row = (await portal.list_cases())[0]
    browser, _ = await enters(other, row.id)
    for query in ("", "?val=altan"):
        page = await browser.get(f"{PAGE}{query}")
        assert read_table(page.answer.text, "flow")[-1][1] == "0"
        assert 'value="altan"' not in page.answer.text
    assert read_table((await anna.get(f"{PAGE}?val=altan")).answer.text, "flow")[-1][1] == "3"


async def test_a_strict_e_service_is_not_named_in_an_address(anna: Browser) -> None:
    strict = {key for key, service in coordinated_catalog().services.items() if service.strict}
    offered = set(re.findall(r'<option value="([^"]*)"', (await anna.get(PAGE)).answer.text))
    assert strict and "altan" in offered and not offered & strict


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("period=egen&fran=2026-11-20&till=2026-11-01", "slutar innan den börjar"),
        ("period=egen&fran=1900-01-01&till=2026-11-01", "för lång"),
        ("period=egen&fran=0001-01-01&till=9999-12-31&per=vecka", "för lång"),
    ],
)
async def test_a_period_that_cannot_be_counted_is_explained_and_stays_in_the_form(
    anna: Browser, query: str, said: str
) -> None:
    response = await anna.client.get(f"{PAGE}?{query}")
    assert response.status_code == 422
    assert said in response.text
    assert f'value="{query.split("fran=")[1][:10]}"' in response.text


@pytest.mark.parametrize(
    "query", ["period=egen&fran=x&till=2026-13-01", "period=nej", "val=%01&per=år", "fran=" + "9" * 5000]
)
async def test_an_address_that_means_nothing_shows_the_usual_period(anna: Browser, query: str) -> None:
    response = await anna.client.get(f"{PAGE}?{query}")
    assert response.status_code == 200
    assert read_table(response.text, "flow")[-1][1] == "3"


async def test_the_workbook_has_the_same_numbers_with_charts(anna: Browser) -> None:
    response = await anna.client.get(f"{PAGE}/excel?period=i-ar")
    book = load_workbook(io.BytesIO(response.content))
    sheet = book["Inkomna, avslutade och öppna"]
    *_, total = sheet.iter_rows(values_only=True)
    assert total == ("Hela perioden", 3, 0, 0, 3)
    assert len(book["Tid från att ärendet kom in"]._charts) == 3
    assert next(book["Tid från att ärendet kom in"].iter_rows(min_row=13, values_only=True))[
        1
    ] == pytest.approx(2 / 24, abs=0.01)
    assert "Om statistiken" in book.sheetnames


async def test_a_printed_workbook_has_each_table_within_the_width_of_a_page_and_its_charts_by_themselves(
    anna: Browser,
) -> None:
    book = load_workbook(io.BytesIO((await anna.client.get(f"{PAGE}/excel?period=i-ar")).content))
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.fitToWidth == 1
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0
    flow = book["Inkomna, avslutade och öppna"]
    assert flow.print_title_rows == "$1:$1"
    table, *charts = (part.rpartition("!")[2] for part in re.split(r",(?=')", flow.print_area))
    assert table == (f"$A$1:$E${flow.max_row}")
    anchors = [one.anchor._from for one in flow._charts]
    begins = [f"${get_column_letter(one.col + 1)}${one.row + 1}" for one in anchors]
    assert [one.partition(":")[0] for one in charts] == begins, "each on a page"


async def test_the_workbook_to_give_out_has_no_small_numbers(anna: Browser) -> None:
    """Three cases are five, and how long one of them took is not said."""
    book = load_workbook(io.BytesIO((await anna.client.get(f"{PAGE}/excel?avrunda=1")).content))
    *_, total = book["Inkomna, avslutade och öppna"].iter_rows(values_only=True)
    assert total == ("Hela perioden", 5, 0, 0, 5)
    *_, times = book["Tid från att ärendet kom in"].iter_rows(values_only=True)
    assert set(times[1:]) == {None}


async def test_figures_that_are_not_counted_yet_say_so(portal: Portal, eva: Browser) -> None:
    await eva.submit(await filled(eva))
    (row,) = await portal.list_cases()
    anna, _ = await enters(portal, row.id)
    assert "räknas om från början" in (await anna.get(PAGE)).answer.text
