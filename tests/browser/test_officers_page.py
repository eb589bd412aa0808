"""The officer's case page in Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page

from bot.portal.officer.links import page_link
from tests.browser.conftest import TownHall
from tests.browser.looks import complaints, leads_on, small_targets
from tests.browser.test_applicants_pages import EVA, applies, case_id

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium]


async def enters(page: Page, town_hall: TownHall, tmp_path: Path) -> str:
    """Anna opens Eva's case from Slack."""
    number = await applies(page, town_hall, tmp_path)
    await page.goto(await page_link(town_hall.kit, "anna-berg", await case_id(town_hall, number)))
    assert await page.evaluate("document.activeElement.tagName") == "BUTTON"
    await page.keyboard.press("Enter")
    await page.wait_for_selector(f"h1:text-is('{number}')")
    await page.wait_for_load_state()
    return number


async def test_a_message_from_the_page_reaches_the_applicant(
    page: Page, town_hall: TownHall, tmp_path: Path
) -> None:
    await enters(page, town_hall, tmp_path)
    await page.click("text=Skriv till sökanden")
    await page.get_by_label("Meddelande", exact=True).fill("Hej Eva!")
    await page.get_by_role("button", name="Förhandsgranska").click()
    await page.get_by_role("button", name="Skicka meddelande").click()
    await page.wait_for_selector("text=Du kan ångra till dess")
    mails = await town_hall.mails(EVA, seconds=21)
    assert mails[-1].subject.startswith("Nytt meddelande i ditt ärende")


async def test_the_officer_is_warned_before_the_session_ends_and_can_stay(
    page: Page, town_hall: TownHall, tmp_path: Path
) -> None:
    await page.clock.install()
    await enters(page, town_hall, tmp_path)
    warning = page.locator("#idle")
    await page.clock.fast_forward("27:30")
    assert not await warning.is_visible()
    await page.clock.fast_forward("01:00")
    assert await warning.is_visible()
    async with page.expect_response("**/handlaggare/kvar") as answer:
        await warning.get_by_role("button", name="Stanna kvar").click()
    assert (await answer.value).status == 204
    await warning.wait_for(state="hidden")


async def test_axe_finds_nothing_on_the_officers_pages(
    page: Page, town_hall: TownHall, tmp_path: Path
) -> None:
    number = await enters(page, town_hall, tmp_path)
    assert await complaints(page) == []
    for form in ("meddelande", "status", "notering"):
        await page.goto(f"{town_hall.url}/handlaggare/{number}/{form}")
        assert await complaints(page) == [], form
        assert await small_targets(page) == [], form
        await leads_on(page, page.locator("main form .button").last)
        assert await complaints(page) == [], f"{form}, with errors"
    await page.goto(f"{town_hall.url}/handlaggare/{number}/meddelande")
    await page.get_by_label("Meddelande", exact=True).fill("Hej!")
    await leads_on(page, page.get_by_role("button", name="Förhandsgranska"))
    assert await complaints(page) == []
    await leads_on(page, page.get_by_role("button", name="Skicka meddelande"))
    assert await complaints(page) == []
    assert await small_targets(page) == []
