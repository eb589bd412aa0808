"""The whole town hall: the real program beside a stand-in for Slack and the mail server, and the people who use it."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import re
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
import yaml

from bot.app import Program, Timing
from bot.blocks.values import MenuChoice, decode
from bot.domain.actors import Officer, find_officer
from bot.domain.views import CaseView
from bot.portal.signing import unsign
from bot.settings import Settings, load_settings
from bot.store.authentication import codes
from bot.store.cases import officer_queries
from bot.store.engine.database import BUSY_TIMEOUT_MS
from bot.store.outbox import claims, delivery_counts, parking
from bot.text import LANGUAGES, words
from bot.text.working_days import local_day
from sandbox.default_workspace import app_from_manifest
from sandbox.from_catalog import slack_id, workspace_of
from sandbox.limits.rules import elements_of
from sandbox.mail import Mail
from sandbox.person import Person
from sandbox.server import Quiet, Sandbox
from tests.case_lists import count_cases
from tests.conftest import PATIENCE, SAMPLE
from tests.portal.authentication.openid_server import CLIENT
from tests.portal.authentication.openid_server import SECRET as SECRET_OF_CLIENT
from tests.portal.browser import Browser, Form, Page
from tests.quiet_hours import end_quiet_hours

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

FAST_RATE_FACTOR = 1000.0
"""How many times Slack's pace is kept beside a sandbox that asks for none."""

NUMBER = re.compile(r"\b\d{4}-\d{6}\b")
T = TypeVar("T")


class Clock:
    """The real time, and what was passed besides; who waits by it is woken."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._advanced = asyncio.Event()
        self._is_stopped = False

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
        self._advanced.set()
        self._advanced = asyncio.Event()

    def stop(self) -> None:
        """Nobody waits any longer."""
        self._is_stopped = True
        self.advance(0)

    async def sleep(self, seconds: float) -> None:
        until = self() + timedelta(seconds=seconds)
        while not self._is_stopped and (left := (until - self()).total_seconds()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._advanced.wait(), left)


class Colleague(Person):
    """Someone in Slack, who finds a case's card by its number."""

    program: RunningProgram
    link: str = ""
    """The last one that opened a case page."""

    def last_private_text(self) -> str:
        """The last private line."""
        lines = self.ephemerals()
        return str(lines[-1]["text"]) if lines else ""

    async def wait_for_private_line(self, words: str) -> str:
        """Waits for a private line that holds these words."""
        try:
            return await self.wait_until(
                lambda: words in self.last_private_text() and self.last_private_text()
            )
        except TimeoutError:
            raise AssertionError(f"was told {self.last_private_text()!r}, not {words!r}") from None

    def card(self, number: str) -> dict[str, Any]:
        return self.program.card(number)

    async def press_on_card(self, number: str, action: str, value: Any = None) -> dict[str, Any]:
        """Presses a button of the case's card."""
        card = self.program.card(number)
        result = await self.press(card["channel"], card["ts"], action, value)
        assert result["ok"], result["error"]
        return result

    async def open_note_form(self, number: str) -> None:
        await self.open_dialog(number, "case:note", "case:note:submit")

    async def open_tool(self, number: str, action: str, callback: str) -> None:
        """Presses a button of the case's Verktyg, which the card's menu leads to."""
        await self.choose_in_menu(number, "tools")
        await self.wait_until(lambda: action in str(self.view))
        await self.press_in_view(action)
        await self.wait_for_dialog(callback)

    async def choose_in_menu(self, number: str, choice: str) -> None:
        menu = element_of(self.program.card(number), "case:more")
        chosen = next(
            one["value"] for one in menu["options"] if decode(one["value"], MenuChoice).action == choice
        )
        await self.press_on_card(number, "case:more", chosen)

    async def wait_for_dialog(self, callback: str) -> dict[str, Any]:
        """Waits until that dialog is on top with all that is in it."""

        def find() -> Any:
            view = self.view
            return view if view and view["callback_id"] == callback and view["submit"] else None

        try:
            return await self.wait_until(find)  # type: ignore[no-any-return]
        except TimeoutError:
            raise AssertionError(
                f"no {callback} but {self.view}, told {self.last_private_text()!r}"
            ) from None

    async def open_dialog(self, number: str, action: str, callback: str) -> dict[str, Any]:
        await self.press_on_card(number, action)
        return await self.wait_for_dialog(callback)

    async def send_message(self, number: str, text: str, **given: Any) -> None:
        """Writes to the applicant, previews and sends; it can still be undone."""
        await self.open_dialog(number, "case:message", "case:message:preview")
        await self.fill_in({"text": text, **given})
        await self.wait_for_dialog("case:message:submit")
        await self.fill_in({})
        await self.wait_for_view_text("Meddelandet skickas")

    async def fill_in(self, values: dict[str, Any]) -> dict[str, Any]:
        """Fills in and submits."""
        result = await self.fill_and_submit(values)
        assert result["ok"], result["error"]
        assert not result["errors"], result["errors"]
        return result

    async def wait_for_view_text(self, words: str) -> str:
        try:
            return await self.wait_until(lambda: words in str(self.view) and str(self.view))
        except TimeoutError:
            raise AssertionError(f"sees {self.view}, not {words!r}") from None

    async def run_command(
        self, text: str, command: str = "/arende", service: str = "bygglov"
    ) -> dict[str, Any]:
        """A slash command."""
        result = await self.slash(self.program.channel(service), command, text)
        assert result["ok"], result["error"]
        return result

    async def open_case_page(self, number: str) -> Browser:
        """Presses Öppna ärendesidan, on the card or in the case, and goes in by the link: a browser that is let in."""
        link = await (
            self._link_from_card if "case:page" in str(self.card(number)) else self._link_from_case
        )(number)
        self.link = link
        browser = self.program.browser()
        page = await browser.get(link)
        page = await browser.send(page.form())
        assert page.status == 200, page.text
        return browser

    async def _link_from_card(self, number: str) -> str:
        before = len(self.ephemerals())
        await self.press_on_card(number, "case:page")

        def find_answer() -> Any:
            """Beneath the card; where the machine is slow, in a modal that was opened ahead of it."""
            lines = self.ephemerals()[before:]
            return lines[-1] if lines else "link:open" in str(self.view) and self.view

        link = str(element_of(await self.wait_until(find_answer), "link:open")["url"])
        if self.view:
            await self.close(all=True)
        return link

    async def _link_from_case(self, number: str) -> str:
        await self.press_on_card(number, "case:show")
        await self.wait_for_view_text("case:page")
        assert self.view is not None
        # The last of them: what is on the case page only has one of its own above it.
        row = next(one["block_id"] for one in reversed(self.view["blocks"]) if "'case:page'" in str(one))
        await self.press_in_view("case:page", block_id=row)
        await self.wait_for_view_text("link:open")
        link = str(element_of(self.view, "link:open")["url"])
        await self.close(all=True)
        return link


