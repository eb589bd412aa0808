"""Officers, applicants and other systems at work, each at random from a seed, whatever happens to the program."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from sandbox.from_catalog import slack_id
from sandbox.inputs import Unfit
from sandbox.person import Person, upload
from sandbox.server import Sandbox
from tests.chaos.ledger import Action, Kind, Ledger, text_with_files
from tests.portal.browser import Browser, Form, Page
from tests.scenarios.running_program import BUILDING, NUMBER

AUTHORIZATION = {"Authorization": "Bearer demo-token-lindsjo"}
FAULT_ANSWERS = {"typ": "hal", "bradskande": True, "omrade": "centrum", "plats": "Vid lyktstolpe 12"}
STATUSES = {"bygglov": ("granskning", "komplett"), "gata-park": ("planerat", "pagar")}
"""What officers set, in this order, in the e-service of each channel."""

FILE_SHARE = 0.3
"""The share of what officers write that has a file with it."""

DIALOG_SECONDS = 0.5
"""Seconds that one waits for a dialog before one gives up."""

TEXTS = itertools.count(1)
T = TypeVar("T")


class GaveUp(Exception):
    """Someone did not get on, and goes on with something else."""


@dataclass
class RunContext:
    """Where they act, and what is written down of it. `urls` are where the program answers, some of the time."""

    sandbox: Sandbox
    urls: list[str]
    ledger: Ledger
    rng: random.Random
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Waits until it is so. TimeoutError."""
        feed = self.sandbox.shared.feed
        async with asyncio.timeout(seconds):
            while not condition():
                await feed.after(feed.version, 0.03)

    def browser(self) -> Browser:
        """One that goes to any of the processes."""
        return Browser(httpx.AsyncClient(base_url=self.rng.choice(self.urls), timeout=5))

    async def retry(self, act: Callable[[], Awaitable[T]]) -> T:
        """Does it again until it is answered. Whoever is not when all is over, never is."""
        while True:
            try:
                return await act()
            except (httpx.HTTPError, GaveUp):
                if self.is_over.is_set():
                    raise GaveUp from None
                await asyncio.sleep(0.1)

    async def keep_busy(self, *people: Callable[[], Awaitable[None]], pause: float) -> None:
        """Each of them does one thing after another until all is over."""
        await asyncio.gather(*(self._repeat(one, pause) for one in people))

    async def _repeat(self, act: Callable[[], Awaitable[None]], pause: float) -> None:
        while not self.is_over.is_set():
            with contextlib.suppress(GaveUp, Unfit, httpx.HTTPError):
                await act()
            await asyncio.sleep(self.rng.uniform(0.5, 1.5) * pause)


