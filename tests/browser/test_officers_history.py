"""Back, forward and reload among the officer's forms in Chromium: each is a page of ours, with the newest text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.domain.views import CaseView
from tests.browser.chromium import launch, open_page
from tests.browser.conftest import BrowserHarness
from tests.browser.test_applicants_pages import find_case_id
from tests.browser.test_officers_page import open_case_page

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium]

FIRST, SECOND = "Hej Eva!", "Hej Eva, skicka ritningen."
TEXT = "Meddelande"
PREVIEW = "Förhandsgranska"
REVIEW, QUESTION = "Granska ändringarna", "Beskriv vad du vill göra"
SENT = "Du har redan skickat det här meddelandet"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keeping_chromium() -> AsyncIterator[Browser]:
    """A browser that keeps pages as they are, and shows them again at Back."""
    async with launch(keeps_pages=True) as browser:
        yield browser


async def write(page: Page, text: str) -> None:
    """Write the message, and look at it as the applicant will read it."""
    await page.get_by_label(TEXT, exact=True).fill(text)
    await page.get_by_role("button", name=PREVIEW).click()
    await expect(page.locator("h1")).to_have_text(PREVIEW)


async def expect_text(page: Page, text: str) -> None:
    """The form or the preview, with that text."""
    await expect(page.locator("h1")).to_be_visible()
    if await page.locator("textarea#text").count():
        await expect(page.locator("textarea#text")).to_have_value(text)
    else:
        await expect(page.locator(".preview .said")).to_have_text(text)


async def change(page: Page, text: str) -> None:
    """Change an answer, and look at what is changed."""
    await page.get_by_label(QUESTION).fill(text)
    await page.get_by_role("button", name=REVIEW).click()
    await expect(page.locator("h1")).to_have_text(REVIEW)


async def expect_answer(page: Page, text: str) -> None:
    """The form of the case or the review, with that answer."""
    await expect(page.locator("h1")).to_be_visible()
    if await page.get_by_label(QUESTION).count():
        await expect(page.get_by_label(QUESTION)).to_have_value(text)
    else:
        await expect(page.locator("dl.rows")).to_contain_text(text)


async def view_case(harness: BrowserHarness, number: str) -> CaseView:
    case_id = await find_case_id(harness, number)
    return await harness.service.reveal(
        harness.officer("anna-berg"), case_id, {"answers", "messages"}, opening="test"
    )


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_a_message_and_its_preview_are_shown_with_the_newest_text_and_are_sent_once(
    page: Page, plain_page: Page, harness: BrowserHarness, tmp_path: Path, scripts: bool
) -> None:
    number = await open_case_page(page, harness, tmp_path)
    if not scripts:
        await plain_page.context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
        page = plain_page
    await page.goto(f"{harness.url}/handlaggare/{number}")
    await page.get_by_role("link", name="Skriv till sökanden").first.click()
    await page.set_input_files("#files", str(tmp_path / "situationsplan.pdf"))
    await write(page, FIRST)
    for go in (page.reload, page.go_back, page.reload, page.go_forward, page.reload):
        await go()
        await expect_text(page, FIRST)
        await expect(page.locator("main")).to_contain_text("situationsplan.pdf")
    await page.get_by_role("button", name="Tillbaka").click()
    await write(page, SECOND)
    for go in (page.go_back, page.go_back, page.go_back, page.reload, page.go_forward, page.go_forward):
        await go()
        await expect_text(page, SECOND)
    await page.go_forward()
    await page.get_by_role("button", name="Skicka meddelande").click()
    await expect(page.locator("main")).to_contain_text("Fram till dess kan du ångra")
    for _ in range(4):
        await page.go_back()
        await expect(page.locator("h1")).to_have_text(number)
        await expect(page.locator("main")).to_contain_text(SENT)
    for _ in range(4):
        await page.go_forward()
        await expect(page.locator("h1")).to_have_text(number)
    await page.reload()
    (message,) = (await view_case(harness, number)).messages
    assert message.text == SECOND and [one.name for one in message.files] == ["situationsplan.pdf"]


async def test_an_old_preview_that_the_browser_has_kept_sends_nothing_but_the_newest_text(
    keeping_chromium: Browser, harness: BrowserHarness, tmp_path: Path
) -> None:
    page = await open_page(keeping_chromium, locale="sv-SE")
    number = await open_case_page(page, harness, tmp_path)
    await page.get_by_role("link", name="Skriv till sökanden").first.click()
    await write(page, FIRST)
    await page.get_by_role("button", name="Tillbaka").click()
    await write(page, SECOND)
    await page.evaluate("history.go(-2)")
    await expect(page.locator("h1")).to_have_text(PREVIEW)
    await page.get_by_role("button", name="Skicka meddelande").click()
    if await page.get_by_text("har ändrats sedan du var på den här sidan").count():
        await expect_text(page, SECOND)
        await page.get_by_role("button", name="Skicka meddelande").click()
    await expect(page.locator("main")).to_contain_text("Fram till dess kan du ångra")
    (message,) = (await view_case(harness, number)).messages
    assert message.text == SECOND
    await page.context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_a_changed_case_and_its_review_are_shown_with_the_newest_answers_and_are_saved_once(
    page: Page, plain_page: Page, harness: BrowserHarness, tmp_path: Path, scripts: bool
) -> None:
    number = await open_case_page(page, harness, tmp_path)
    if not scripts:
        await plain_page.context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
        page = plain_page
    await page.goto(f"{harness.url}/handlaggare/{number}/andra")
    await change(page, FIRST)
    for go in (page.reload, page.go_back, page.reload, page.go_forward, page.reload):
        await go()
        await expect_answer(page, FIRST)
    await page.get_by_role("button", name="Tillbaka").click()
    await change(page, SECOND)
    for go in (page.go_back, page.go_back, page.go_back, page.reload, page.go_forward, page.go_forward):
        await go()
        await expect_answer(page, SECOND)
    await page.go_forward()
    await page.get_by_label("Anledning").fill("Sökanden ringde")
    await page.get_by_role("button", name="Spara ändringarna").click()
    await expect(page.locator("main")).to_contain_text("Ändringarna är sparade")
    for _ in range(4):
        await page.go_back()
        await expect(page.locator("h1")).to_have_text(number)
        await expect(page.locator("main")).to_contain_text("Du har redan sparat de här ändringarna")
    view = await view_case(harness, number)
    assert SECOND in view.answers.values() and view.case.answers_version == 2


async def test_forms_that_were_refused_or_asked_for_more_are_shown_again_at_back_and_reload(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    number = await open_case_page(page, harness, tmp_path)
    case = f"{harness.url}/handlaggare/{number}"
    await page.goto(f"{case}/notering")
    await page.get_by_label("Notering").fill("Ringde {sökande.förnamn}")
    await page.get_by_role("button", name="Spara notering").click()
    await expect(page.get_by_role("heading", name="Rätta det här innan du går vidare")).to_be_visible()
    await page.goto(f"{case}/notering")
    await page.get_by_label("Mall", exact=True).select_option(index=1)
    await page.get_by_role("button", name="Lägg till mallen").click()
    await expect(page.locator("textarea#text")).not_to_have_value("")
    inserted = await page.locator("textarea#text").input_value()
    await page.goto(case)
    await page.go_back()
    await expect(page.locator("textarea#text")).to_have_value(inserted)
    for go in (page.go_back, page.go_back, page.reload):
        await go()
    await expect(page.locator("textarea#text")).to_have_value("Ringde {sökande.förnamn}")
