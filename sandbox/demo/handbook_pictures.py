"""The pictures of the officers' handbook, after the README's story has been told."""

from __future__ import annotations

import asyncio
import re
import sys

from playwright.async_api import Locator, Page, ViewportSize, expect

from sandbox.demo.photographer import Film, Photographer
from sandbox.demo.plan import ROOT
from sandbox.demo.run import Demo
from sandbox.demo.work import Officer

HANDBOOK_FILM = Film(ROOT / "docs" / "handbok" / "bilder", 1.25, 0.82)
"""The handbook has many, and each page of it several."""

WINDOW: ViewportSize = {"width": 1280, "height": 880}
TALL: ViewportSize = {"width": 1280, "height": 1500}
"""For pictures of a part of a page, which must be in the window whole."""

CASE = re.compile(r"\d{4}-000001")
COUNT = (sys.executable, "-m", "bot", "figures")
LETTER = """Hej {sökande.namn}!

I ärende {ärende.nummer} behöver vi veta om arbetet har börjat. Svara gärna här på sidan.

Vänliga hälsningar
Lindsjö kommun"""


class HandbookPictures:
    """Anna Berg in Slack, and Märta Lindqvist, who coordinates most e-services, on the web."""

    def __init__(self, demo: Demo, photographer: Photographer) -> None:
        self.demo = demo
        self.camera = photographer

    async def take(self) -> None:
        await self._slack()
        page = await self._open_overview()
        await self._overview(page)
        await self._many_cases(page)
        await self._statistics(page)
        await self._case_page(page)

    async def _open_slack(self, email: str) -> Page:
        officer = Officer(self.demo.shared, email, "bygglov")
        page = await self.camera.window(WINDOW)
        await page.goto(self.demo.plan.slack)
        await page.select_option("#who", officer.person.id)
        return page

    async def _slack(self) -> None:
        anna = await self._open_slack("anna.berg")
        await anna.locator("#channels button", has_text="bygglov").click()
        card = anna.locator("#messages .message", has_text=CASE)
        await card.locator("button.replies").click()
        await expect(anna.locator("#replies .reaction")).to_be_visible()
        await self.camera.take("kort", anna)
        await card.get_by_role("button", name="Visa ärende").click()
        dialog = anna.locator("#modal")
        await expect(dialog).to_contain_text("Uppgifter i ärendet")
        await self.camera.take("arende", anna, dialog)
        await self._forms(anna, dialog)
        await anna.locator("#channels button", has_text="Ärendebot").click()
        await anna.get_by_role("button", name="Hem", exact=True).click()
        await expect(anna.locator(".home")).to_contain_text("Nytt meddelande")
        await self.camera.take("hem", anna)

    async def _forms(self, page: Page, dialog: Locator) -> None:
        """The dialogs of one case, each cancelled, and the tools."""
        await self._form(page, "Ändra status", "Ny status", "status")
        await dialog.get_by_role("button", name="Skriv till sökanden").first.click()
        await dialog.get_by_role("textbox", name="Meddelande").fill("Tack! Då har jag det jag behöver.")
        await dialog.get_by_role("button", name="Förhandsgranska").click()
        await expect(dialog.get_by_role("heading", level=2)).to_have_text("Förhandsgranska")
        await self.camera.take("forhandsgranska", page, dialog)
        await dialog.get_by_role("button", name="Tillbaka", exact=True).last.click()
        await self._cancel(dialog)
        await dialog.get_by_role("button", name="Noteringar").click()
        await self._form(page, "Ny notering", "Typ av notering", "notering")
        await dialog.get_by_role("button", name="Fler val").first.click()
        await page.get_by_role("menuitem", name="Verktyg").click()
        await expect(dialog).to_contain_text("Tillbaka till ärendet")
        await self.camera.take("verktyg", page, dialog)
        await dialog.get_by_role("button", name="Stäng").first.click()

    async def _form(self, page: Page, button: str, text: str, name: str) -> None:
        """The dialog that the button opens, which has the text; cancelled again."""
        dialog = page.locator("#modal")
        await dialog.get_by_role("button", name=button).first.click()
        await expect(dialog).to_contain_text(text)
        await self.camera.take(name, page, dialog)
        await self._cancel(dialog)

    async def _cancel(self, dialog: Locator) -> None:
        await dialog.get_by_role("button", name="Avbryt", exact=True).click()
        await expect(dialog.get_by_role("heading", level=2)).to_have_text(CASE)

    async def _open_overview(self) -> Page:
        """Märta's overview on the web, opened from Home."""
        slack = await self._open_slack("marta.lindqvist")
        await slack.locator("#channels button", has_text="Ärendebot").click()
        await slack.get_by_role("button", name="Hem", exact=True).click()
        await slack.get_by_role("button", name="Öppna alla ärenden på webben").click()
        address = await slack.locator("#modal a[href*='/handlaggare/in/']").get_attribute("href")
        assert address is not None
        page = await self.camera.window(TALL)
        await page.goto(address)
        await page.get_by_role("button", name="Öppna ärendena").click()
        await page.wait_for_url(re.compile("/handlaggare$|/handlaggare/lista"))
        return page

    async def _overview(self, page: Page) -> None:
        await self._open_list(page, "all")
        await page.locator("#filter .more > summary").click()
        await self.camera.take("urval", page, page.locator("#filter"))
        await self._open_list(page, "unassigned")
        await page.locator("#vy summary").click()
        await page.get_by_label("Vyns namn").fill("Att fördela på måndag")
        await page.locator("#vy .button").first.click()
        await self._open_list(page, "all")
        await self._take_window("oversikt", page)
        await page.locator("#kolumner summary").click()
        await self.camera.take("kolumner", page, page.locator("#kolumner"))
        await page.goto(f"{self._web}/handlaggare/vyer")
        await self.camera.take("vyer", page, page.locator("main > .wrap"), margin=0)

    async def _many_cases(self, page: Page) -> None:
        await self._begin(page, "Ta ärenden")
        await self._go_on(page)
        await self.camera.take("granska", page, page.locator("main > .wrap"), margin=0)
        await self._begin(page, "Utskick")
        await page.get_by_label("Meddelande", exact=True).fill(LETTER)
        await self._go_on(page)
        await self.camera.take("utskick", page, page.locator("main > .wrap"), margin=0)
        await self._begin(page, "Exportera till Excel/CSV")
        await self._go_on(page)
        await self._go_on(page)
        await expect(page.get_by_role("button", name="Hämta filen")).to_be_visible()
        await self.camera.take("exportera", page, page.locator("main > .wrap"), margin=0)

    async def _statistics(self, page: Page) -> None:
        """What the bot counts every five minutes is counted first."""
        process = await asyncio.create_subprocess_exec(*COUNT, cwd=ROOT, env=self.demo.env)
        await process.wait()
        await page.goto(f"{self._web}/handlaggare/statistik")
        await self.camera.take("nyckeltal", page, page.locator(".key-figures"), margin=6)
        chart = page.locator(".charts figure", has_text="per e-tjänst")
        await chart.scroll_into_view_if_needed()
        await self.camera.take("diagram", page, chart, margin=6)

    async def _case_page(self, page: Page) -> None:
        await self._open_list(page, "all")
        await page.get_by_role("link", name=CASE).click()
        await expect(page.locator("#arende")).to_be_visible()
        await self._take_window("arendesidan", page)

    async def _take_window(self, name: str, page: Page) -> None:
        await page.set_viewport_size(WINDOW)
        await self.camera.take(name, page)
        await page.set_viewport_size(TALL)

    @property
    def _web(self) -> str:
        return self.demo.plan.web

    async def _open_list(self, page: Page, tab: str) -> None:
        await page.goto(f"{self._web}/handlaggare?lista={tab}")

    async def _begin(self, page: Page, action: str) -> None:
        """Tick the page's cases, and press the action's button."""
        await self._open_list(page, "all")
        await page.locator("#tick-page").check()
        await page.get_by_role("button", name=action).click()
        await expect(page.locator("h1")).to_have_text(action)

    async def _go_on(self, page: Page) -> None:
        """The form's button, and the page that it leads to."""
        async with page.expect_navigation():
            await page.locator("main form .buttons .button").first.click()
