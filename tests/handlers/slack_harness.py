"""The town hall at work: the real store, the real Bolt app, and a stand-in for Slack."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from bot import handlers
from bot.blocks.block_kit.elements import actions, button, option, overflow
from bot.blocks.cases.card import card
from bot.blocks.notice import officer_notice
from bot.blocks.values import CaseRef, MenuChoice, encode
from bot.catalog import Catalog, create_definition
from bot.clients.slack import SlackClient
from bot.domain.actors import Applicant, Machine, Officer, find_officer
from bot.domain.case import Case
from bot.domain.notice_reasons import NoticeReason
from bot.domain.rules import Command
from bot.domain.submission import Answers, FileRef, SubmitCase
from bot.domain.views import CaseView
from bot.handlers.transport import http_endpoint
from bot.handlers.transport.socket_mode import CONNECTIONS, SocketConnections
from bot.service import CommandResult, Service
from bot.service.batches import Batches
from bot.store import Database
from bot.store.cases import contents, officer_queries, system_queries
from bot.store.files.file_store import FileStore
from bot.store.log import readings
from bot.store.outbox import card_places
from bot.text import words
from sandbox.default_workspace import OTHER_TEAM, default_app, default_workspace
from sandbox.default_workspace import person as account
from sandbox.person import Person as Colleague
from sandbox.server import Quiet, Sandbox
from tests import municipality
from tests.conftest import SAMPLE, Clock

ANNA, BJORN, ELIN, JOSE, DAVID = "U0ANNABERG", "U0BJORNEK1", "U0ELINBLIN", "U0JOSEFERN", "U0DAVIDLUN"
PER_OLOV, GUEST, SINGLE_CHANNEL_GUEST, OTHER_ORG_USER = (
    "U0PEROLOV1",
    "U0GUSTAVGA",
    "U0ULLAENKA",
    "U0GRANNGRE",
)
BYGGLOV_CHANNEL, SOCIAL_CHANNEL = "C0BYGGLOV1", "C0SOCIALT1"

MANIFEST = yaml.safe_load((SAMPLE.parents[2] / "manifest.yml").read_text(encoding="utf-8"))

LONG_TIMEOUTS = {"ack_timeout": 30.0, "placeholder_after": 30.0}
"""A busy machine must not decide whether a press is answered that it takes longer, or a modal opens ahead."""

ANSWERS = {"atgard": "tillbyggnad", "omrade": "centrum", "agare": True, "fastighet": "Björken 4:12"}


def make_workspace() -> dict[str, Any]:
    result = default_workspace()
    result["app"] = {**default_app(), "shortcuts": MANIFEST["features"]["shortcuts"]}
    bot = result["app"]["bot_user"]
    result["users"] = [
        _account(ANNA, "anna.berg", "Anna Berg"),
        _account(BJORN, "bjorn.ek", "Björn Ek"),
        _account(ELIN, "elin.blind", "Elin Sárá Blind"),
        _account(JOSE, "jose.fernandez", "José Fernández"),
        _account(PER_OLOV, "per-olov.angstrom", "Per-Olov Ångström"),
        _account(DAVID, "david.lund", "David Lund"),
        _account(GUEST, "gustav.gast", "Gustav Gäst", is_restricted=True),
        _account(
            SINGLE_CHANNEL_GUEST, "ulla.enkanal", "Ulla Enkanal", is_restricted=True, is_ultra_restricted=True
        ),
        account(
            OTHER_ORG_USER,
            "greta.granne",
            "Greta Granne",
            team_id=OTHER_TEAM,
            email="anna.berg@lindsjo.example",
        ),
    ]
    everyone = [one["id"] for one in result["users"]]
    result["channels"] = [
        {"id": BYGGLOV_CHANNEL, "name": "bygglov", "members": [*everyone, bot], "is_ext_shared": True},
        {"id": SOCIAL_CHANNEL, "name": "social-oro", "members": [ANNA, ELIN, bot], "is_private": True},
    ]
    return result


def _account(id: str, name: str, real_name: str, **more: Any) -> dict[str, Any]:
    return account(id, name, real_name, **{"email": f"{name}@lindsjo.example", **more})


@dataclass
class SlackHarness:
    """The program's Slack side beside a sandbox, and short words for what happens there."""

    service: Service
    sandbox: Sandbox
    deps: handlers.Dependencies
    app: AsyncApp
    clock: Clock
    backfill: handlers.ThreadBackfill

    @property
    def catalog(self) -> Catalog:
        return self.service.catalog

    def person(self, user: str) -> Colleague:
        return self.sandbox.person(user)

    def officer(self, key: str) -> Officer:
        found = find_officer(self.catalog, key, self.clock().date())
        assert found is not None
        return found

    async def submit(self, service: str = "bygglov", **given: Any) -> CommandResult:
        """Someone submits a case."""
        found = self.catalog.service(service)
        assert found is not None
        form = create_definition(found)
        people = given.pop("people", (municipality.person(),))
        files: tuple[FileRef, ...] = given.pop("files", ())
        values = given.pop("values", ANSWERS if service == "bygglov" else {})
        command = SubmitCase(
            service=service,
            answers=Answers(definition=form.digest, values=values),
            people=people,
            files=files,
            protected=given.pop("protected", False),
        )
        return await self.service.open_case(command, Machine("form"), form)

    async def perform(self, key: str, command: Command) -> CommandResult:
        """An officer does it somewhere else."""
        return await self.service.perform(command, self.officer(key))

    async def post_card(self, case: CommandResult, channel: str = BYGGLOV_CHANNEL) -> tuple[str, str, str]:
        """The case's card as it is now, posted: ready to be followed by an action_id in `press`."""
        view = await self.read(lambda tx: system_queries.load_card(tx, case.case_id))
        assert view is not None
        message = card(view, self.catalog, words("sv"))
        client = AsyncWebClient(self.sandbox.app.bot_token, base_url=self.sandbox.api_url)
        result = await client.chat_postMessage(channel=channel, text=message.text, blocks=message.blocks)
        return channel, str(result["ts"])

    async def post_known_card(self, case: CommandResult, channel: str = BYGGLOV_CHANNEL) -> tuple[str, str]:
        """The case's card, known to the store as when the program itself has posted it."""
        channel, ts = (await self.post_card(case, channel))[:2]
        now = self.clock()
        await self.service.database.write(lambda tx: card_places.save(tx, case.case_id, (channel, ts), now))
        return channel, ts

    async def post_menu(self, case: CommandResult, action: str) -> tuple[str, str, str, str]:
        """A menu as older cards have it, with the action among its choices: ready for `press`."""
        value = encode(MenuChoice(action, case.case_id, (await self.load_case(case)).seq))
        menu = overflow("case:more", [option("Gammal", value), option("Annat", "annat")])
        client = AsyncWebClient(self.sandbox.app.bot_token, base_url=self.sandbox.api_url)
        result = await client.chat_postMessage(channel=BYGGLOV_CHANNEL, text="Kort", blocks=[actions([menu])])
        return BYGGLOV_CHANNEL, str(result["ts"]), "case:more", value

    async def post_button(self, case: CommandResult, action_id: str) -> tuple[str, str]:
        """A message with that button of the case."""
        value = encode(CaseRef(case.case_id, (await self.load_case(case)).seq))
        client = AsyncWebClient(self.sandbox.app.bot_token, base_url=self.sandbox.api_url)
        blocks = [actions([button("Gammal", action_id, value)])]
        result = await client.chat_postMessage(channel=BYGGLOV_CHANNEL, text="Kort", blocks=blocks)
        return BYGGLOV_CHANNEL, str(result["ts"])

    async def post_notice(self, user: str, case: CommandResult, reason: NoticeReason) -> tuple[str, str]:
        """A private notice of the case, in the person's own conversation with the bot."""
        service = self.catalog.service((await self.load_case(case)).service)
        message = officer_notice(case.number, service, [reason], case.case_id, words("sv"))
        client = AsyncWebClient(self.sandbox.app.bot_token, base_url=self.sandbox.api_url)
        channel = str((await client.conversations_open(users=user))["channel"]["id"])
        result = await client.chat_postMessage(channel=channel, text=message.text, blocks=message.blocks)
        return channel, str(result["ts"])

    async def wait_for_events(self) -> None:
        """Until every event has been told of, and nothing goes on."""
        await self.sandbox.settle()
        await self.wait_until_idle()

    async def read(self, work: Any) -> Any:
        return await self.service.database.read(work)

    async def load_case(self, case: CommandResult) -> Case:
        view = await self.read(lambda tx: system_queries.load_card(tx, case.case_id))
        assert view is not None
        return view.case

    async def load_full_case(self, case: CommandResult) -> CaseView:
        """Everything of the case, read past every right."""
        found = await self.load_case(case)
        officers = self.catalog.officers_with_access(found.service, self.clock().date())
        who = self.officer(officers[0].key)
        view = await self.read(lambda tx: officer_queries.load_case_view(tx, who, case.case_id))
        assert view is not None
        return view

    async def readings(self, case: CommandResult) -> list[tuple[str, str]]:
        rows = await self.read(lambda tx: readings.list_for_case(tx, case.case_id))
        return [(by, part) for _, by, part in rows]

    async def applicant(self, case: CommandResult) -> Applicant:
        people = await self.read(lambda tx: contents.load_people(tx, case.case_id))
        return Applicant(ids=frozenset(one.id for one in people), mailbox="")

    async def wait_until_idle(self) -> None:
        """Until nothing goes on after the last acknowledgement."""
        await self.deps.tasks.wait_until_idle()

    def last_ephemeral(self, user: str) -> str:
        """What the person was last told privately."""
        result = self.person(user).ephemerals()
        return str(result[-1]["text"]) if result else ""

    def warnings(self) -> list[Any]:
        return list(self.sandbox.state()["warnings"])

    def failed_calls(self) -> list[Any]:
        return [call for call in self.sandbox.state()["calls"] if not call["ok"]]


