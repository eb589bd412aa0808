"""The applicant's pages in Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.domain.messages.correspondence import SendMessage
from bot.store.cases import officer_queries
from tests.browser.accessibility import click_and_navigate, find_problems, find_small_targets
from tests.browser.conftest import BrowserHarness

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium]

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
EVA = "eva@ek.example"

TEXT_MARGINS = """element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const text = range.getBoundingClientRect(), box = element.getBoundingClientRect();
    return [text.left - box.left, box.right - text.right];
}"""
"""Pixels to the left and to the right of an element's text."""


async def fill_application(page: Page, harness: BrowserHarness, tmp_path: Path) -> None:
    """Bygglov, filled in by keyboard and mouse."""
    await page.goto(f"{harness.url}/")
    await page.click("text=Ansökan om bygglov")
    await answer_questions(page, tmp_path)


async def answer_questions(page: Page, tmp_path: Path) -> None:
    """Answers to those of bygglov, on the applicant's page or the officer's."""
    plan = tmp_path / "situationsplan.pdf"
    plan.write_bytes(PDF)
    await page.get_by_label("Namn", exact=False).first.fill("Eva Ek")
    await page.get_by_label("E-postadress").fill(EVA)
    await page.get_by_label("Fasadändring").check()
    await page.get_by_label("Centrum").check()
    await page.get_by_label("Fastighetsbeteckning").fill("Björken 4:12")
    await page.get_by_role("group", name="Äger du fastigheten?").get_by_label("Ja").check()
    await page.get_by_label("Beskriv vad du vill göra").fill("Nya fönster åt gatan.")
    await page.set_input_files("input[type=file]", plan)


async def submit_application(page: Page, harness: BrowserHarness, tmp_path: Path) -> str:
    await fill_application(page, harness, tmp_path)
    await page.get_by_role("button", name="Kontrollera dina svar").click()
    await page.get_by_role("button", name="Skicka in").click()
    await page.get_by_label("Engångskod").fill(await harness.find_code(EVA))
    await page.get_by_role("button", name="Bekräfta och skicka in").click()
    await page.wait_for_selector("text=Vi har tagit emot ditt ärende")
    return (await page.inner_text(".number")).strip()


