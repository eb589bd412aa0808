"""A town with its Slack, its mail server, and a worker between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.clients.mail import MailClient
from bot.clients.slack import SlackClient
from bot.delivery import Worker
from bot.service import Service
from bot.store import Database
from bot.store.officers import accounts
from bot.store.outbox import deliveries
from sandbox.mail import Mail
from sandbox.scenery import BOT, TEAM, default_workspace, person
from sandbox.server import Sandbox
from tests.conftest import Clock
from tests.town import Town, town

HOME = "https://arenden.staden.example"
SENDER = "arenden@staden.example"
BYGGLOV, ORO = "C0BYGGLOV1", "C0STADORO1"


def workspace(**channels: list[str]) -> dict[str, Any]:
    """The officers of `tests.town` in Slack, and both e-services' channels; `oro` may be given other members."""
    told = default_workspace()
    people = {"anna": "U0ANNAANNA", "bo": "U0BOBOBOBO"}
    told["users"] += [
        person(user, key, key.title(), email=f"{key}@staden.example") for key, user in people.items()
    ]
    oro = channels.get("oro", [*people.values(), BOT])
    bygglov = next(one for one in told["channels"] if one["id"] == BYGGLOV)
    bygglov["members"] += list(people.values())
    told["channels"].append({"id": ORO, "name": "oro", "members": oro, "is_private": True})
    return told


@dataclass
class Office:
    """The town hall's ways out, as a test sees them."""

    town: Town
    sandbox: Sandbox
    worker: Worker
    clock: Clock
    workers: list[Worker] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.town.service.database

    def another_worker(self, **given: Any) -> Worker:
        """A worker with connections of its own, as after a restart."""
        slack = given.pop("slack", None) or SlackClient(self.sandbox.app.bot_token, self.sandbox.api_url)
        mail = given.pop("mail", None) or MailClient(f"smtp://127.0.0.1:{self.sandbox.smtp_port}", SENDER)
        worker = Worker(self.town.service, slack, mail, HOME, **{"pace": 1000.0} | given)
        self.workers.append(worker)
        return worker

    async def goes_by(self, **span: float) -> None:
        """Time passes, and what falls due is delivered."""
        self.clock.pass_(**span)
        await self.worker.drain(10)

    def posted(self, channel: str = BYGGLOV) -> list[dict[str, Any]]:
        """The bot's messages at the top of the channel, oldest first."""
        return [one for one in self._messages(channel) if one.get("thread_ts") in (None, one["ts"])]

    def replies(self, channel: str = BYGGLOV) -> list[dict[str, Any]]:
        return [one for one in self._messages(channel) if one.get("thread_ts") not in (None, one["ts"])]

    def _messages(self, channel: str) -> list[dict[str, Any]]:
        held = self.sandbox.stage.workspace.channels[channel].messages.values()
        return [
            {
                "ts": m.ts,
                "text": m.text,
                "blocks": m.blocks,
                "thread_ts": m.thread_ts,
                "broadcast": m.broadcast,
            }
            for m in held
            if m.bot_id and not m.tombstone
        ]

    def told(self, user: str) -> list[str]:
        """What the bot has said to the user privately."""
        channels = self.sandbox.stage.workspace.channels.values()
        return [
            m.text
            for channel in channels
            if channel.is_im and user in channel.members
            for m in channel.messages.values()
        ]

    def mails(self) -> list[Mail]:
        return self.sandbox.mails()

    def calls(self, method: str) -> int:
        return sum(count for name, count in self.sandbox.stage.record.counts.items() if name == method)

    async def left(self) -> dict[tuple[str, str], int]:
        return await self.database.read(deliveries.counts)

    async def binds(self, officer: str, user: str) -> None:
        await self.database.write(lambda tx: accounts.bind(tx, (TEAM, user), officer, self.clock()))


def with_coordinator(catalog: Catalog) -> Catalog:
    """The town, where Anna coordinates both e-services."""
    first = Grant(officer="anna", coordinator=True)
    services = {
        key: service.model_copy(update={"officers": (first, *service.officers[1:])})
        for key, service in catalog.services.items()
    }
    return catalog.model_copy(update={"services": services})


@pytest.fixture
def in_slack() -> dict[str, Any]:
    """The workspace; a test may override it."""
    return workspace()


@pytest.fixture
async def sandbox(in_slack: dict[str, Any], clock: Clock) -> AsyncIterator[Sandbox]:
    async with Sandbox.running(workspace=in_slack, pace=None) as running:
        running.stage.clock.advance(clock().timestamp() - running.stage.clock.now())
        yield running


@asynccontextmanager
async def open_office(database: Database, sandbox: Sandbox, clock: Clock) -> AsyncIterator[Office]:
    catalog = with_coordinator(town())
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    made = Office(Town(service, catalog), sandbox, None, clock)  # type: ignore[arg-type]
    made.worker = made.another_worker()
    yield made
    for worker in made.workers:
        await worker.stop()
        await worker.close()


@pytest.fixture
async def office(sqlite_database: Database, sandbox: Sandbox, clock: Clock) -> AsyncIterator[Office]:
    async with open_office(sqlite_database, sandbox, clock) as opened:
        yield opened


@pytest.fixture
async def office_on_both(database: Database, sandbox: Sandbox, clock: Clock) -> AsyncIterator[Office]:
    """The office over each kind of database in turn."""
    async with open_office(database, sandbox, clock) as opened:
        yield opened
