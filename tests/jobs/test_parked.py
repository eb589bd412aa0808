"""Cards that could not be posted, and go out by themselves when their channel can be reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.clients.slack import SlackClient
from bot.jobs.dependencies import JobDependencies
from bot.jobs.parked_deliveries import retry_parked
from bot.service import Service
from bot.store import Database
from bot.store.tables import DeliveryRow
from sandbox.server import Sandbox
from tests.conftest import Clock
from tests.delivery.conftest import BYGGLOV_CHANNEL, create_workspace
from tests.municipality import MunicipalityDriver, small_catalog


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.running(workspace=create_workspace(), pace=None) as running:
        yield running


@pytest.fixture
async def deps(sandbox: Sandbox, sqlite_database: Database, clock: Clock) -> AsyncIterator[JobDependencies]:
    catalog = small_catalog()
    service = Service(sqlite_database, lambda: catalog, clock=clock, wake=lambda: None)
    slack = SlackClient(sandbox.app.bot_token, sandbox.api_url)
    yield JobDependencies(service, None, Path(), slack.files, slack=slack)  # type: ignore[arg-type]
    await slack.close()


async def park_card(deps: JobDependencies, trouble: str) -> None:
    """A case comes in, whose card could not be posted."""
    database = deps.service.database
    await MunicipalityDriver(deps.service, deps.service.catalog).submit()
    parked = update(DeliveryRow).where(DeliveryRow.kind == "card").values(state="parked", trouble=trouble)
    await database.write(lambda tx: tx.conn.execute(parked))


async def card_state(deps: JobDependencies) -> str:
    query = select(DeliveryRow.state).where(DeliveryRow.kind == "card")
    return str(await deps.service.database.read(lambda tx: tx.conn.execute(query).scalar_one()))


@pytest.mark.parametrize("trouble", ["is_archived", "channel_not_found"])
async def test_a_card_goes_out_when_its_channel_is_opened_or_named_right_again(
    deps: JobDependencies, sandbox: Sandbox, trouble: str
) -> None:
    channel = sandbox.shared.workspace.channels[BYGGLOV_CHANNEL]
    await park_card(deps, trouble)
    if trouble == "is_archived":
        channel.is_archived = True
    else:
        channel.name = "bygglov-och-plan"
    await retry_parked(deps)
    assert await card_state(deps) == "parked"
    channel.is_archived, channel.name = False, "bygglov"
    await retry_parked(deps)
    assert await card_state(deps) == "sending"


async def test_what_slack_refuses_for_another_reason_waits_for_somebody(deps: JobDependencies) -> None:
    await park_card(deps, "invalid_blocks")
    await retry_parked(deps)
    assert await card_state(deps) == "parked"