FORM_CODES = tuple(words(language)("letter.confirm.code.subject") for language in LANGUAGES)
SIGN_IN_CODES = tuple(words(language)("letter.code.subject") for language in LANGUAGES)
"""The subjects of mails with codes: those that confirm the address in a form, and those for Mina sidor."""

CODE = re.compile(r"\b\d{3} \d{3}\b")


@dataclass
class Applicant:
    """Someone who applies: a mailbox and a browser without scripts."""

    program: RunningProgram
    name: str
    email: str
    browser: Browser

    async def open_form(self, service: str = "bygglov", language: str = "sv") -> Form:
        page = await self.browser.get(f"/e-tjanster/{service}?lang={language}")
        assert page.status == 200, page.text
        return page.form()

    async def apply(self, service: str = "bygglov", **answers: str) -> str:
        """Fills in the form and sends it. The case's number, as the receipt says."""
        given = answers or BUILDING
        form = (await self.open_form(service)).fill(om_p0_name=self.name, om_p0_email=self.email, **given)
        return number_in(await self.browser.submit(form))

    def mails(self) -> list[Mail]:
        """What has come to the mailbox about cases, and codes for Mina sidor."""
        return [mail for mail in self._all_mails() if mail.subject not in FORM_CODES]

    def _all_mails(self) -> list[Mail]:
        return [mail for mail in self.program.sandbox.mails() if self.email in mail.recipients]

    async def wait_for_mail(self, subject: str) -> Mail:
        """Waits for a mail whose subject holds these words."""
        found = await self.program.wait_for(
            lambda: [mail for mail in self.mails() if subject in mail.subject]
        )
        return found[-1]

    async def follow_mail(self, mail: Mail) -> Page:
        """Opens the mail's link, asks for a code, reads it in the mailbox and gives it."""
        page = await self.browser.get(mail.links()[0])
        page = await self.browser.send(page.form("/" + mail.links()[0].rpartition("/")[2]))
        return await self.enter_code(page, await self.wait_for_code())

    async def wait_for_code(self, after: int = 0) -> str:
        """The newest code in the mailbox."""
        found = await self.program.wait_for(lambda: self._codes(*SIGN_IN_CODES)[after:])
        return found[-1]

    async def wait_for_form_code(self) -> str:
        """The newest code for a form in the mailbox."""
        return (await self.program.wait_for(lambda: self._codes(*FORM_CODES)))[-1]

    def _codes(self, *subjects: str) -> list[str]:
        """The codes that have come in mails of these subjects."""
        found = [CODE.search(mail.text) for mail in self._all_mails() if mail.subject in subjects]
        return [one[0] for one in found if one]

    async def enter_code(self, page: Page, code: str) -> Page:
        return await self.browser.send(page.form("/kod").fill(code=code))

    async def reply(self, page: Page, text: str, *, uploads: tuple[str, ...] = (), **given: str) -> Page:
        """Answers on the case's page."""
        form = page.form(re.search(r"/arende/([0-9a-f]{32})", page.url)[1])  # type: ignore[index]
        for name in uploads:
            form.attach("files", name, PDF)
        return await self.browser.send(form.fill(text=text, **given))