class ControlledSleep:
    """Twenty seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.released = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        await self.released.wait()


async def _no_sleep(seconds: float) -> None:
    return None


async def page_link(officer: str, case_id: str) -> str:
    return f"https://arenden.lindsjo.example/oppna/{officer}-{case_id}"


@contextlib.asynccontextmanager
async def open_harness(
    database: Database,
    catalog: Catalog,
    clock: Clock,
    mode: str = "http",
    *,
    people: dict[str, Any] | None = None,
    client: type[SlackClient] = SlackClient,
    **limits: Any,
) -> AsyncIterator[SlackHarness]:
    """`people` is another workspace than the usual one, and `client` a client that also tells what it was asked."""
    result = people or make_workspace()
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        sandbox = await stack.enter_async_context(
            Sandbox.running(
                mode=mode, workspace=result, smtp_port=None, pace=None, ack_seconds=30.0, trigger_seconds=30.0
            )
        )
        # Messages are named by Slack's clock, which says what the town hall's says, whatever day it is.
        sandbox.shared.clock.advance(clock().timestamp() - sandbox.shared.clock.now())
        service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
        async with client(sandbox.app.bot_token, base_url=sandbox.api_url) as slack:
            deps = handlers.Dependencies(
                service=service,
                batches=Batches(service, FileStore(Path(folder))),
                slack=slack,
                files=FileStore(Path(folder)),
                page_link=page_link,
                public_url="https://arenden.example",
                **{"delay_check_after": 0.0, "sleep": _no_sleep, **LONG_TIMEOUTS, **limits},
            )
            app = handlers.create_bolt_app(sandbox.app.bot_token, sandbox.api_url, sandbox.app.signing_secret)
            backfill = handlers.register(app, deps)
            async with (_serve_http if mode == "http" else _serve_socket)(app, sandbox):
                yield SlackHarness(service, sandbox, deps, app, clock, backfill)
                await deps.tasks.wait_until_idle()


@contextlib.asynccontextmanager
async def _serve_http(app: AsyncApp, sandbox: Sandbox) -> AsyncIterator[None]:
    listener = socket.create_server(("127.0.0.1", 0))
    sandbox.request_url = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
    endpoint = http_endpoint.create_endpoint(app, sandbox.app.signing_secret)
    web = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
    server = Quiet(uvicorn.Config(web, log_level="warning", timeout_graceful_shutdown=1, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
        listener.close()


@contextlib.asynccontextmanager
async def _serve_socket(app: AsyncApp, sandbox: Sandbox) -> AsyncIterator[None]:
    sockets = SocketConnections(app, sandbox.app.app_token)
    await sockets.run()
    await sandbox.connected(CONNECTIONS)
    try:
        yield
    finally:
        await sockets.close()
