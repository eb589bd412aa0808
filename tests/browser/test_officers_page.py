"""The officer's case page in Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.portal.officer.login import create_login_link
from tests.browser.accessibility import click_and_navigate, find_problems, find_small_targets
from tests.browser.conftest import BrowserHarness
from tests.browser.test_applicants_pages import EVA, find_case_id, submit_application

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium]


async def open_case_page(page: Page, harness: BrowserHarness, tmp_path: Path) -> str:
    """Anna opens Eva's case from Slack."""
    number = await submit_application(page, harness, tmp_path)
    await page.goto(await create_login_link(harness.deps, "anna-berg", await find_case_id(harness, number)))
    await expect(page.locator("button.button")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_selector(f"h1:text-is('{number}')")
    await page.wait_for_load_state()
    return number


async def test_a_message_from_the_page_reaches_the_applicant(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_case_page(page, harness, tmp_path)
    await page.click("text=Skriv till sökanden")
    await page.get_by_label("Meddelande", exact=True).fill("Hej Eva!")
    await page.get_by_role("button", name="Förhandsgranska").click()
    await page.get_by_role("button", name="Skicka meddelande").click()
    await page.wait_for_selector("text=Fram till dess kan du ångra")
    mails = await harness.deliver_mails(EVA, seconds=21)
    assert mails[-1].subject.startswith("Nytt meddelande i ditt ärende")


async def test_the_officer_is_warned_before_the_session_ends_and_can_stay(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await page.clock.install()
    await open_case_page(page, harness, tmp_path)
    warning = page.locator("#idle")
    await page.clock.fast_forward("27:30")
    await expect(warning).to_be_hidden()
    await page.clock.fast_forward("01:00")
    await expect(warning).to_be_visible()
    async with page.expect_response("**/handlaggare/kvar") as answer:
        await warning.get_by_role("button", name="Stanna kvar").click()
    assert (await answer.value).status == 204
    await warning.wait_for(state="hidden")


@pytest.mark.long
async def test_axe_finds_nothing_on_the_officers_pages(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    number = await open_case_page(page, harness, tmp_path)
    assert await find_problems(page) == []
    for form in ("meddelande", "status", "notering"):
        await page.goto(f"{harness.url}/handlaggare/{number}/{form}")
        assert await find_problems(page) == [], form
        assert await find_small_targets(page) == [], form
        await click_and_navigate(page, page.locator("main form .button").last)
        assert await find_problems(page) == [], f"{form}, with errors"
    await page.goto(f"{harness.url}/handlaggare/{number}/meddelande")
    await page.get_by_label("Meddelande", exact=True).fill("Hej!")
    await click_and_navigate(page, page.get_by_role("button", name="Förhandsgranska"))
    assert await find_problems(page) == []
    await click_and_navigate(page, page.get_by_role("button", name="Skicka meddelande"))
    assert await find_problems(page) == []
    assert await find_small_targets(page) == []


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


@pytest.mark.long
async def test_axe_finds_nothing_on_the_overview_and_its_forms_however_narrow(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await open_overview_with_cases(page, harness, tmp_path, count=2)
    for width in (1280, 320):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"{harness.url}/handlaggare?lista=all")
        assert await find_problems(page) == [], width
        await page.locator("summary").click()
        assert await find_problems(page) == [], f"{width}, with the filter"
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
    await page.locator("input[name=case]").first.check()
    for action in ("status", "handlaggare", "farg", "flagga", "utskick"):
        await page.goto(f"{harness.url}/handlaggare?lista=all")
        await page.locator("input[name=case]").first.check()
        await click_and_navigate(page, page.locator(f"button[value='gor:{action}']"))
        assert await find_problems(page) == [], action
        await click_and_navigate(page, page.locator("main form .button").last)
        assert await find_problems(page) == [], f"{action}, sent"
    await page.goto(f"{harness.url}/handlaggare/andringar")
    assert await find_problems(page) == []


async def open_overview_with_cases(page: Page, harness: BrowserHarness, tmp_path: Path, count: int) -> None:
    for _ in range(count - 1):
        await submit_application(page, harness, tmp_path)
    await open_case_page(page, harness, tmp_path)
    await page.goto(f"{harness.url}/handlaggare?lista=all")