async def test_neither_back_nor_change_loses_an_answer_or_a_file(
    plain_page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    page = plain_page
    await fill_application(page, harness, tmp_path)
    await page.get_by_role("button", name="Kontrollera dina svar").click()
    await expect(page.locator(".address-large")).to_have_text(EVA)
    await page.go_back()
    await expect(page.get_by_label("Fastighetsbeteckning")).to_have_value("Björken 4:12")
    await page.get_by_label("Fastighetsbeteckning").fill("Björken 4:13")
    await page.get_by_role("button", name="Kontrollera dina svar").click()
    await expect(page.locator("main")).to_contain_text("Björken 4:13")
    await expect(page.locator("main")).to_contain_text("situationsplan.pdf")
    await page.get_by_role("button", name="Ändra: Beskriv vad du vill göra").click()
    field = page.get_by_label("Beskriv vad du vill göra")
    await expect(field).to_be_in_viewport()
    await field.fill("Nya fönster åt gården.")
    await page.get_by_role("button", name="Kontrollera dina svar").click()
    await page.get_by_role("button", name="Skicka in").click()
    await page.get_by_label("Engångskod").fill(await harness.find_code(EVA))
    await page.get_by_role("button", name="Bekräfta och skicka in").click()
    await page.wait_for_selector("text=Vi har tagit emot ditt ärende")
    found, anna = (
        await find_case_id(harness, (await page.inner_text(".number")).strip()),
        harness.officer("anna-berg"),
    )
    view = await harness.service.database.read(lambda tx: officer_queries.load_case_view(tx, anna, found))
    assert view is not None and view.answers["beskrivning"] == "Nya fönster åt gården."
    assert view.answers["fastighet"] == "Björken 4:13"
    assert [one.name for one in view.files] == ["situationsplan.pdf"]


async def test_a_receipt_of_six_answers_prints_on_one_page(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await submit_application(page, harness, tmp_path)
    printed = await page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    await page.emulate_media(media="print")
    await expect(page.locator(".print-number")).to_be_visible()


async def find_case_id(harness: BrowserHarness, number: str) -> str:
    anna = harness.officer("anna-berg")
    found = await harness.service.database.read(
        lambda tx: officer_queries.find_case_by_number(tx, anna, number)
    )
    assert found is not None
    return found


async def test_an_application_is_sent_without_scripts(
    plain_page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    number = await submit_application(plain_page, harness, tmp_path)
    assert number == "2026-000001"
    await expect(plain_page.locator("main")).to_contain_text("situationsplan.pdf")
    code, receipt = await harness.deliver_mails(EVA)
    assert number in receipt.subject and number not in code.subject + code.text


async def test_the_way_from_mail_to_answer(page: Page, harness: BrowserHarness, tmp_path: Path) -> None:
    number = await submit_application(page, harness, tmp_path)
    found = await find_case_id(harness, number)
    command = SendMessage(case_id=found, text="Vilken färg får fönstren?", receipt=True)
    sent = await harness.service.perform(command, harness.officer("anna-berg"))
    mail = (await harness.deliver_mails(EVA, seconds=21))[-1]
    assert "färg" not in mail.text + mail.html
    (link,) = [one for one in mail.links() if "/m/" in one]
    await page.goto(link)
    await page.get_by_role("button", name="Skicka koden").click()
    await page.get_by_label("Engångskod").fill(await harness.find_code(EVA))
    await page.get_by_role("button", name="Öppna").click()
    message = page.locator(f"#m-{sent.ids['message_id']}:target")
    await expect(message).to_contain_text("Vilken färg")
    await message.get_by_role("button", name="Bekräfta att du har läst").click()
    await page.get_by_label("Ditt meddelande").fill("Linoljevita.")
    await page.get_by_role("button", name="Skicka", exact=True).click()
    await expect(page.get_by_text("Linoljevita.")).to_be_in_viewport()
    await expect(page.get_by_text("Ditt meddelande är skickat")).to_be_in_viewport()
    view = await harness.service.database.read(
        lambda tx: officer_queries.load_case_view(tx, harness.officer("anna-berg"), found)
    )
    assert view is not None
    assert view.messages[-1].text == "Linoljevita." and view.messages[0].receipted_at is not None


async def test_an_answer_in_arabic_is_written_and_shown_from_the_right(
    plain_page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await fill_application(plain_page, harness, tmp_path)
    field = plain_page.get_by_label("Beskriv vad du vill göra")
    await field.fill("نوافذ جديدة")
    assert await field.evaluate("e => getComputedStyle(e).unicodeBidi") == "plaintext"
    await plain_page.get_by_role("button", name="Kontrollera dina svar").click()
    for text, is_from_right in (("نوافذ جديدة", True), ("Björken 4:12", False)):
        shown = plain_page.locator("dd.said").filter(has_text=text)
        left, right = await shown.evaluate(TEXT_MARGINS)
        assert (left > right) is is_from_right, text


async def test_a_question_shows_when_its_answer_is_chosen(plain_page: Page, harness: BrowserHarness) -> None:
    await plain_page.goto(f"{harness.url}/e-tjanster/bygglov")
    owner = plain_page.get_by_label("Vem äger fastigheten?")
    await expect(owner).to_be_hidden()
    await plain_page.get_by_role("group", name="Äger du fastigheten?").get_by_label("Nej").check()
    await expect(owner).to_be_visible()
    await plain_page.get_by_role("group", name="Äger du fastigheten?").get_by_label("Ja").check()
    await expect(owner).to_be_hidden()


async def test_errors_are_in_sight_and_one_key_from_the_field(page: Page, harness: BrowserHarness) -> None:
    await page.goto(f"{harness.url}/e-tjanster/bygglov")
    await page.get_by_role("button", name="Kontrollera dina svar").click()
    await expect(page.locator("#fel")).to_be_focused()
    await expect(page).to_have_title(re.compile("^Fel:"))
    await page.locator("#fel a").first.press("Enter")
    await expect(page.locator("[name=om-p0_name]")).to_be_focused()


async def test_the_first_tab_skips_to_the_content(page: Page, harness: BrowserHarness) -> None:
    await page.goto(f"{harness.url}/")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#innehall")).to_be_focused()


async def test_enter_in_a_field_sends_the_form_and_adds_no_person(
    page: Page, harness: BrowserHarness
) -> None:
    await page.goto(f"{harness.url}/e-tjanster/serveringstillstand")
    await page.get_by_label("Namn").first.fill("Eva Ek")
    await page.get_by_label("Namn").first.press("Enter")
    await page.wait_for_selector("#fel")
    await expect(page.locator("input[name=persons]")).to_have_value("1")


PAGES = (
    "/",
    "/?q=finns+inte",
    "/internt",
    "/e-tjanster/bygglov",
    "/e-tjanster/felanmalan-gata-park",
    "/e-tjanster/serveringstillstand?lang=en",
    "/e-tjanster/orosanmalan-barn",
    "/om/hjalp",
    "/om/tillganglighet",
    "/om/personuppgifter",
    "/om/kakor",
    "/mina-sidor",
    "/m/0123456789abcdef0123456789abcdef",
    "/handlaggare",
    "/handlaggare/in/nyckel",
    "/finns-inte",
)


@pytest.mark.long
async def test_axe_finds_nothing_and_every_page_fits_a_small_phone(
    page: Page, harness: BrowserHarness
) -> None:
    wrong = {}
    for path in PAGES:
        await page.goto(harness.url + path)
        wrong[path] = await find_problems(page) + await find_small_targets(page)
    assert not any(wrong.values()), wrong


@pytest.mark.long
async def test_axe_finds_nothing_on_the_way_of_an_applicant(
    page: Page, harness: BrowserHarness, tmp_path: Path
) -> None:
    await page.goto(f"{harness.url}/e-tjanster/bygglov")
    await click_and_navigate(page, page.get_by_role("button", name="Kontrollera dina svar"))
    assert await find_problems(page) == []
    await fill_application(page, harness, tmp_path)
    await click_and_navigate(page, page.get_by_role("button", name="Kontrollera dina svar"))
    assert await find_problems(page) + await find_small_targets(page) == []
    await click_and_navigate(page, page.get_by_role("button", name="Skicka in"))
    assert await find_problems(page) + await find_small_targets(page) == []
    await page.get_by_label("Engångskod").fill("12")
    await page.get_by_label("Engångskod").press("Enter")
    await expect(page.locator("#fel")).to_be_focused()
    assert await find_problems(page) == []
    await click_and_navigate(page, page.get_by_role("button", name="Skicka in utan att bekräfta"))
    assert await find_problems(page) + await find_small_targets(page) == []
    number = await submit_application(page, harness, tmp_path)
    assert await find_problems(page) == []
    command = SendMessage(
        case_id=await find_case_id(harness, number), text="Hej!", kind="decision", receipt=True, files=()
    )
    await harness.service.perform(command, harness.officer("anna-berg"))
    harness.clock.advance(seconds=21)
    await page.goto(f"{harness.url}/mina-sidor")
    await page.get_by_label("E-postadress").fill(EVA)
    await page.get_by_role("button", name="Skicka koden").click()
    await expect(page.get_by_label("Engångskod")).to_be_visible()
    assert await find_problems(page) == []
    await page.get_by_label("Engångskod").fill("12")
    await page.get_by_role("button", name="Öppna").click()
    await expect(page.locator("#fel")).to_be_visible()
    assert await find_problems(page) == []
    await page.get_by_label("Engångskod").fill(await harness.find_code(EVA))
    await page.get_by_role("button", name="Öppna").click()
    await expect(page.get_by_text("Ansökan om bygglov").first).to_be_visible()
    assert await find_problems(page) == []
    await click_and_navigate(page, page.get_by_role("link", name="Bekräfta adressen"))
    await click_and_navigate(page, page.get_by_role("button", name="Bekräfta"))
    assert await find_problems(page) + await find_small_targets(page) == []
    await page.go_back()
    await page.go_back()
    await page.click("text=Ansökan om bygglov")
    await page.click("text=Det här skickade du in")
    assert await find_problems(page) == []
    await page.get_by_role("button", name="Skicka", exact=True).click()
    await page.wait_for_selector("#fel")
    assert await find_problems(page) == []
    assert await find_small_targets(page) == []
    await click_and_navigate(page, page.get_by_role("button", name="Logga ut"))
    assert await find_problems(page) == []
