"""Back, forward and reload among a form's pages in Chromium: each is a page of ours, with the newest answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.chromium import launch, open_page
from tests.browser.conftest import BrowserHarness
from tests.browser.test_applicants_pages import EVA, fill_application

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium]

FIELD = "Beskriv vad du vill göra"
FIRST, SECOND, THIRD = "Nya fönster åt gatan.", "Nya fönster åt gården.", "Nya dörrar åt gården."
CHECK = "Kontrollera dina svar"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keeping_chromium() -> AsyncIterator[Browser]:
    """A browser that keeps pages as they are, and shows them again at Back."""
    async with launch(keeps_pages=True) as browser:
        yield browser


async def check(page: Page) -> None:
    await page.get_by_role("button", name=CHECK).click()
    await expect(page.locator("h1")).to_have_text(CHECK)


async def correct(page: Page, text: str) -> None:
    """Change an answer on the review, and look through it again."""
    await page.get_by_role("button", name=f"Ändra: {FIELD}").click()
    await expect(page.get_by_label(FIELD)).to_be_in_viewport()
    await page.get_by_label(FIELD).fill(text)
    await check(page)


async def expect_newest(page: Page, text: str) -> None:
    """The form or the review, with that answer."""
    await expect(page.locator("h1")).to_be_visible()
    if await page.get_by_label(FIELD, exact=False).count() and await page.locator("textarea").count():
        await expect(page.get_by_label(FIELD)).to_have_value(text)
    else:
        await expect(page.locator("main")).to_contain_text(text)


async def expect_each(page: Page, text: str, times: int) -> None:
    """Back through the pages, each loaded again too, and forward again."""
    for _ in range(times):
        await page.go_back()
        await expect_newest(page, text)
        await page.reload()
        await expect_newest(page, text)
    for _ in range(times):
        await page.go_forward()
        await expect_newest(page, text)
        await page.reload()
        await expect_newest(page, text)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_every_page_of_a_form_shows_the_newest_answers_at_back_forward_and_reload(
    page: Page, plain_page: Page, harness: BrowserHarness, tmp_path: Path, scripts: bool
) -> None:
    page = page if scripts else plain_page
    await fill_application(page, harness, tmp_path)
    await page.get_by_label(FIELD).fill(FIRST)
    await check(page)
    await expect_each(page, FIRST, 1)
    await correct(page, SECOND)
    await expect_each(page, SECOND, 3)
    await page.go_back()
    await page.get_by_label(FIELD).fill(THIRD)
    await check(page)
    await expect_each(page, THIRD, 3)
    await expect(page.locator("main")).to_contain_text("situationsplan.pdf")


async def test_a_form_with_something_wrong_is_a_page_of_its_own_too(
    plain_page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    page = plain_page
    await fill_application(page, harness, tmp_path)
    await page.get_by_label("Fastighetsbeteckning").fill("")
    await page.get_by_role("button", name=CHECK).click()
    await expect(page.locator("#fel")).to_be_visible()
    await page.reload()
    await expect(page.locator("#fel")).to_be_visible()
    await expect(page.locator("main")).to_contain_text("situationsplan.pdf")
    await page.get_by_label("Fastighetsbeteckning").fill("Björken 4:13")
    await page.get_by_label(FIELD).fill(SECOND)
    await check(page)
    await expect_each(page, SECOND, 1)


async def test_neither_the_code_nor_the_receipt_is_lost_or_sent_twice_at_back_forward_and_reload(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await fill_application(page, harness, tmp_path)
    await check(page)
    await correct(page, SECOND)
    await page.get_by_role("button", name="Skicka in").click()
    await expect(page.get_by_label("Engångskod")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Engångskod")).to_be_visible()
    await page.go_back()
    await expect_newest(page, SECOND)
    await page.go_forward()
    await page.get_by_label("Engångskod").fill("12")
    await page.get_by_role("button", name="Bekräfta och skicka in").click()
    await expect(page.locator("#fel")).to_be_visible()
    await page.reload()
    await page.go_back()
    await page.go_forward()
    assert len(await harness.deliver_mails(EVA)) == 1
    await page.get_by_label("Engångskod").fill(await harness.find_code(EVA))
    await page.get_by_role("button", name="Bekräfta och skicka in").click()
    await page.wait_for_selector("text=Vi har tagit emot ditt ärende")
    number = (await page.inner_text(".number")).strip()
    for _ in range(5):
        await page.go_back()
        await expect(page.locator("h1")).to_have_text("Ärendet är redan inskickat")
        await expect(page.locator("main")).to_contain_text(number)
        await page.reload()
        await expect(page.locator("main")).to_contain_text(number)
    for _ in range(5):
        await page.go_forward()
        await expect(page.locator("main")).to_contain_text(number)
    await expect(page.locator("h1")).to_contain_text("Vi har tagit emot ditt ärende")
    await page.reload()
    await expect(page.locator("main")).to_contain_text(SECOND)


async def test_what_was_typed_first_is_not_put_over_newer_answers(
    plain_page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    page = plain_page
    await fill_application(page, harness, tmp_path)
    await page.get_by_label(FIELD).fill(FIRST)
    await check(page)
    await correct(page, SECOND)
    await page.evaluate("history.go(-3)")
    await expect(page.get_by_label(FIELD)).to_have_value(SECOND)
    assert await page.locator("input[type=file]").evaluate("element => element.files.length") == 0
    await expect(page.locator(".kept li")).to_have_count(1)
    await page.evaluate("history.go(2)")
    await expect(page.get_by_label(FIELD)).to_have_value(SECOND)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_a_page_that_the_browser_has_kept_loses_no_correction(
    keeping_chromium: Browser, harness: BrowserHarness, tmp_path: Path, scripts: bool
) -> None:
    page = await open_page(keeping_chromium, locale="sv-SE", java_script_enabled=scripts)
    await fill_application(page, harness, tmp_path)
    await page.get_by_label(FIELD).fill(FIRST)
    await check(page)
    await correct(page, SECOND)
    await page.evaluate("history.go(-3)")
    await expect(page.get_by_label("Fastighetsbeteckning")).to_be_visible()
    if scripts:
        await expect(page.get_by_label(FIELD)).to_have_value(SECOND)
    await page.get_by_label("Fastighetsbeteckning").fill("Björken 4:13")
    await check(page)
    await expect(page.locator("main")).to_contain_text(SECOND)
    await expect(page.locator("main")).to_contain_text("Björken 4:13")
    await page.context.close()


async def test_what_is_typed_and_not_sent_is_there_when_one_comes_back(
    keeping_chromium: Browser, page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    keeping = await open_page(keeping_chromium, locale="sv-SE")
    for window in (page, keeping):
        await fill_application(window, harness, tmp_path)
        await window.goto(f"{harness.url}/om/hjalp")
        await window.evaluate("history.back()")
        await expect(window.get_by_label("Fastighetsbeteckning")).to_have_value("Björken 4:12")
    await keeping.context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_of_a_strict_e_service_too_until_the_page_is_left_in_a_hurry(
    keeping_chromium: Browser, harness: BrowserHarness, scripts: bool
) -> None:
    page = await open_page(keeping_chromium, locale="sv-SE", java_script_enabled=scripts)
    await page.route("https://www.smhi.se/**", lambda route: route.fulfill(body="SMHI"))
    await page.goto(f"{harness.url}/")
    await page.click("text=Orosanmälan barn")
    await page.get_by_label("Anonymt").check()
    await page.get_by_role("group", name="Anmäler du i ditt arbete?").get_by_label("Nej").check()
    await page.get_by_label("Vad heter barnet?").fill("Kim Ek")
    await page.get_by_label("Vad är du orolig för?").fill("Hon är ofta ensam.")
    await check(page)
    await page.get_by_role("button", name="Ändra: Vad heter barnet?").click()
    await page.get_by_label("Vad heter barnet?").fill("Kim Lund")
    await check(page)
    await page.evaluate("history.go(-2)")
    await expect(page.locator("main")).to_contain_text("Kim Lund")
    await page.locator("[data-leave]").click()
    await expect(page.locator("body")).to_have_text("SMHI")
    for steps in (-1, 2):
        await page.evaluate(f"history.go({steps})")
        await expect(page.locator("h1")).to_have_text("Orosanmälan barn")
        await expect(page.get_by_label("Vad heter barnet?")).to_have_value("")
        assert "Kim" not in await page.content()
    await page.context.close()