class Officer:
    """Someone in Slack, who tends every n-th case of a channel: what they do to one nobody else does."""

    def __init__(self, context: RunContext, key: str, channel: str, share: tuple[int, int]) -> None:
        self.context = context
        self.key = key
        self.channel = channel
        self.share = share
        self.person = Person(context.sandbox.shared, slack_id("U", key))
        self.taken: set[str] = set()
        self.statuses: dict[str, int] = {}

    async def introduce(self) -> None:
        """Lets the program know them: it asks Slack about whoever it has not seen."""
        await self.person.slash(slack_id("C", self.channel), "/arende", "hjälp")

    async def act(self) -> None:
        """One thing, to one of the cases."""
        cards = self._cards()
        if not cards:
            raise GaveUp
        number = self.context.rng.choice(sorted(cards))
        act = self.context.rng.choice(
            (self._take, self._set_status, self._write_note, self._reply, self._send_message)
        )
        try:
            await act(number, cards[number])
        finally:
            if self.person.view:
                await self.person.close(all=True)

    def _cards(self) -> dict[str, dict[str, Any]]:
        first, every = self.share
        place = self.context.sandbox.shared.workspace.channels[slack_id("C", self.channel)]
        found = {}
        for one in place.messages.values():
            number = NUMBER.search(one.text) if one.bot_id and one.thread_ts in (None, one.ts) else None
            if number is not None and int(number[0][-6:]) % every == first:
                found[number[0]] = {"number": number[0], "ts": one.ts, "blocks": one.blocks}
        return found

    async def _press(self, card: dict[str, Any], action: str, value: Any = None) -> bool:
        result = await self.person.press(slack_id("C", self.channel), card["ts"], action, value)
        return bool(result["ok"])

    async def _open_dialog(self, card: dict[str, Any], action: str, callback: str) -> None:
        if not await self._press(card, action):
            raise GaveUp
        await self._wait_for_dialog(callback, card["number"])

    async def _wait_for_dialog(self, callback: str, text: str) -> None:
        """Waits for that dialog with these words in it: one pressed for earlier may come late, and lie on top."""

        def is_shown() -> bool:
            view = self.person.view
            return bool(
                view and view["callback_id"] == callback and view["submit"] and text in str(view["blocks"])
            )

        try:
            await self.person.wait_until(is_shown, DIALOG_SECONDS)
        except TimeoutError:
            raise GaveUp from None

    async def _submit(self, callback: str, values: dict[str, Any]) -> bool:
        """Whether the dialog was answered, and no longer stands there with a word about why not."""
        result = await self.person.fill_and_submit(values)
        view = self.person.view
        return bool(result["ok"] and not result["errors"] and not (view and view["callback_id"] == callback))

    async def _record(self, number: str, action: tuple[Kind, str], work: Awaitable[bool]) -> None:
        """Writes down what came of it; whatever stands in the way of the answer, it may be done."""
        acknowledged = False
        try:
            acknowledged = await work
        finally:
            acks = reversed(self.context.sandbox.shared.record.acks)
            own_ack = next((ack for ack in acks if ack.get("user") == self.person.id), {})
            self.context.ledger.record(Action(number, *action, acknowledged, own_ack))

    async def _take(self, number: str, card: dict[str, Any]) -> None:
        if number in self.taken:
            raise GaveUp
        self.taken.add(number)
        await self._record(number, ("taken", self.key), self._press(card, "case:take"))

    async def _set_status(self, number: str, card: dict[str, Any]) -> None:
        n = self.statuses.get(number, 0)
        if n == len(STATUSES[self.channel]):
            raise GaveUp
        await self._open_dialog(card, "case:status", "case:status:submit")
        status = STATUSES[self.channel][n]
        self.statuses[number] = n + 1
        await self._record(number, ("status", status), self._submit("case:status:submit", {"status": status}))

    async def _write_note(self, number: str, card: dict[str, Any]) -> None:
        await self._open_dialog(card, "case:note", "case:note:submit")
        text = f"Notering {next(TEXTS)}"
        files = self._files(text)
        sends = self._submit("case:note:submit", {"text": text, "files": files})
        await self._record(number, ("note", text_with_files(text, file_names(files))), sends)

    def _untick_retained_files(self) -> dict[str, Any]:
        """What was not sent last time stands there again: its text is written over, its files are unticked."""
        blocks = self.person.view["blocks"] if self.person.view else ()
        return {"kept": []} if any(one["block_id"] == "kept" for one in blocks) else {}

    def _files(self, text: str) -> list[dict[str, Any]]:
        """Now and then there is something to attach."""
        name = f"{text}.txt"
        return [upload(name, text.encode())] if self.context.rng.random() < FILE_SHARE else []

    async def _reply(self, number: str, card: dict[str, Any]) -> None:
        """What stands in Slack is a note at last, whether the program was there or not."""
        text = f"Svar i tråden {next(TEXTS)}"
        files = self._files(text)
        await self.person.say(slack_id("C", self.channel), text, card["ts"], files)
        self.context.ledger.record(
            Action(number, "note", text_with_files(text, file_names(files)), acknowledged=True)
        )

    async def _send_message(self, number: str, card: dict[str, Any]) -> None:
        await self._open_dialog(card, "case:message", "case:message:preview")
        text = f"Meddelande {next(TEXTS)}"
        files = self._files(text)
        given = {"text": text, "files": files, **self._untick_retained_files()}
        await self._submit("case:message:preview", given)
        await self._wait_for_dialog("case:message:submit", text)
        sends = self._submit("case:message:submit", {})
        await self._record(number, ("message", text_with_files(text, file_names(files))), sends)


class Applicants:
    """People who apply, and write in their case; they send a form again until it is answered."""

    def __init__(self, context: RunContext, max_forms: int) -> None:
        self.context = context
        self.max_forms = max_forms
        self.begun_count = 0
        self.pages: list[tuple[str, str]] = []

    async def act(self) -> None:
        if self.begun_count < self.max_forms:
            await self._apply()
        else:
            await asyncio.sleep(0.2)

    async def _apply(self) -> None:
        self.begun_count += 1
        email = f"sokande-{self.begun_count}@ek.example"
        self.context.ledger.opened[email] = ""
        form = await self.context.retry(self._form)
        form.fill(om_p0_name=f"Eva Ek {self.begun_count}", om_p0_email=email, **BUILDING)
        page = await self.context.retry(lambda: self._send(form, email))
        number = NUMBER.search(page.text)
        assert number is not None, page.text
        self.context.ledger.opened[email] = number[0]

    async def _form(self) -> Form:
        return (await self._get("/e-tjanster/bygglov?lang=sv")).form()

    async def _get(self, path: str) -> Page:
        browser = self.context.browser()
        try:
            return _require_answer(await browser.get(path))
        finally:
            await browser.close()

    async def _send(self, form: Form, email: str) -> Page:
        browser, known = self.context.browser(), len(self._list_codes(email))
        browser.find_code = lambda _page: self._find_code(email, known)
        try:
            page = await browser.submit(form)
        finally:
            await browser.close()
        if page.status == 422 and any(
            said in page.text for said in ("Koden stämmer inte", "Koden gäller inte längre")
        ):
            raise GaveUp  # it was that of an earlier try, and the newer mail is still on its way
        return _require_answer(page)

    async def _find_code(self, email: str, known: int) -> str:
        """A code that was not in the mailbox when there were `known`; else the newest, or empty where there is none."""
        for _ in range(50):
            if len(codes := self._list_codes(email)) > known:
                return codes[-1]
            await asyncio.sleep(0.1)
        return codes[-1] if codes else ""

    def _list_codes(self, email: str) -> list[str]:
        """The codes for the form in the mailbox, the newest last."""
        mails = [
            one
            for one in self.context.sandbox.mails()
            if email in one.recipients and "skicka in" in one.subject
        ]
        return [code[0] for one in mails if (code := re.search(r"\b\d{3} \d{3}\b", one.text))]


