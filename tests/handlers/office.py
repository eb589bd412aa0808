"""The town hall at work: the real store, the real Bolt app, and a stand-in for Slack."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
import uuid
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
from bot.blocks.cases.card import card
from bot.blocks.notice import Reason, officer_notice
from bot.catalog import Catalog, definition_of
from bot.clients.slack import SlackClient
from bot.domain.actors import Applicant, Machine, Officer, officer_of
from bot.domain.case import Case
from bot.domain.intake import Answers, FileRef, Person, SubmitCase
from bot.domain.rules import Command
from bot.domain.views import CaseView
from bot.handlers.transport import http_endpoint
from bot.handlers.transport.socket_mode import CONNECTIONS, Sockets
from bot.service import Done, Service
from bot.store import Database
from bot.store.cases import contents, officer_queries, system_queries
from bot.store.files.file_store import FileStore
from bot.store.log import readings
from bot.store.outbox import card_places
from bot.text import words
from sandbox.person import Person as Colleague
from sandbox.scenery import OTHER_TEAM, default_app, default_workspace
from sandbox.scenery import person as account
from sandbox.server import Quiet, Sandbox
from tests.conftest import SAMPLE, Clock

ANNA, BJORN, ELIN, JOSE, DAVID = "U0ANNABERG", "U0BJORNEK1", "U0ELINBLIN", "U0JOSEFERN", "U0DAVIDLUN"
PER_OLOV, GUEST, SINGLE, NEIGHBOUR = (
    "U0PEROLOV1",
    "U0GUSTAVGA",
    "U0ULLAENKA",
    "U0GRANNGRE",
)
BYGGLOV, SOCIAL = "C0BYGGLOV1", "C0SOCIALT1"

MANIFEST = yaml.safe_load((SAMPLE.parents[2] / "manifest.yml").read_text(encoding="utf-8"))

UNHURRIED = {"limit": 30.0, "opens_within": 30.0}
"""A busy machine must not decide whether a press is answered that it takes longer, or a modal opens ahead."""

VALUES = {"atgard": "tillbyggnad", "omrade": "centrum", "agare": True, "fastighet": "Björken 4:12"}


def workspace() -> dict[str, Any]:
    told = default_workspace()
    told["app"] = {**default_app(), "shortcuts": MANIFEST["features"]["shortcuts"]}
    bot = told["app"]["bot_user"]
    told["users"] = [
        _account(ANNA, "anna.berg", "Anna Berg"),
        _account(BJORN, "bjorn.ek", "Björn Ek"),
        _account(ELIN, "elin.blind", "Elin Sárá Blind"),
        _account(JOSE, "jose.fernandez", "José Fernández"),
        _account(PER_OLOV, "per-olov.angstrom", "Per-Olov Ångström"),
        _account(DAVID, "david.lund", "David Lund"),
        _account(GUEST, "gustav.gast", "Gustav Gäst", is_restricted=True),
        _account(SINGLE, "ulla.enkanal", "Ulla Enkanal", is_restricted=True, is_ultra_restricted=True),
        account(
            NEIGHBOUR, "greta.granne", "Greta Granne", team_id=OTHER_TEAM, email="anna.berg@lindsjo.example"
        ),
    ]
    everyone = [one["id"] for one in told["users"]]
    told["channels"] = [
        {"id": BYGGLOV, "name": "bygglov", "members": [*everyone, bot], "is_ext_shared": True},
        {"id": SOCIAL, "name": "social-oro", "members": [ANNA, ELIN, bot], "is_private": True},
    ]
    return told


def _account(id: str, name: str, real_name: str, **more: Any) -> dict[str, Any]:
    return account(id, name, real_name, **{"email": f"{name}@lindsjo.example", **more})


@dataclass
class Office:
    """The program's Slack side beside a sandbox, and short words for what happens there."""

    service: Service
    sandbox: Sandbox
    kit: handlers.Kit
    app: AsyncApp
    clock: Clock
    catching_up: handlers.CatchingUp

    @property
    def catalog(self) -> Catalog:
        return self.service.catalog

    def person(self, user: str) -> Colleague:
        return self.sandbox.person(user)

    def officer(self, key: str) -> Officer:
        found = officer_of(self.catalog, key, self.clock().date())
        assert found is not None
        return found

    async def submits(self, service: str = "bygglov", **given: Any) -> Done:
        """Someone submits a case."""
        found = self.catalog.service(service)
        assert found is not None
        form = definition_of(found)
        people = given.pop("people", (Person(id=uuid.uuid4().hex, name="Eva Ek", email="eva@ek.example"),))
        files: tuple[FileRef, ...] = given.pop("files", ())
        values = given.pop("values", VALUES if service == "bygglov" else {})
        command = SubmitCase(
            service=service,
            answers=Answers(definition=form.digest, values=values),
            people=people,
            files=files,
            protected=given.pop("protected", False),
        )
        return await self.service.open_case(command, Machine("form"), form)

    async def does(self, key: str, command: Command) -> Done:
        """An officer does it somewhere else."""
        return await self.service.perform(command, self.officer(key))

    async def card(self, case: Done, channel: str = BYGGLOV) -> tuple[str, str, str]:
        """The case's card as it is now, posted: ready to be followed by an action_id in `press`."""
        view = await self.read(lambda tx: system_queries.card(tx, case.case_id))
        assert view is not None
        drawn = card(view, self.catalog, words("sv"))
        client = AsyncWebClient(self.sandbox.app.bot_token, base_url=self.sandbox.api_url)
        told = await client.chat_postMessage(channel=channel, text=drawn.text, blocks=drawn.blocks)
        return channel, str(told["ts"])

    async def thread(self, case: Done, channel: str = BYGGLOV) -> tuple[str, str]:
        """The case's card, known to the store as when the program itself has posted it."""
        channel, ts = (await self.card(case, channel))[:2]
        now = self.clock()
        await self.service.database.write(lambda tx: card_places.placed(tx, case.case_id, (channel, ts), now))
        return channel, ts

    async def notice(self, user: str, case: Done, reason: Reason) -> tuple[str, str]:
        """A private notice of the case, in the person's own conversation with the bot."""
        service = self.catalog.service((await self.case(case)).service)
        drawn = officer_notice(case.number, service, [reason], case.case_id, words("sv"))
        client = AsyncWebClient(self.sandbox.app.bot_token, base_url=self.sandbox.api_url)
        channel = str((await client.conversations_open(users=user))["channel"]["id"])
        told = await client.chat_postMessage(channel=channel, text=drawn.text, blocks=drawn.blocks)
        return channel, str(told["ts"])

    async def heard(self) -> None:
        """Until every event has been told of, and nothing goes on."""
        await self.sandbox.settle()
        await self.settled()

    async def read(self, work: Any) -> Any:
        return await self.service.database.read(work)

    async def case(self, case: Done) -> Case:
        view = await self.read(lambda tx: system_queries.card(tx, case.case_id))
        assert view is not None
        return view.case

    async def all_of(self, case: Done) -> CaseView:
        """Everything of the case, read past every right."""
        found = await self.case(case)
        officers = self.catalog.officers_of(found.service, self.clock().date())
        who = self.officer(officers[0].key)
        view = await self.read(lambda tx: officer_queries.case_view(tx, who, case.case_id))
        assert view is not None
        return view

    async def readings(self, case: Done) -> list[tuple[str, str]]:
        rows = await self.read(lambda tx: readings.of_case(tx, case.case_id))
        return [(by, part) for _, by, part in rows]

    async def applicant(self, case: Done) -> Applicant:
        people = await self.read(lambda tx: contents.people_of(tx, case.case_id))
        return Applicant(ids=frozenset(one.id for one in people), mailbox="")

    async def settled(self) -> None:
        """Until nothing goes on after the last acknowledgement."""
        await self.kit.tasks.settle()

    def ephemeral(self, user: str) -> str:
        """What the person was last told privately."""
        told = self.person(user).ephemerals()
        return str(told[-1]["text"]) if told else ""

    def warnings(self) -> list[Any]:
        return list(self.sandbox.state()["warnings"])

    def refused_calls(self) -> list[Any]:
        return [call for call in self.sandbox.state()["calls"] if not call["ok"]]