class AddressRecorder:
    """Notes every address that the program is asked for, and every one it sends people on to."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.addresses: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_and_record(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.addresses += [
                    value.decode("latin-1") for name, value in message["headers"] if name == b"location"
                ]
            await send(message)

        if scope["type"] == "http":
            self.addresses.append(f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}")
        await self.app(scope, receive, send_and_record)


@dataclass
class RunningProgram:
    """The program, and short words for what happens around it."""

    app: Program
    sandbox: Sandbox
    clock: Clock
    url: str
    catalog: Path
    address_recorder: AddressRecorder
    _browsers: list[Browser] = field(default_factory=list)

    # --- people ---

    def officer(self, key: str) -> Colleague:
        return self.colleague(slack_id("U", key))

    def colleague(self, user: str) -> Colleague:
        found = Colleague(self.sandbox.shared, user)
        found.program = self
        return found

    def applicant(self, name: str = "Eva Ek", email: str = "eva@ek.example") -> Applicant:
        return Applicant(self, name, email, self.browser())

    def browser(self) -> Browser:
        # No certificates are asked for on loopback, and reading those of the world takes a while.
        made = Browser(
            httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, verify=False), self.find_form_code
        )
        self._browsers.append(made)
        return made

    async def find_form_code(self, page: Page) -> str:
        """The code that the page of a form asks for, whether or not its mail has come; stories read it in the mail."""
        keys = self.app.stores.database.keys
        _, _, sign_in_id, _ = unsign(keys, "confirm address", page.form().value("confirm")) or [""] * 4
        return codes.derive_code(keys, sign_in_id)

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.close()

    def add_to_channel(self, channel: str, *users: str) -> None:
        """They are members of the channel from now on."""
        members = self.sandbox.shared.workspace.channels[channel].members
        members += [user for user in users if user not in members]

    def outsiders(self) -> list[Colleague]:
        """A guest, and someone of another organisation."""
        workspace = self.sandbox.shared.workspace
        own = workspace.team["id"]
        found = [one.id for one in workspace.users.values() if one.is_restricted or one.team_id != own]
        assert len(found) == 2
        return [self.colleague(user) for user in found]

    # --- places ---

    def channel(self, service: str = "bygglov") -> str:
        found = self.app.service.catalog.service(service)
        assert found is not None and found.channel is not None
        return slack_id("C", found.channel.lstrip("#"))

    def messages(self, service: str = "bygglov") -> list[dict[str, Any]]:
        """What the bot has written in the e-service's channel, threads included."""
        place = self.sandbox.shared.workspace.channels[self.channel(service)]
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
        for service in self.app.service.catalog.services:
            for one in self.cards(service) if self.has_channel(service) else []:
                if number in one["text"]:
                    return one
        raise AssertionError(f"no card of {number}")

    def has_channel(self, service: str) -> bool:
        found = self.app.service.catalog.service(service)
        return bool(
            found and found.channel and self.channel(service) in self.sandbox.shared.workspace.channels
        )

    async def wait_for_card(self, number: str, words: str = "") -> dict[str, Any]:
        """Waits until the case's card is there and says that."""

        def find() -> Any:
            with contextlib.suppress(AssertionError):
                card = self.card(number)
                return card if words in message_text(card) else None

        try:
            return await self.wait_for(find)  # type: ignore[no-any-return]
        except TimeoutError:
            now = find() or next(iter(self.cards()), None)
            raise AssertionError(f"no card of {number} says {words!r}: {now and message_text(now)}") from None

    def thread(self, number: str) -> list[str]:
        """The lines under the case's card."""
        card = self.card(number)
        channel = self.sandbox.shared.workspace.channels[card["channel"]]
        return [
            f"{one.text} {one.blocks}"
            for one in channel.messages.values()
            if one.thread_ts == card["ts"] and one.ts != card["ts"]
        ]

    # --- time ---

    async def wait_for(self, find: Callable[[], T], seconds: float = PATIENCE) -> T:
        """The first true value; TimeoutError when there is none in time."""
        feed = self.sandbox.shared.feed
        async with asyncio.timeout(seconds):
            while True:
                version = feed.version
                if found := find():
                    return found
                await feed.after(version, 0.03)

    def advance(self, seconds: float) -> None:
        """Time passes, and the worker looks."""
        self.clock.advance(seconds)
        self.app.worker.wake()

    async def wait_until_delivered(self, seconds: float = PATIENCE) -> None:
        """Until nothing is due or on its way."""
        feed, database = self.sandbox.shared.feed, self.app.service.database
        try:
            async with asyncio.timeout(seconds):
                while await database.read(self._has_work):
                    # What is done is otherwise completed with a later claim, or after MAX_DEFERRAL.
                    await self.app.worker._claimer.complete_deferred()
                    await feed.after(feed.version, 0.03)
        except TimeoutError:
            raise AssertionError(
                f"still on its way: {await database.read(delivery_counts.count_by_kind_and_state)}"
            ) from None

    def _has_work(self, tx: Any) -> bool:
        # A delivery is claimed a moment before the worker knows that it flies, so the store is asked first.
        claimed = any(state == "claimed" for _, state in delivery_counts.count_by_kind_and_state(tx))
        is_due = claims.find_due(tx, self.clock()) is not None
        return claimed or is_due or bool(self.app.worker._in_flight)

    async def advance_and_deliver(self, seconds: float) -> None:
        """Time passes, and what falls due is delivered."""
        self.advance(seconds)
        await self.wait_until_delivered()

    # --- the record ---

    def load_officer(self, key: str) -> Officer:
        found = find_officer(self.app.service.catalog, key, local_day(self.clock()))
        assert found is not None
        return found

    async def load_case(self, number: str, key: str = "anna-berg") -> CaseView:
        """All of the case, as an officer may see it."""
        who = self.load_officer(key)

        def work(tx: Any) -> CaseView | None:
            case_id = officer_queries.find_case_by_number(tx, who, number)
            return officer_queries.load_case_view(tx, who, case_id) if case_id else None

        found = await self.app.service.database.read(work)
        assert found is not None
        return found

    async def wait_for_note(self, number: str, text: str) -> bool:
        """Waits until the case has a note of that text."""
        async with asyncio.timeout(PATIENCE):
            while text not in [note.text for note in (await self.load_case(number)).notes]:
                await self.sandbox.shared.feed.after(self.sandbox.shared.feed.version, 0.05)
        return True

    async def count_cases(self, key: str = "anna-berg", tab: Any = "all") -> int:
        who = self.load_officer(key)
        return await self.app.service.database.read(lambda tx: count_cases(tx, who, tab))

    async def parked_troubles(self) -> list[str]:
        """Why deliveries are stuck."""
        rows = await self.app.service.database.read(parking.list_parked)
        return [trouble for *_, trouble in rows]

    def failed_calls(self) -> list[Any]:
        return [call for call in self.sandbox.state()["calls"] if not call["ok"]]


