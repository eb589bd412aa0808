"""The whole town hall: the real program beside a stand-in for Slack and the mail server, and the people who use it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
import yaml

from bot.app import Program, Time
from bot.domain.actors import Officer, officer_of
from bot.domain.views import CaseView
from bot.settings import Settings, read
from bot.store.cases import officer_queries
from bot.store.engine.database import BUSY_MS
from bot.store.lists import case_lists
from bot.store.outbox import claims, deliveries
from bot.text.working_days import local_day
from sandbox.from_catalog import slack_id, workspace_of
from sandbox.limits.rules import elements_of
from sandbox.mail import Mail
from sandbox.person import WAIT_SECONDS, Person
from sandbox.scenery import app_from_manifest
from sandbox.server import Quiet, Sandbox
from tests.conftest import SAMPLE
from tests.portal.browser import Browser, Form, Page

SECRET = "a secret for tests, thirty-two b."
MANIFEST = Path(__file__).parents[2] / "manifest.yml"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"

BUILDING = {
    "svar_atgard": "tillbyggnad",
    "svar_omrade": "centrum",
    "svar_agare": "true",
    "svar_fastighet": "Björken 4:12",
    "svar_beskrivning": "En altan åt söder",
}
"""Answers that are enough for a building permit."""

UNHURRIED = 1000.0
"""How many times Slack's pace is kept beside a sandbox that asks for none."""

NUMBER = re.compile(r"\b\d{4}-\d{6}\b")
T = TypeVar("T")


class Clock:
    """The real time, and what was passed besides; who waits by it is woken."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._moved = asyncio.Event()
        self._over = False

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def pass_(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
        self._moved.set()
        self._moved = asyncio.Event()

    def stop(self) -> None:
        """Nobody waits any longer."""
        self._over = True
        self.pass_(0)

    async def sleep(self, seconds: float) -> None:
        until = self() + timedelta(seconds=seconds)
        while not self._over and (left := (until - self()).total_seconds()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)


class Colleague(Person):
    """Someone in Slack, who finds a case's card by its number."""

    hall: TownHall
    link: str = ""
    """The last one that opened a case page."""

    def told(self) -> str:
        """The last private line."""
        said = self.ephemerals()
        return str(said[-1]["text"]) if said else ""

    async def hears(self, words: str) -> str:
        """Waits for a private line that holds these words."""
        try:
            return await self.wait_until(lambda: words in self.told() and self.told())
        except TimeoutError:
            raise AssertionError(f"was told {self.told()!r}, not {words!r}") from None

    def card(self, number: str) -> dict[str, Any]:
        return self.hall.card(number)

    async def presses(self, number: str, action: str, value: Any = None) -> dict[str, Any]:
        """Presses a button of the case's card."""
        card = self.hall.card(number)
        told = await self.press(card["channel"], card["ts"], action, value)
        assert told["ok"], told["error"]
        return told

    async def notes_from_card(self, number: str) -> None:
        await self.opens_from_menu(number, "note", "case:note:submit")

    async def opens_from_menu(self, number: str, choice: str, callback: str) -> None:
        """Chooses in the card's menu."""
        menu = element_of(self.hall.card(number), "case:more")
        chosen = next(one["value"] for one in menu["options"] if one["value"].startswith(choice))
        await self.presses(number, "case:more", chosen)
        await self.dialog(callback)

    async def dialog(self, callback: str) -> dict[str, Any]:
        """Waits until that dialog is on top with all that is in it."""

        def there() -> Any:
            view = self.view
            return view if view and view["callback_id"] == callback and view["submit"] else None

        try:
            return await self.wait_until(there)  # type: ignore[no-any-return]
        except TimeoutError:
            raise AssertionError(f"no {callback} but {self.view}, told {self.told()!r}") from None

    async def opens(self, number: str, action: str, callback: str) -> dict[str, Any]:
        await self.presses(number, action)
        return await self.dialog(callback)

    async def writes(self, number: str, text: str, **given: Any) -> None:
        """Writes to the applicant, previews and sends; it can still be undone."""
        await self.opens(number, "case:message", "case:message:preview")
        await self.fills({"text": text, **given})
        await self.dialog("case:message:submit")
        await self.fills({})
        await self.sees_in_view("Meddelandet skickas")

    async def fills(self, values: dict[str, Any]) -> dict[str, Any]:
        """Fills in and submits."""
        told = await self.fill_and_submit(values)
        assert told["ok"], told["error"]
        assert not told["errors"], told["errors"]
        return told

    async def sees_in_view(self, words: str) -> str:
        try:
            return await self.wait_until(lambda: words in str(self.view) and str(self.view))
        except TimeoutError:
            raise AssertionError(f"sees {self.view}, not {words!r}") from None

    async def types(self, text: str, command: str = "/arende", service: str = "bygglov") -> dict[str, Any]:
        """A slash command."""
        told = await self.slash(self.hall.channel(service), command, text)
        assert told["ok"], told["error"]
        return told

    async def door(self, number: str) -> Browser:
        """Presses Öppna ärendesidan, on the card or in the case, and goes in by the link: a browser that is let in."""
        link = await (self._door_of_card if "case:page" in str(self.card(number)) else self._door_of_case)(
            number
        )
        self.link = link
        browser = self.hall.browser()
        page = await browser.get(link)
        page = await browser.send(page.form())
        assert page.status == 200, page.text
        return browser

    async def _door_of_card(self, number: str) -> str:
        before = len(self.ephemerals())
        await self.presses(number, "case:page")

        def told() -> Any:
            """Beneath the card; where the machine is slow, in a modal that was opened ahead of it."""
            said = self.ephemerals()[before:]
            return said[-1] if said else "link:open" in str(self.view) and self.view

        link = str(element_of(await self.wait_until(told), "link:open")["url"])
        if self.view:
            await self.close(all=True)
        return link

    async def _door_of_case(self, number: str) -> str:
        await self.presses(number, "case:show")
        await self.sees_in_view("case:page")
        await self.press_in_view("case:page")
        await self.sees_in_view("link:open")
        assert self.view is not None
        link = str(element_of(self.view, "link:open")["url"])
        await self.close(all=True)
        return link


