"""A town with its Slack, its mail server, and a worker between."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.clients.mail import MailClient
from bot.clients.slack import SlackClient
from bot.delivery import Clients, Worker
from bot.service import Service
from bot.store import Database
from bot.store.files.file_store import FileStore
from bot.store.officers import slack_accounts
from bot.store.outbox import delivery_counts
from sandbox.default_workspace import BOT, TEAM, default_workspace, person
from sandbox.mail import Mail
from sandbox.server import Sandbox
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

PUBLIC_URL = "https://arenden.staden.example"
SENDER = "arenden@staden.example"
BYGGLOV_CHANNEL, ORO_CHANNEL = "C0BYGGLOV1", "C0STADORO1"


def create_workspace(**channels: list[str]) -> dict[str, Any]:
    """Slack with the officers of the test catalog and both e-services' channels; `oro` may get other members."""
    data = default_workspace()
    people = {"anna": "U0ANNAANNA", "bo": "U0BOBOBOBO"}
    data["users"] += [
        person(user, key, key.title(), email=f"{key}@staden.example") for key, user in people.items()
    ]
    oro_members = channels.get("oro", [*people.values(), BOT])
    bygglov = next(one for one in data["channels"] if one["id"] == BYGGLOV_CHANNEL)
    bygglov["members"] += list(people.values())
    data["channels"].append({"id": ORO_CHANNEL, "name": "oro", "members": oro_members, "is_private": True})
    return data


@dataclass
class DeliveryHarness:
    """The town hall's ways out, as a test sees them."""

    town: MunicipalityDriver
    sandbox: Sandbox
    worker: Worker
    clock: Clock
    workers: list[Worker] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.town.service.database

    def start_worker(self, **given: Any) -> Worker:
        """A worker with connections of its own, as after a restart."""
        slack = given.pop("slack", None) or SlackClient(self.sandbox.app.bot_token, self.sandbox.api_url)
        mail = given.pop("mail", None) or MailClient(f"smtp://127.0.0.1:{self.sandbox.smtp_port}", SENDER)
        files = given.pop("files", None) or FileStore(Path(tempfile.gettempdir()))
        clients = Clients(slack, mail, files, given.pop("clamd", None))
        worker = Worker(self.town.service, clients, PUBLIC_URL, **{"rate_scale": 1000.0} | given)
        self.workers.append(worker)
        return worker

    async def advance(self, **span: float) -> None:
        """Time passes, and what falls due is delivered."""
        self.clock.advance(**span)
        await self.worker.drain(10)

    def list_posts(self, channel: str = BYGGLOV_CHANNEL) -> list[dict[str, Any]]:
        """The bot's messages at the top of the channel, oldest first."""
        return [one for one in self._messages(channel) if one.get("thread_ts") in (None, one["ts"])]

    def list_replies(self, channel: str = BYGGLOV_CHANNEL) -> list[dict[str, Any]]:
        return [one for one in self._messages(channel) if one.get("thread_ts") not in (None, one["ts"])]

    def _messages(self, channel: str) -> list[dict[str, Any]]:
        messages = self.sandbox.shared.workspace.channels[channel].messages.values()
        return [
            {
                "ts": m.ts,
                "text": m.text,
                "blocks": m.blocks,
                "thread_ts": m.thread_ts,
                "broadcast": m.broadcast,
            }
            for m in messages
            if m.bot_id and not m.tombstone
        ]

    def list_private_messages(self, user: str) -> list[str]:
        """What the bot has said to the user privately."""
        return [one["text"] for one in self.list_private_posts(user)]

    def list_private_posts(self, user: str) -> list[dict[str, Any]]:
        """The same, with their blocks."""
        channels = self.sandbox.shared.workspace.channels.values()
        own = [channel.id for channel in channels if channel.is_im and user in channel.members]
        return [message for channel in own for message in self._messages(channel)]

    def list_mails(self) -> list[Mail]:
        return self.sandbox.mails()

    def count_calls(self, method: str) -> int:
        return sum(count for name, count in self.sandbox.shared.record.counts.items() if name == method)

    async def count_deliveries(self) -> dict[tuple[str, str], int]:
        return await self.database.read(delivery_counts.count_by_kind_and_state)

    async def bind_account(self, officer: str, user: str) -> None:
        await self.database.write(lambda tx: slack_accounts.bind(tx, (TEAM, user), officer, self.clock()))


def catalog_with_coordinator(catalog: Catalog) -> Catalog:
    """The town, where Anna coordinates both e-services."""
    first = Grant(officer="anna", coordinator=True)
    services = {
        key: service.model_copy(update={"officers": (first, *service.officers[1:])})
        for key, service in catalog.services.items()
    }
    return catalog.model_copy(update={"services": services})


@pytest.fixture
def workspace_data() -> dict[str, Any]:
    """The workspace; a test may override it."""
    return create_workspace()


@pytest.fixture
async def sandbox(workspace_data: dict[str, Any], clock: Clock) -> AsyncIterator[Sandbox]:
    async with Sandbox.running(workspace=workspace_data, pace=None) as running:
        running.shared.clock.advance(clock().timestamp() - running.shared.clock.now())
        yield running


@asynccontextmanager
async def open_harness(database: Database, sandbox: Sandbox, clock: Clock) -> AsyncIterator[DeliveryHarness]:
    catalog = catalog_with_coordinator(small_catalog())
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    harness = DeliveryHarness(MunicipalityDriver(service, catalog), sandbox, None, clock)  # type: ignore[arg-type]
    harness.worker = harness.start_worker()
    yield harness
    for worker in harness.workers:
        await worker.stop()
        await worker.close()


@pytest.fixture
async def harness(
    sqlite_database: Database, sandbox: Sandbox, clock: Clock
) -> AsyncIterator[DeliveryHarness]:
    async with open_harness(sqlite_database, sandbox, clock) as opened_harness:
        yield opened_harness


@pytest.fixture
async def harness_on_both(
    database: Database, sandbox: Sandbox, clock: Clock
) -> AsyncIterator[DeliveryHarness]:
    """The harness over each kind of database in turn."""
    async with open_harness(database, sandbox, clock) as opened_harness:
        yield opened_harness