class Correspondents:
    """Applicants who follow the link in their mail, sign in with the code, and write in their case."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.handled: set[str] = set()

    async def act(self) -> None:
        mine = [
            email for email, number in self.context.ledger.opened.items() if number and "sokande" in email
        ]
        waiting = [
            email for email in mine if email not in self.handled and self._find_mails(email, "tagit emot")
        ]
        if not waiting:
            raise GaveUp
        email = self.context.rng.choice(waiting)
        self.handled.add(email)
        async with httpx.AsyncClient(
            base_url=self.context.rng.choice(self.context.urls), timeout=5
        ) as client:
            await self._write(email, Browser(client))

    async def _write(self, email: str, browser: Browser) -> None:
        page = await self._sign_in(email, browser)
        found = re.search(r"/arende/([0-9a-f]{32})", page.url)
        if found is None:
            raise GaveUp
        text = f"Svar från sökanden {next(TEXTS)}"
        form = page.form(found[1]).fill(text=text)

        async def sends() -> Page:
            return _require_answer(await browser.send(form))

        number = self.context.ledger.opened[email]
        try:
            await self.context.retry(sends)
        except GaveUp:
            self.context.ledger.record(Action(number, "answer", text, acknowledged=False))
        else:
            self.context.ledger.record(Action(number, "answer", text, acknowledged=True))

    async def _sign_in(self, email: str, browser: Browser) -> Page:
        link = self._find_mails(email, "tagit emot")[-1].links()[0]
        path = link.partition("//")[2].partition("/")[2]
        page = _require_answer(await browser.get(f"/{path}"))
        page = _require_answer(await browser.send(page.form("/" + path.rpartition("/")[2])))
        for _ in range(30):
            codes = [
                re.search(r"\b\d{3} \d{3}\b", mail.text) for mail in self._find_mails(email, "engångskod")
            ]
            if code := next((one for one in codes if one), None):
                return _require_answer(await browser.send(page.form("/kod").fill(code=code[0])))
            await asyncio.sleep(0.1)
        raise GaveUp

    def _find_mails(self, email: str, subject: str) -> list[Any]:
        mails = self.context.sandbox.mails()
        return [mail for mail in mails if email in mail.recipients and subject in mail.subject]


class ApiClient:
    """Another system, which opens cases by the API and asks again until it is answered."""

    def __init__(self, context: RunContext, max_cases: int) -> None:
        self.context = context
        self.max_cases = max_cases
        self.begun_count = 0

    async def act(self) -> None:
        if self.begun_count >= self.max_cases:
            raise GaveUp
        self.begun_count += 1
        email = f"system-{self.begun_count}@prov.example"
        self.context.ledger.opened[email] = ""
        person = {"name": f"Siv Prov {self.begun_count}", "email": email}
        case = {
            "service": "felanmalan-gata-park",
            "external_id": email,
            "people": [person],
            "answers": FAULT_ANSWERS,
        }
        self.context.ledger.opened[email] = await self.context.retry(lambda: self._open_case(case))

    async def _open_case(self, case: dict[str, Any]) -> str:
        async with httpx.AsyncClient(
            base_url=self.context.rng.choice(self.context.urls), timeout=5
        ) as client:
            answer = await client.post("/api/v1/cases", json=case, headers=AUTHORIZATION)
        if answer.status_code >= 500:
            raise GaveUp
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["number"])


def file_names(files: list[dict[str, Any]]) -> list[str]:
    return [str(one["name"]) for one in files]


def _require_answer(page: Page) -> Page:
    """The page, unless it says that something went wrong, or that this address has asked for many codes."""
    if page.status >= 500 or page.status == 429:
        raise GaveUp
    assert page.status < 400, page.text
    return page