@dataclass
class Applicant:
    """Someone who applies: a mailbox and a browser without scripts."""

    hall: TownHall
    name: str
    email: str
    browser: Browser

    async def form(self, service: str = "bygglov", language: str = "sv") -> Form:
        page = await self.browser.get(f"/e-tjanster/{service}?lang={language}")
        assert page.status == 200, page.text
        return page.form()

    async def applies(self, service: str = "bygglov", **answers: str) -> str:
        """Fills in the form and sends it. The case's number, as the receipt says."""
        given = answers or BUILDING
        form = (await self.form(service)).fill(om_p0_name=self.name, om_p0_email=self.email, **given)
        return number_in(await self.browser.send(form))

    def mails(self) -> list[Mail]:
        return [mail for mail in self.hall.sandbox.mails() if self.email in mail.recipients]

    async def mail(self, subject: str) -> Mail:
        """Waits for a mail whose subject holds these words."""
        found = await self.hall.until(lambda: [mail for mail in self.mails() if subject in mail.subject])
        return found[-1]

    async def follows(self, mail: Mail) -> Page:
        """Opens the mail's link, asks for a code, reads it in the mailbox and gives it."""
        page = await self.browser.get(mail.links()[0])
        page = await self.browser.send(page.form("/" + mail.links()[0].rpartition("/")[2]))
        return await self.gives(page, await self.code())

    async def code(self, after: int = 0) -> str:
        """The newest code in the mailbox."""
        codes = await self.hall.until(lambda: self._codes()[after:])
        return codes[-1]

    def _codes(self) -> list[str]:
        """The codes that have come."""
        found = [re.search(r"\b\d{3} \d{3}\b", mail.text) for mail in self.mails() if "kod" in mail.subject]
        return [one[0] for one in found if one]

    async def gives(self, page: Page, code: str) -> Page:
        return await self.browser.send(page.form("/kod").fill(code=code))

    async def says(self, page: Page, text: str, *, uploads: tuple[str, ...] = (), **given: str) -> Page:
        """Answers on the case's page."""
        form = page.form(re.search(r"/arende/([0-9a-f]{32})", page.url)[1])  # type: ignore[index]
        for name in uploads:
            form.attach("files", name, PDF)
        return await self.browser.send(form.fill(text=text, **given))


