"""The officer's case page in Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from bot.domain.summary import SUMMARY_PARTS
from bot.portal.officer.authentication.login import create_login_link
from sandbox.demo import papers
from tests.browser.accessibility import click_and_navigate, find_problems, find_small_targets
from tests.browser.conftest import BrowserHarness
from tests.browser.test_applicants_pages import EVA, answer_questions, find_case_id, submit_application

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


async def test_pictures_are_seen_on_the_page_and_a_pdf_is_opened_beside_it(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    number = await open_case_page(page, harness, tmp_path)
    await page.goto(f"{harness.url}/handlaggare/{number}/notering")
    await page.fill("#text", "Från besöket")
    files = [
        ("foto.png", "image/png", papers.png("foto")),
        ("plan.pdf", "application/pdf", papers.pdf(["Plan"])),
    ]
    await page.set_input_files(
        "#files", [FilePayload(name=name, mimeType=kind, buffer=content) for name, kind, content in files]
    )
    await page.click("button[value=save]")
    picture = page.locator("#noteringar .shown img")
    await expect(picture).to_be_visible()
    await picture.scroll_into_view_if_needed()
    await expect(picture).to_have_js_property("naturalWidth", papers.WIDTH)
    async with page.expect_popup() as opened:
        await page.locator("#noteringar").get_by_role("link", name="Visa plan.pdf").click()
    pdf = await opened.value
    await pdf.wait_for_load_state()
    assert await pdf.evaluate("document.contentType") == "application/pdf"


async def test_the_officer_is_warned_before_the_session_ends_and_stays_by_a_press_or_by_writing(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await page.clock.install()
    number = await open_case_page(page, harness, tmp_path)
    warning = page.locator("#idle")
    await page.clock.fast_forward("27:30")
    await expect(warning).to_be_hidden()
    await page.clock.fast_forward("01:00")
    await expect(warning).to_be_visible()
    async with page.expect_response("**/handlaggare/kvar") as answer:
        await warning.get_by_role("button", name="Stanna kvar").click()
    assert (await answer.value).status == 204
    await warning.wait_for(state="hidden")
    await page.goto(f"{harness.url}/handlaggare/{number}/notering")
    other = await page.context.new_page()
    await page.clock.fast_forward("20:00")
    async with page.expect_response("**/handlaggare/kvar"):
        await page.fill("#text", "Den som skriver är inte borta")
    await page.clock.fast_forward("20:00")
    await expect(warning).to_be_hidden()
    await other.goto(f"{harness.url}/handlaggare/{number}")
    await page.clock.fast_forward("20:00")
    await expect(warning).to_be_hidden()
    await page.clock.fast_forward("11:00")
    await expect(warning).to_contain_text("Du har loggats ut. Det du skrev är kvar på sidan.")
    await expect(warning.get_by_role("button", name="Stanna kvar")).to_be_hidden()
    await expect(page.locator("#text")).to_have_value("Den som skriver är inte borta")


@pytest.mark.long
async def test_axe_finds_nothing_on_the_officers_pages(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    number = await open_case_page(page, harness, tmp_path)
    assert await find_problems(page) == []
    everything = "sammanstallning?" + "&".join(f"del={part}" for part in SUMMARY_PARTS)
    for form in ("farg", "flagga", "sammanstallning", everything):
        await page.goto(f"{harness.url}/handlaggare/{number}/{form}")
        assert (await find_problems(page), await find_small_targets(page)) == ([], []), form
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


@pytest.mark.long
async def test_axe_finds_nothing_where_a_case_is_registered_linked_or_represented(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    number = await open_case_page(page, harness, tmp_path)
    for path in (f"{number}/koppla", f"{number}/ombud", "franvaro", "registrera", "registrera/bygglov"):
        await page.goto(f"{harness.url}/handlaggare/{path}")
        assert (await find_problems(page), await find_small_targets(page)) == ([], []), path
        if await page.locator("main form .button").count():
            await click_and_navigate(page, page.locator("main form .button").last)
            assert await find_problems(page) == [], f"{path}, with errors"
    await page.goto(f"{harness.url}/handlaggare/registrera/bygglov")
    await page.locator("input[name=reg-way][value=phone]").check()
    await answer_questions(page, tmp_path)
    await click_and_navigate(page, page.get_by_role("button", name="Kontrollera"))
    await expect(page.locator("h1")).to_have_text("Kontrollera ärendet")
    assert (await find_problems(page), await find_small_targets(page)) == ([], [])


@pytest.mark.parametrize(
    ("path", "field", "button"),
    [
        ("/{number}/meddelande", "send_day", "Förhandsgranska"),
        ("/{number}/meddelande", "send_time", "Förhandsgranska"),
        ("/{number}/flagga", "remind_on", "Flagga"),
        ("/franvaro", "last", "Spara frånvaro"),
    ],
)
async def test_a_day_or_a_time_that_is_filled_in_by_half_is_told_at_its_field(
    page: Page, harness: BrowserHarness, tmp_path: Path, path: str, field: str, button: str
) -> None:
    number = await open_case_page(page, harness, tmp_path)
    await page.goto(f"{harness.url}/handlaggare{path.format(number=number)}")
    if await page.locator("#text").count():
        await page.fill("#text", "Vi återkommer.")
    await page.focus(f"#{field}")
    await page.keyboard.type("11")
    await click_and_navigate(page, page.get_by_role("button", name=button, exact=True))
    await expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    assert not await find_problems(page)


async def test_on_a_phone_one_tabs_through_the_case_in_the_order_in_which_it_is_read(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await open_case_page(page, harness, tmp_path)
    tops = await page.locator(".desk :is(a, button, summary):visible").evaluate_all(
        "controls => controls.map(one => Math.round(one.getBoundingClientRect().top / 10))"
    )
    assert len(tops) > 10 and tops == sorted(tops)


async def test_a_long_file_name_stands_beside_its_icon_on_a_phone(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await open_case_page(page, harness, tmp_path)
    name = page.locator(".file .file-name").first
    await name.evaluate("one => one.textContent = 'Situationsplan för tillbyggnad ' .repeat(5) + '.pdf'")
    above = "one => one.getBoundingClientRect().top - one.parentElement.getBoundingClientRect().top"
    assert await name.evaluate(above) < 10