def number_in(page: Page) -> str:
    assert page.status == 200 and "/kvitto/" in page.url, page.text
    found = NUMBER.search(page.text)
    assert found is not None
    return found[0]


def message_text(message: dict[str, Any]) -> str:
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
    content = place.read_text("utf-8").replace("\nofficers:\n", "\n".join(["\nofficers:", *people, ""]), 1)
    building = "members: [anna-berg, bjorn-ek]"
    place.write_text(
        content.replace(building, f"{building[:-1]}{''.join(f', {key}' for key in keys)}]"), "utf-8"
    )
    return path


@dataclass(frozen=True)
class Installation:
    """Where a town hall stands: its folder, its database and its catalog.

    `busy_ms` is how long it waits for its database where another process has locked it. With an `openid_issuer`
    officers sign in by that provider too.
    """

    folder: Path
    database_url: str
    catalog: Path
    busy_ms: int = BUSY_TIMEOUT_MS
    openid_issuer: str | None = None


@cache
def _workspace_for(catalog: Path) -> dict[str, Any]:
    manifest = yaml.safe_load(MANIFEST.read_text("utf-8"))
    return workspace_of(catalog, app_from_manifest(manifest))


def workspace_for(catalog: Path) -> dict[str, Any]:
    """The catalog's people and channels in Slack, with the app as its manifest describes it; read once."""
    return copy.deepcopy(_workspace_for(catalog))