class Doorkeeper:
    """Notes every address that the program is asked for, and every one it sends people on to."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.addresses: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.addresses += [
                    value.decode("latin-1") for name, value in message["headers"] if name == b"location"
                ]
            await send(message)

        if scope["type"] == "http":
            self.addresses.append(f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}")
        await self.app(scope, receive, noting)


@dataclass
class TownHall:
    """The program, and short words for what happens around it."""

    program: Program
    sandbox: Sandbox
    clock: Clock
    url: str
    catalog: Path
    doorkeeper: Doorkeeper
    _browsers: list[Browser] = field(default_factory=list)

    # --- people ---

    def officer(self, key: str) -> Colleague:
        return self.colleague(slack_id("U", key))

    def colleague(self, user: str) -> Colleague:
        found = Colleague(self.sandbox.stage, user)
        found.hall = self
        return found

    def applicant(self, name: str = "Eva Ek", email: str = "eva@ek.example") -> Applicant:
        return Applicant(self, name, email, self.browser())

    def browser(self) -> Browser:
        made = Browser(httpx.AsyncClient(base_url=self.url, timeout=10))
        self._browsers.append(made)
        return made

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.close()

    def let_in(self, channel: str, *users: str) -> None:
        """They are members of the channel from now on."""
        members = self.sandbox.stage.workspace.channels[channel].members
        members += [user for user in users if user not in members]

    def outsiders(self) -> list[Colleague]:
        """A guest, and someone of another organisation."""
        workspace = self.sandbox.stage.workspace
        own = workspace.team["id"]
        found = [one.id for one in workspace.users.values() if one.is_restricted or one.team_id != own]
        assert len(found) == 2
        return [self.colleague(user) for user in found]

    # --- places ---

    def channel(self, service: str = "bygglov") -> str:
        found = self.program.service.catalog.service(service)
        assert found is not None and found.channel is not None
        return slack_id("C", found.channel.lstrip("#"))

    def messages(self, service: str = "bygglov") -> list[dict[str, Any]]:
        """What the bot has written in the e-service's channel, threads included."""
        place = self.sandbox.stage.workspace.channels[self.channel(service)]
        return [
            {
                "channel": place.id,
                "ts": one.ts,
                "text": one.text,
                "blocks": one.blocks,
                "thread_ts": one.thread_ts,
                "broadcast": one.broadcast,
            }
            for one in place.messages.values()
            if one.bot_id and not one.tombstone
        ]

    def cards(self, service: str = "bygglov") -> list[dict[str, Any]]:
        return [one for one in self.messages(service) if one["thread_ts"] in (None, one["ts"])]

    def card(self, number: str) -> dict[str, Any]:
        """The case's card, in whichever channel."""
        for service in self.program.service.catalog.services:
            for one in self.cards(service) if self.has_channel(service) else []:
                if number in one["text"]:
                    return one
        raise AssertionError(f"no card of {number}")

    def has_channel(self, service: str) -> bool:
        found = self.program.service.catalog.service(service)
        return bool(
            found and found.channel and self.channel(service) in self.sandbox.stage.workspace.channels
        )

    async def posted(self, number: str, words: str = "") -> dict[str, Any]:
        """Waits until the case's card is there and says that."""

        def there() -> Any:
            with contextlib.suppress(AssertionError):
                card = self.card(number)
                return card if words in seen(card) else None

        try:
            return await self.until(there)  # type: ignore[no-any-return]
        except TimeoutError:
            now = there() or next(iter(self.cards()), None)
            raise AssertionError(f"no card of {number} says {words!r}: {now and seen(now)}") from None

    def thread(self, number: str) -> list[str]:
        """The lines under the case's card."""
        card = self.card(number)
        channel = self.sandbox.stage.workspace.channels[card["channel"]]
        return [
            f"{one.text} {one.blocks}"
            for one in channel.messages.values()
            if one.thread_ts == card["ts"] and one.ts != card["ts"]
        ]

    # --- time ---

    async def until(self, there: Callable[[], T], seconds: float = WAIT_SECONDS) -> T:
        """The first true value; TimeoutError when there is none in time."""
        feed = self.sandbox.stage.feed
        async with asyncio.timeout(seconds):
            while True:
                version = feed.version
                if found := there():
                    return found
                await feed.after(version, 0.03)

    def passes(self, seconds: float) -> None:
        """Time passes, and the worker looks."""
        self.clock.pass_(seconds)
        self.program.worker.wake()

    async def delivered(self, seconds: float = WAIT_SECONDS) -> None:
        """Until nothing is due or on its way."""
        feed, database = self.sandbox.stage.feed, self.program.service.database
        try:
            async with asyncio.timeout(seconds):
                while await database.read(self._has_work):
                    await feed.after(feed.version, 0.03)
        except TimeoutError:
            raise AssertionError(f"still on its way: {await database.read(deliveries.counts)}") from None

    def _has_work(self, tx: Any) -> bool:
        # A delivery is claimed a moment before the worker knows that it flies, so the store is asked first.
        claimed = any(state == "claimed" for _, state in deliveries.counts(tx))
        return claimed or claims.is_due(tx, self.clock()) or bool(self.program.worker._flying)

    async def later(self, seconds: float) -> None:
        """Time passes, and what falls due is delivered."""
        self.passes(seconds)
        await self.delivered()

    # --- the record ---

    def as_officer(self, key: str) -> Officer:
        found = officer_of(self.program.service.catalog, key, local_day(self.clock()))
        assert found is not None
        return found

    async def case(self, number: str, key: str = "anna-berg") -> CaseView:
        """All of the case, as an officer may see it."""
        who = self.as_officer(key)

        def work(tx: Any) -> CaseView | None:
            case_id = officer_queries.find_number(tx, who, number)
            return officer_queries.case_view(tx, who, case_id) if case_id else None

        found = await self.program.service.database.read(work)
        assert found is not None
        return found

    async def noted(self, number: str, text: str) -> bool:
        """Waits until the case has a note of that text."""
        async with asyncio.timeout(6):
            while text not in [note.text for note in (await self.case(number)).notes]:
                await self.sandbox.stage.feed.after(self.sandbox.stage.feed.version, 0.05)
        return True

    async def count(self, key: str = "anna-berg", tab: Any = "all") -> int:
        who = self.as_officer(key)
        return await self.program.service.database.read(lambda tx: case_lists.count_cases(tx, who, tab))

    async def parked(self) -> list[str]:
        """Why deliveries are stuck."""
        rows = await self.program.service.database.read(deliveries.parked)
        return [trouble for *_, trouble in rows]

    def refused_calls(self) -> list[Any]:
        return [call for call in self.sandbox.state()["calls"] if not call["ok"]]


