"""Whole stories in Chromium: the applicant in one window, the officer in Slack in another, the program between."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.chromium import open_page, patient
from tests.conftest import SAMPLE
from tests.scenarios.running_program import NUMBER, Installation, RunningProgram, run_program

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium, pytest.mark.long]

EVA = "eva@ek.example"


@dataclass
class SlackWindow:
    """An officer's window: Slack's stand-in, in one channel."""

    program: RunningProgram
    page: Page

    def card(self, number: str) -> Locator:
        return self.page.locator("#messages .message", has_text=number).first

    @property
    def dialog(self) -> Locator:
        return self.page.locator("#modal")

    async def press(self, number: str, button: str) -> None:
        """By its words on the card, as a screen reader says them."""
        await self.card(number).get_by_role("button", name=button).first.click()

    async def submit(self, button: str) -> None:
        await self.dialog.get_by_role("button", name=button, exact=True).click()

    async def choose(self, label: str, option: str) -> None:
        await self.dialog.get_by_role("combobox", name=label).select_option(label=option)

    async def fill(self, label: str, text: str) -> None:
        await self.dialog.get_by_role("textbox", name=label).fill(text)

    async def expect_card_text(self, number: str, words: str) -> None:
        await expect(self.card(number)).to_contain_text(words)


@pytest_asyncio.fixture(loop_scope="module")
async def program(sqlite_url: str, tmp_path: Path, chromium: Browser) -> AsyncIterator[RunningProgram]:
    async with run_program(Installation(tmp_path, sqlite_url, SAMPLE)) as opened:
        yield opened
        for window in chromium.contexts:
            await window.close()


async def open_slack(chromium: Browser, program: RunningProgram, officer: str, channel: str) -> SlackWindow:
    page = await open_page(chromium, locale="sv-SE")
    await page.goto(program.sandbox.url)
    await page.select_option("#who", program.officer(officer).id)
    await page.locator("#channels button", has_text=channel).click()
    return SlackWindow(program, page)


async def submit_application(page: Page, program: RunningProgram) -> str:
    """A building permit, by the form as it stands. The number on the receipt."""
    await page.goto(f"{program.url}/e-tjanster/bygglov")
    await page.get_by_label("Namn", exact=False).first.fill("Eva Ek")
    await page.get_by_label("E-postadress").fill(EVA)
    await page.get_by_label("Fasadändring").check()
    await page.get_by_label("Centrum").check()
    await page.get_by_label("Fastighetsbeteckning").fill("Björken 4:12")
    await page.get_by_role("group", name="Äger du fastigheten?").get_by_label("Ja").check()
    await page.get_by_label("Beskriv vad du vill göra").fill("Nya fönster åt gatan.")
    await page.get_by_role("button", name="Kontrollera dina svar").click()
    await page.get_by_role("button", name="Skicka in").click()
    await page.get_by_label("Engångskod").fill(await program.applicant(email=EVA).wait_for_form_code())
    await page.get_by_role("button", name="Bekräfta och skicka in").click()
    return await read_receipt(page)


async def read_receipt(page: Page) -> str:
    await page.wait_for_url(re.compile("/kvitto/"))
    found = NUMBER.search(await page.inner_text("main"))
    assert found is not None
    return found[0]


async def sign_in(page: Page, program: RunningProgram, subject: str) -> None:
    """By the newest mail of that subject, and the code that is mailed."""
    eva = program.applicant(email=EVA)
    await page.goto((await eva.wait_for_mail(subject)).links()[0])
    await page.get_by_role("button", name="Skicka koden").click()
    await page.get_by_label("Engångskod").fill(await eva.wait_for_code())
    await page.get_by_role("button", name="Öppna").click()
    await page.wait_for_url(re.compile("/mina-sidor/arende/"))


async def test_from_the_form_to_the_answer_on_the_card(program: RunningProgram, chromium: Browser) -> None:
    eva, anna = (
        await open_page(chromium, locale="sv-SE"),
        await open_slack(chromium, program, "anna-berg", "bygglov"),
    )
    number = await submit_application(eva, program)
    await anna.expect_card_text(number, "Ingen")
    await anna.press(number, f"Ta ärendet {number}")
    await anna.expect_card_text(number, "Anna Berg")

    await anna.press(number, "Skriv till sökanden")
    await anna.fill("Meddelande", "Vilken färg får fönstren?")
    await anna.submit("Förhandsgranska")
    await expect(anna.dialog).to_contain_text("Eva Ek (sökande)")
    await anna.submit("Skicka meddelande")
    await expect(anna.dialog).to_contain_text("Fram till dess kan du ångra")
    program.advance(21)
    await expect(anna.dialog).to_contain_text("Meddelandet är skickat.")
    await anna.submit("Stäng")
    await expect(anna.dialog).to_be_hidden()

    await sign_in(eva, program, f"Nytt meddelande i ditt ärende {number}")
    await expect(eva.locator("main")).to_contain_text("Vilken färg får fönstren?")
    await eva.get_by_label("Ditt meddelande").fill("Linoljevita.")
    await eva.get_by_role("button", name="Skicka", exact=True).click()
    await expect(eva.locator("main")).to_contain_text("Ditt meddelande är skickat")

    await anna.expect_card_text(number, "Nytt från sökanden, inte läst")
    await anna.press(number, f"Visa ärende {number}")
    await expect(anna.dialog).to_contain_text("Uppgifter i ärendet")
    await anna.dialog.get_by_role("button", name=re.compile("Meddelanden")).click()
    await expect(anna.dialog).to_contain_text("Linoljevita.")


async def test_the_officers_dialogs_are_filled_in_previewed_sent_and_undone(
    program: RunningProgram, chromium: Browser
) -> None:
    number = await program.applicant(email=EVA).apply()
    anna = await open_slack(chromium, program, "anna-berg", "bygglov")
    await anna.expect_card_text(number, "Inskickat")
    await anna.press(number, "Ändra status")
    await anna.choose("Ny status", "Återkallat")
    await expect(anna.dialog).to_contain_text("ansökan är återkallad")
    await anna.submit("Ändra status")
    await expect(anna.dialog.locator(".error")).to_have_count(1)
    await anna.choose("Ny status", "Första granskning")
    await expect(anna.dialog).to_contain_text("Sökanden får läsa: ”En handläggare går")
    await anna.fill("Intern notering", "Ringde grannen")
    await anna.submit("Ändra status")
    await anna.expect_card_text(number, "Första granskning")
    await expect(anna.dialog).to_be_hidden()

    await anna.press(number, "Skriv till sökanden")
    await anna.choose("Mall", "Begäran om komplettering")
    message = anna.dialog.get_by_role("textbox", name="Meddelande")
    await expect(message).to_have_value(re.compile("Hej Eva Ek!"))
    await anna.submit("Förhandsgranska")
    await expect(anna.dialog.locator(".error").first).to_contain_text("Fyll i eller ta bort {det_som_saknas}")
    await message.fill("Ritningen saknas.")
    await anna.submit("Förhandsgranska")
    await anna.submit("Skicka meddelande")
    await anna.dialog.get_by_role("button", name="Ångra", exact=True).click()
    await expect(anna.dialog).to_contain_text("Meddelandet är ångrat")
    await program.advance_and_deliver(601)
    case = await program.load_case(number)
    assert case.messages == () and [note.text for note in case.notes] == ["Ringde grannen"]
    assert [mail.subject for mail in program.applicant(email=EVA).mails()] == [
        f"Vi har tagit emot ditt ärende {number}",
        f"Det har hänt något i ditt ärende {number}",
    ]


async def test_an_applicant_signs_in_by_address_and_adds_what_is_asked_for(
    program: RunningProgram, chromium: Browser, tmp_path: Path
) -> None:
    number = await program.applicant(email=EVA).apply()
    await program.wait_for_card(number)
    await program.officer("anna-berg").send_message(
        number, "Ritningen saknas.", kind="completion", status_after="vantar"
    )
    await program.advance_and_deliver(21)
    page = await open_page(chromium, locale="sv-SE")
    await page.goto(f"{program.url}/mina-sidor")
    await page.get_by_label("E-postadress").fill(EVA.upper())
    await page.get_by_role("button", name="Skicka koden").click()
    await page.get_by_label("Engångskod").fill("000 000")
    await page.get_by_role("button", name="Öppna").click()
    await expect(page.locator(".problem").first).to_be_visible()
    await page.get_by_label("Engångskod").fill(await program.applicant(email=EVA).wait_for_code())
    await page.get_by_role("button", name="Öppna").click()
    await expect(page.locator("main")).to_contain_text(number)
    await page.get_by_role("link", name="Ansökan om bygglov").click()
    await expect(page.locator("main")).to_contain_text("Ritningen saknas.")
    plan = tmp_path / "ritning.pdf"
    plan.write_bytes(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n")
    await page.set_input_files("input[type=file]", plan)
    await page.get_by_role("button", name="Skicka in", exact=True).click()
    await expect(page.locator("main")).to_contain_text("Vi har tagit emot det du lade till")
    await program.wait_for_card(number, "Kompletterat")


async def test_a_strict_case_is_worked_with_on_its_page(program: RunningProgram, chromium: Browser) -> None:
    reporter = await open_page(chromium, locale="sv-SE")
    await reporter.goto(f"{program.url}/e-tjanster/orosanmalan-barn")
    await reporter.get_by_label("Anonymt").check()
    await reporter.get_by_role("group", name="Anmäler du i ditt arbete?").get_by_label("Nej").check()
    await reporter.get_by_label("Vad heter barnet?").fill("Love Ek")
    await reporter.get_by_label("Vad är du orolig för?").fill("Kommer inte till skolan.")
    await reporter.get_by_role("button", name="Kontrollera dina svar").click()
    await reporter.get_by_role("button", name="Skicka in").click()
    number = await read_receipt(reporter)

    elin = await open_slack(chromium, program, "elin-sara-blind", "oro-barn")
    await elin.expect_card_text(number, f"Ärende {number}")
    assert not re.search("Oro|barn|Love", await elin.card(number).inner_text())
    await elin.press(number, "Ta ärendet")
    await elin.expect_card_text(number, "Elin Sárá Blind")
    await elin.press(number, "Öppna ärendesidan")
    link = elin.page.locator("#messages .message.private").get_by_role("link", name=re.compile("Öppna nu"))
    async with elin.page.context.expect_page() as opening:
        await link.click()
    page = patient(await opening.value)
    await page.get_by_role("button").first.click()
    await page.wait_for_url(re.compile(f"/handlaggare/{number}"))
    await expect(page.locator("main")).to_contain_text("Kommer inte till skolan.")
    await page.goto(f"{program.url}/handlaggare/{number}/notering")
    await page.locator("textarea[name=text]").fill("Ringde rektorn.")
    await page.get_by_role("button", name="Spara notering").click()
    await expect(page.locator("main")).to_contain_text("Ringde rektorn.")
    await expect(elin.page.locator("#messages")).not_to_contain_text("rektorn")