PATIENT_SLACK: dict[str, Any] = {"pace": None, "ack_seconds": PATIENCE, "trigger_seconds": PATIENCE}
"""A busy machine must not decide whether what happens is told of again, or a dialog comes too late."""


@contextlib.asynccontextmanager
async def run_program(
    installation: Installation, mode: str = "http", **given: Any
) -> AsyncIterator[RunningProgram]:
    """The program beside a new sandbox; `given` are the sandbox's settings."""
    given = {"workspace": workspace_for(installation.catalog)} | PATIENT_SLACK | given
    async with (
        Sandbox.running(mode=mode, **given) as sandbox,
        serve_program(sandbox, installation) as program,
    ):
        yield program


@contextlib.asynccontextmanager
async def serve_program(
    sandbox: Sandbox, installation: Installation, clock: Clock | None = None
) -> AsyncIterator[RunningProgram]:
    """The program, on a free port, beside a sandbox that runs."""
    clock = clock or Clock()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        rate_limit = sandbox.shared.config.pace or FAST_RATE_FACTOR
        app = Program(
            settings(sandbox, installation, url), Timing(clock, clock.sleep, rate_limit, installation.busy_ms)
        )
        recorder = AddressRecorder(app.web)
        server = Quiet(uvicorn.Config(recorder, log_config=None, access_log=False, lifespan="on"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        program = RunningProgram(app, sandbox, clock, url, installation.catalog, recorder)
        try:
            await program.wait_for(lambda: server.started or serving.done())
            await _connect(sandbox, url)
            await end_quiet_hours(app.service.database, app.service.catalog)
            yield program
        finally:
            await program.close()
            clock.stop()
            server.should_exit = True
            await serving


async def _connect(sandbox: Sandbox, url: str) -> None:
    if sandbox.shared.config.mode == "http":
        sandbox.request_url = f"{url}/slack/events"
    else:
        await sandbox.connected()


METRICS_TOKEN = "a token for the metrics"


def settings(sandbox: Sandbox, installation: Installation, url: str) -> Settings:
    by_socket = sandbox.shared.config.mode == "socket"
    return load_settings(
        Settings,
        _env_file=None,
        database_url=installation.database_url,
        files_dir=installation.folder / "files",
        catalog=installation.catalog,
        secret_key=SECRET,
        slack_bot_token=sandbox.app.bot_token,
        metrics_token=METRICS_TOKEN,
        slack_app_token=sandbox.app.app_token if by_socket else None,
        slack_signing_secret=None if by_socket else sandbox.app.signing_secret,
        slack_api_url=sandbox.api_url,
        smtp_url=f"smtp://127.0.0.1:{sandbox.smtp_port}",
        mail_from="arenden@lindsjo.example",
        public_url=url,
        oidc_issuer=installation.openid_issuer,
        oidc_client_id=CLIENT if installation.openid_issuer else "",
        oidc_client_secret=SECRET_OF_CLIENT,
    )