def number_in(page: Page) -> str:
    assert page.status == 200 and "/kvitto/" in page.url, page.text
    found = NUMBER.search(page.text)
    assert found is not None
    return found[0]


def seen(message: dict[str, Any]) -> str:
    """All that stands in the message."""
    return f"{message['text']} {message['blocks']}"


def element_of(message: dict[str, Any], action: str) -> dict[str, Any]:
    """The button or menu of that action."""
    found = (element for block in message["blocks"] for _, element in elements_of(block))
    chosen = next((one for one in found if str(one.get("action_id", "")).startswith(action)), None)
    assert chosen is not None, f"no {action}"
    return chosen


def folder_of(path: Path, officers: int = 0) -> Path:
    """A copy of the sample catalog, with so many building permit officers more."""
    shutil.copytree(SAMPLE, path)
    keys = [f"granskare-{n}" for n in range(officers)]
    people = [
        f"  - {{key: {key}, name: Granskare {n}, email: {key}@lindsjo.example, unit: Bygglov}}"
        for n, key in enumerate(keys)
    ]
    place = path / "municipality.yaml"
    told = place.read_text("utf-8").replace("\nofficers:\n", "\n".join(["\nofficers:", *people, ""]), 1)
    building = "members: [anna-berg, bjorn-ek]"
    place.write_text(
        told.replace(building, f"{building[:-1]}{''.join(f', {key}' for key in keys)}]"), "utf-8"
    )
    return path