class Wait:
    """Twenty seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        await self.over.wait()


async def _at_once(seconds: float) -> None:
    return None


async def page_link(officer: str, case_id: str) -> str:
    return f"https://arenden.lindsjo.example/oppna/{officer}-{case_id}"


@contextlib.asynccontextmanager
async def open_office(
    database: Database,
    catalog: Catalog,
    clock: Clock,
    mode: str = "http",
    *,
    people: dict[str, Any] | None = None,
    client: type[SlackClient] = SlackClient,
    **limits: Any,
) -> AsyncIterator[Office]:
    """`people` is another workspace than the usual one, and `client` a client that also tells what it was asked."""
    told = people or workspace()
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        sandbox = await stack.enter_async_context(
            Sandbox.running(
                mode=mode, workspace=told, smtp_port=None, pace=None, ack_seconds=30.0, trigger_seconds=30.0
            )
        )
        service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
        async with client(sandbox.app.bot_token, base_url=sandbox.api_url) as slack:
            kit = handlers.Kit(
                service=service,
                slack=slack,
                files=FileStore(Path(folder)),
                page_link=page_link,
                **{"patience": 0.0, "sleep": _at_once, **UNHURRIED, **limits},
            )
            app = handlers.bolt_app(sandbox.app.bot_token, sandbox.api_url, sandbox.app.signing_secret)
            catching_up = handlers.register(app, kit)
            async with (_http if mode == "http" else _socket)(app, sandbox):
                yield Office(service, sandbox, kit, app, clock, catching_up)
                await kit.tasks.settle()


@contextlib.asynccontextmanager
async def _http(app: AsyncApp, sandbox: Sandbox) -> AsyncIterator[None]:
    listener = socket.create_server(("127.0.0.1", 0))
    sandbox.request_url = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
    answering = http_endpoint.door(app, sandbox.app.signing_secret)
    web = Starlette(routes=[Route("/slack/events", answering, methods=["POST"])])
    server = Quiet(uvicorn.Config(web, log_level="warning", timeout_graceful_shutdown=1, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
        listener.close()


@contextlib.asynccontextmanager
async def _socket(app: AsyncApp, sandbox: Sandbox) -> AsyncIterator[None]:
    sockets = Sockets(app, sandbox.app.app_token)
    await sockets.run()
    await sandbox.connected(CONNECTIONS)
    try:
        yield
    finally:
        await sockets.close()
