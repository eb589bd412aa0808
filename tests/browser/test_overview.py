"""The officers' overview of cases in Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.accessibility import click_and_navigate, find_problems, find_small_targets
from tests.browser.conftest import BrowserHarness
from tests.browser.test_applicants_pages import submit_application
from tests.browser.test_officers_page import open_case_page

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium]


async def test_a_range_of_cases_is_ticked_with_shift_and_counted(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=3)
    boxes = page.locator("input[name=case]")
    await boxes.first.click()
    await boxes.last.click(modifiers=["Shift"])
    await expect(page.locator("#tick-count")).to_have_text("3 ärenden är valda.")
    await page.locator("#tick-page").click()
    await expect(page.locator("#tick-count")).to_have_text("0 ärenden är valda.")


async def test_all_ticks_are_taken_away_at_a_press_as_soon_as_there_is_one(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=2)
    untick = page.get_by_role("button", name="Avmarkera alla")
    await expect(untick).to_be_hidden()
    await page.locator("input[name=case]").first.click()
    await expect(untick).to_be_visible()
    await page.get_by_role("button", name="Ärendenummer").click()
    await expect(page.locator("#tick-count")).to_have_text("1 ärende är valt.")
    await page.go_back()
    await expect(page.locator("#tick-count")).to_have_text("1 ärende är valt.")
    await click_and_navigate(page, untick)
    await expect(page.locator("#tick-count")).to_have_text("0 ärenden är valda.")
    await expect(untick).to_be_hidden()


async def test_on_a_phone_a_pages_cases_are_ticked_at_once_and_the_actions_are_at_hand(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=3)
    assert await height_of(page, ".top-row") < 80, "the menu is beside the name"
    await page.set_viewport_size({"width": 390, "height": 500})
    assert await height_of(page, ".top-row") < 80, "the menu is folded"
    await page.get_by_role("button", name="Meny").click()
    await expect(page.get_by_role("link", name="Inställningar")).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await page.get_by_label("Markera alla på sidan").check()
    await expect(page.locator("#tick-count")).to_have_text("3 ärenden är valda.")
    await page.get_by_label("Markera alla på sidan").uncheck()
    for case in await page.locator("input[name=case]").all():
        await case.click()
    await expect(page.locator("#tick-count")).to_have_text("3 ärenden är valda.")
    await page.locator("input[name=case]").first.scroll_into_view_if_needed()
    await expect(page.get_by_role("button", name="Välj åtgärd")).to_be_in_viewport(ratio=1)
    assert await height_of(page, "#bulk-bar") < 140, "the bar covers little of the list"
    await page.get_by_role("button", name="Välj åtgärd").click()
    await page.get_by_text("Fler åtgärder").click()
    assert await find_small_targets(page) == []
    await click_and_navigate(page, page.get_by_role("button", name="Färgmarkera"))
    await expect(page.locator(".lead")).to_have_text("3 ärenden är valda.")


async def test_a_list_printed_on_a4_breaks_no_status_in_the_middle_of_a_word(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=1)
    await page.goto(f"{harness.url}/handlaggare?lista=all")
    await page.set_viewport_size({"width": 718, "height": 1000})
    await page.emulate_media(media="print")
    assert await page.locator("tbody .tag").first.inner_text() == "Inskickat"
    assert await height_of(page, "tbody td .tag") < 32, "one line"
    table = await page.locator(".case-table").bounding_box()
    frame = await page.locator(".table-frame").bounding_box()
    assert table is not None and frame is not None
    assert table["x"] + table["width"] <= frame["x"] + frame["width"], "no column is cut off"
    about = page.get_by_text("Visar 1–1 av 1. Listan hämtades 23 nov. 2026 10:00 av Anna Berg.")
    await expect(about).to_be_visible()
    await page.emulate_media(media="screen")


async def height_of(page: Page, selector: str) -> float:
    """Pixels."""
    box = await page.locator(selector).bounding_box()
    assert box is not None
    return box["height"]


@pytest.mark.long
async def test_axe_finds_nothing_on_the_overview_and_its_forms_however_narrow(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=2)
    for width in (1280, 320):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"{harness.url}/handlaggare?lista=all")
        assert await find_problems(page) == [], width
        for summary in await page.locator("main summary:visible").element_handles():
            await summary.click()
        assert await find_problems(page) == [], (
            f"{width}, with the filter, the columns and the form of a view"
        )
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.locator("input[name=case]").first.check()
    for action in ("status", "handlaggare", "farg", "flagga", "utskick", "exportera", "akter"):
        await page.goto(f"{harness.url}/handlaggare?lista=all")
        await page.locator("input[name=case]").first.check()
        await page.locator("#bulk-bar summary").click()
        await click_and_navigate(page, page.locator(f"button[value='gor:{action}']"))
        assert await find_problems(page) == [], action
        await click_and_navigate(page, page.locator("main form .buttons button.button").last)
        assert await find_problems(page) == [], f"{action}, sent"
    await page.goto(f"{harness.url}/handlaggare/andringar")
    assert await find_problems(page) == []


@pytest.mark.long
async def test_axe_finds_nothing_on_views_and_the_page_of_an_exported_file(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=1)
    await save_view(page, "Mina bygglov")
    assert await find_problems(page) == []
    await save_view(page, "")
    assert await find_problems(page) == [], "without a name"
    await page.goto(f"{harness.url}/handlaggare/vyer")
    await page.locator("main summary").click()
    assert await find_problems(page) == [], "the views"
    assert await find_small_targets(page) == [], "the views"
    await export_all(page, harness, "CSV")
    assert await find_problems(page) == [], "the file"


async def test_a_part_of_the_filter_is_found_by_typing_chosen_by_keyboard_and_taken_away(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=1)
    await page.locator("#filter .more > summary").press("Enter")
    part = page.locator("details.choose").filter(has=page.get_by_text("Status", exact=True))
    await part.locator("summary").press("Enter")
    field = part.get_by_role("searchbox")
    await field.fill("inskick")
    await expect(part.locator("label:visible")).to_have_text(["Inskickat"])
    await field.press("Enter")
    await expect(part.locator(".choose-number")).to_have_text("1 vald")
    await click_and_navigate(page, page.locator("#filter .more .button"))
    await expect(page.locator("#filter .more")).not_to_have_attribute("open", "")
    assert await find_problems(page) == [], "what the list is narrowed to"
    await click_and_navigate(page, page.get_by_role("button", name="Status: Inskickat"))
    await expect(page.locator(".chips")).to_have_count(0)


async def test_the_table_has_room_in_its_frame_with_all_the_columns_that_one_may_choose(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=1)
    await page.locator("#kolumner summary").click()
    for title in ("Senast ändrat", "Avslutat"):
        await row_of(page, title).get_by_role("checkbox").check()
    await click_and_navigate(page, page.get_by_role("button", name="Visa kolumnerna"))
    await expect(page.locator("thead th")).to_have_count(9)
    too_wide = "document.querySelector('.case-table').scrollWidth > document.querySelector('.table-frame').clientWidth"
    await page.set_viewport_size({"width": 1280, "height": 800})
    assert not await page.evaluate(too_wide)


async def test_the_headings_stay_in_view_while_the_list_is_scrolled(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=3)
    await page.set_viewport_size({"width": 1280, "height": 240})
    await page.locator("tbody tr").last.scroll_into_view_if_needed()
    await expect(page.locator("thead button").first).to_be_in_viewport(ratio=0.9)


async def test_columns_are_moved_by_keyboard_or_dragged_and_shown_at_one_press(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=1)
    await page.set_viewport_size({"width": 1280, "height": 1400})
    await page.locator("#kolumner summary").press("Enter")
    up = page.get_by_role("button", name="Flytta Status uppåt")
    await up.press("Enter")
    await expect(page.locator("#column-moved")).to_have_text("Status är nu nummer 2.")
    await expect(up).to_be_focused()
    await row_of(page, "Färg").get_by_role("checkbox").check()
    await row_of(page, "Färg").drag_to(row_of(page, "Ärendenummer"), target_position={"x": 60, "y": 4})
    await page.get_by_role("button", name="Visa kolumnerna").press("Enter")
    headings = page.locator("thead th:not(:first-child)")
    await expect(headings).to_have_text(
        ["Färg", "Ärendenummer", "Status", "E-tjänst", "Handläggare", "Inkom▾", "Att göra senast"]
    )


def row_of(page: Page, title: str) -> Locator:
    return page.locator(".column-list li").filter(has=page.get_by_text(title, exact=True))


async def test_a_view_is_saved_and_chosen_without_scripts(
    plain_page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(plain_page, harness, tmp_path, count=1)
    await click_and_navigate(plain_page, plain_page.locator("thead button", has_text="Status"))
    await save_view(plain_page, "Mina bygglov")
    await plain_page.get_by_role("link", name="Mina").first.click()
    await plain_page.get_by_role("link", name="Mina bygglov").click()
    await expect(plain_page.locator("h1")).to_have_text("Mina bygglov")


async def test_an_exported_file_is_downloaded_from_the_page_that_was_open_while_it_was_made(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=1)
    await begin_export(page, harness, "Excel")
    assert await find_problems(page) == [], "while it is made"
    await run_batches(harness)
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Hämta filen").click()
    file = await download.value
    assert file.suggested_filename.endswith(".xlsx")
    assert (await file.path()).read_bytes().startswith(b"PK")


async def save_view(page: Page, name: str) -> None:
    field = page.get_by_label("Vyns namn")
    if not await field.is_visible():
        await page.locator("#vy summary").click()
    await field.fill(name)
    await click_and_navigate(page, page.locator("#vy .button").first)


async def export_all(page: Page, harness: BrowserHarness, file_format: str) -> None:
    """Export the cases of the page, and come to the page with the finished file."""
    await begin_export(page, harness, file_format)
    await run_batches(harness)
    await page.goto(page.url)


async def run_batches(harness: BrowserHarness) -> None:
    while await harness.deps.batches.run_next():
        pass


async def begin_export(page: Page, harness: BrowserHarness, file_format: str) -> None:
    """Export the cases of the page, and come to the page of what is being made."""
    await page.goto(f"{harness.url}/handlaggare?lista=all")
    await page.locator("input[name=case]").first.check()
    await click_and_navigate(page, page.get_by_role("button", name="Exportera till Excel/CSV"))
    await page.get_by_label(file_format).check()
    await click_and_navigate(page, page.locator("main form .buttons button.button").last)
    await click_and_navigate(page, page.locator("main form .buttons button.button").last)


async def open_overview_with_cases(page: Page, harness: BrowserHarness, tmp_path: Path, count: int) -> None:
    for _ in range(count - 1):
        await submit_application(page, harness, tmp_path)
    await open_case_page(page, harness, tmp_path)
    await page.goto(f"{harness.url}/handlaggare?lista=all")