@dataclass(frozen=True)
class Where:
    """Where a town hall stands: its folder, its database and its catalog.

    `busy_ms` is how long it waits for its database where another process has locked it.
    """

    folder: Path
    database_url: str
    catalog: Path
    busy_ms: int = BUSY_MS


def workspace_for(catalog: Path) -> dict[str, Any]:
    """The catalog's people and channels in Slack, with the app as its manifest describes it."""
    manifest = yaml.safe_load(MANIFEST.read_text("utf-8"))
    return workspace_of(catalog, app_from_manifest(manifest))


@contextlib.asynccontextmanager
async def open_for_business(where: Where, mode: str = "http", **given: Any) -> AsyncIterator[TownHall]:
    """The program beside a new sandbox; `given` are the sandbox's settings."""
    # A busy machine must not decide whether what happens is told of again.
    given = {"workspace": workspace_for(where.catalog), "pace": None, "ack_seconds": 30.0} | given
    async with Sandbox.running(mode=mode, **given) as sandbox, program_beside(sandbox, where) as hall:
        yield hall


@contextlib.asynccontextmanager
async def program_beside(
    sandbox: Sandbox, where: Where, clock: Clock | None = None
) -> AsyncIterator[TownHall]:
    """The program, on a free port, beside a sandbox that runs."""
    clock = clock or Clock()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        pace = sandbox.stage.config.pace or UNHURRIED
        program = Program(settings(sandbox, where, url), Time(clock, clock.sleep, pace, where.busy_ms))
        keeper = Doorkeeper(program.web)
        server = Quiet(uvicorn.Config(keeper, log_config=None, access_log=False, lifespan="on"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        hall = TownHall(program, sandbox, clock, url, where.catalog, keeper)
        try:
            await hall.until(lambda: server.started or serving.done())
            await _connected(sandbox, url)
            yield hall
        finally:
            await hall.close()
            clock.stop()
            server.should_exit = True
            await serving


async def _connected(sandbox: Sandbox, url: str) -> None:
    if sandbox.stage.config.mode == "http":
        sandbox.request_url = f"{url}/slack/events"
    else:
        await sandbox.connected()


METRICS_TOKEN = "a token for the metrics"


def settings(sandbox: Sandbox, where: Where, url: str) -> Settings:
    by_socket = sandbox.stage.config.mode == "socket"
    return read(
        Settings,
        _env_file=None,
        database_url=where.database_url,
        files_dir=where.folder / "files",
        catalog=where.catalog,
        secret_key=SECRET,
        slack_bot_token=sandbox.app.bot_token,
        metrics_token=METRICS_TOKEN,
        slack_app_token=sandbox.app.app_token if by_socket else None,
        slack_signing_secret=None if by_socket else sandbox.app.signing_secret,
        slack_api_url=sandbox.api_url,
        smtp_url=f"smtp://127.0.0.1:{sandbox.smtp_port}",
        mail_from="arenden@lindsjo.example",
        public_url=url,
    )
