"""The README's pictures and those of the officers' handbook, taken of the running demo."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from sandbox.demo.folder import claimed
from sandbox.demo.handbook_pictures import HANDBOOK_FILM, HandbookPictures
from sandbox.demo.photographer import MOST_SECONDS, PHONE, WIDE, Film, Photographer
from sandbox.demo.plan import ROOT, Stopped, planned
from sandbox.demo.run import Demo, opened
from sandbox.demo.samples import samples, today
from sandbox.demo.submitters import send
from sandbox.demo.work import NotDone, Officer, work
from sandbox.mail import Mail

CASE, APPLICANT = re.compile(r"\d{4}-000001"), "ebba.ekorrdahl@post.example"
CODE = re.compile(r"\b\d{3} ?\d{3}\b(?= och gäller)")
README_FILM = Film(ROOT / "docs" / "pictures", 2, 0.95)
"""With a loss that nobody sees."""
STEP_SECONDS = 1.5
"""What an officer waits for the cards to be redrawn, so that the next one takes another case."""
MESSAGE = """Hej Ebba!

Ritningarna ser bra ut. Jag saknar bara måttet från tillbyggnaden till tomtgränsen i väster. Kan du skicka det?

Vänliga hälsningar
Anna Berg, Bygglovsenheten"""
APPLICANTS_LINE = "Nytt meddelande från sökanden."
REPLY = "Jag känner till kvarteret. Fråga gärna om gränsen i väster."
ANSWER = "Hej! Det är 5,2 meter till gränsen i väster. Jag mätte i dag."


class Story:
    """One application, from the card to the applicant's answer, with a picture at each turn."""

    def __init__(self, demo: Demo, photographer: Photographer) -> None:
        self.demo = demo
        self.camera = photographer

    async def tell(self) -> None:
        await self._submit_cases()
        anna = await self._open_slack()
        await self._case(anna)
        await self._message(anna)
        await self._card(anna)
        letter = await self._mail()
        await self._phone(letter)
        await self._home(anna)

    async def _submit_cases(self) -> None:
        """One at a time, so that the numbers are the same each time."""
        for sample in samples(today()):
            await send(sample, self.demo.plan, self.demo.progress, self.demo.shared)
        await work(self.demo.office, self.demo.progress, STEP_SECONDS, _stop)

    async def _open_slack(self) -> Page:
        anna = Officer(self.demo.shared, "anna.berg", "bygglov")
        page = await self.camera.window(WIDE)
        await page.goto(self.demo.plan.slack)
        await page.select_option("#who", anna.person.id)
        await page.locator("#channels button", has_text="bygglov").click()
        return page

    def _of_the_case(self, page: Page) -> Locator:
        return page.locator("#messages .message", has_text=CASE)

    async def _case(self, page: Page) -> None:
        await self._of_the_case(page).get_by_role("button", name="Visa ärende").click()
        await expect(page.locator("#modal")).to_contain_text("Uppgifter i ärendet")
        await self.camera.take("case", page, page.locator("#modal"))

    async def _message(self, page: Page) -> None:
        dialog = page.locator("#modal")
        await dialog.get_by_role("button", name="Skriv till sökanden").click()
        await dialog.get_by_role("textbox", name="Meddelande").fill(MESSAGE)
        await dialog.get_by_role("button", name="Förhandsgranska").click()
        await expect(dialog.get_by_role("heading", level=2)).to_have_text("Förhandsgranska")
        await self.camera.take("preview", page, dialog)
        await dialog.get_by_role("button", name="Skicka meddelande").click()
        await expect(dialog).to_contain_text("ångra")
        await dialog.get_by_role("button", name="Stäng alla").click()

    async def _card(self, page: Page) -> None:
        bjorn = Officer(self.demo.shared, "bjorn.ek", "bygglov")
        card = self._of_the_case(page)
        ts = await card.get_attribute("data-ts")
        # What the bot says in the thread is gathered for ten seconds.
        await card.locator("button.replies").click()
        await expect(page.locator("#replies")).to_contain_text(APPLICANTS_LINE)
        await bjorn.person.say(bjorn.channel, REPLY, thread_ts=ts)
        await expect(page.locator("#replies .reaction")).to_be_visible()
        # Loaded anew nothing is in the way of what has come meanwhile.
        await page.reload()
        await card.locator("button.replies").click()
        await expect(page.locator("#replies .reaction")).to_be_visible()
        await card.scroll_into_view_if_needed()
        await page.mouse.move(0, 0)
        await page.evaluate("document.activeElement.blur()")
        await self.camera.take("card", page)

    async def _letter(self, subject: str, after: int = 0) -> Mail:
        """The newest mail to the applicant with that in its subject, of those with a higher number."""
        shared = self.demo.shared
        async with asyncio.timeout(MOST_SECONDS):
            while True:
                ours = [mail for mail in shared.mailbox.mails if APPLICANT in mail.recipients]
                found = [mail for mail in ours if subject in mail.subject and mail.number > after]
                if found:
                    return found[-1]
                await shared.feed.after(shared.feed.version, 1.0)

    async def _mail(self) -> Mail:
        letter = await self._letter("Nytt meddelande")
        page = await self.camera.window({"width": 1180, "height": 620})
        await page.goto(f"{self.demo.plan.slack}/mail")
        await page.locator("#boxes button", has_text=APPLICANT).click()
        await expect(page.frame_locator("iframe").locator("a").first).to_be_visible()
        await self.camera.take("mail", page)
        return letter

    async def _phone(self, letter: Mail) -> None:
        page = await self.camera.window(PHONE, phone=True)
        await page.goto(letter.links()[0])
        last = self.demo.shared.mailbox.mails[-1].number
        await page.get_by_role("button", name="Skicka koden").click()
        code = CODE.search((await self._letter("kod", after=last)).text)
        assert code is not None
        await page.get_by_label("Engångskod").fill(code[0])
        await page.get_by_role("button", name="Öppna").click()
        await page.wait_for_url(re.compile("/mina-sidor/arende/"))
        await self.camera.take("applicant", page)
        await page.get_by_label("Ditt meddelande").fill(ANSWER)
        await page.get_by_role("button", name="Skicka", exact=True).click()

    async def _home(self, page: Page) -> None:
        await page.set_viewport_size({"width": WIDE["width"], "height": 560})
        await page.locator("#channels button", has_text="Ärendebot").click()
        await page.get_by_role("button", name="Hem", exact=True).click()
        await expect(page.locator(".home")).to_contain_text("Nytt meddelande")
        await self.camera.take("home", page)


def _stop(step: str, why: str) -> None:
    raise NotDone(f"{step}: {why}")


async def _take() -> None:
    expect.set_options(timeout=MOST_SECONDS * 1000)
    with tempfile.TemporaryDirectory(prefix="arendebot-pictures-") as data:
        plan = planned({"PORT": "0", "SLACK_PORT": "0", "DATA": str(Path(data) / "demo")})
        with claimed(plan):
            async with opened(plan) as demo, Photographer.at_work(README_FILM) as photographer:
                await demo.ready()
                await Story(demo, photographer).tell()
                await HandbookPictures(demo, photographer.with_film(HANDBOOK_FILM)).take()


def main() -> None:
    """Take them all, or say in one line why not."""
    try:
        asyncio.run(_take())
    except (Stopped, NotDone) as why:
        sys.exit(str(why))
    for path in sorted(path for film in (README_FILM, HANDBOOK_FILM) for path in film.folder.glob("*.webp")):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1000} kB")
