"""The bot brought into a channel: what could not be posted there is posted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse

from bot.catalog.models import Catalog
from bot.clients.errors import Permanent, Temporary
from bot.handlers.request.listeners import Listening
from bot.store import Busy, Tx
from bot.store.outbox import deliveries

log = structlog.get_logger()

NOT_FOUND = "channel_not_found"
UNKNOWN_FOR = timedelta(seconds=61)
"""The worker lists channels at most once a minute, and so long it takes a channel it has not found for none."""


def register(app: AsyncApp, listening: Listening) -> None:
    async def on_joined(event: dict[str, Any], ack: AsyncAck) -> BoltResponse:
        """What could not be stored now is told of again by Slack."""
        if not await _joined(listening, event):
            return BoltResponse(status=503)
        await ack()
        return BoltResponse(status=200)

    app.event("member_joined_channel")(on_joined)


async def _joined(listening: Listening, event: Mapping[str, Any]) -> bool:
    channel, kit = str(event.get("channel") or ""), listening.kit
    try:
        if event.get("user") != (await listening.house.home()).bot:  # others come and go without us
            return True
        name = (await kit.slack.channel(channel)).name
        services = _services_in(kit.service.catalog, {channel, name})
        now = kit.service.clock()
        again = await kit.service.database.write(lambda tx: _unpark(tx, services, now))
    except Permanent as gone:
        log.info("channel_not_seen", trouble=gone.trouble)
        return True
    except (Temporary, Busy) as failed:
        log.warning("joining_not_heard", error=type(failed).__name__)
        return False
    log.info("joined_channel", channel=channel, again=again)
    kit.service.wake()
    return True


def _services_in(catalog: Catalog, channel: set[str]) -> list[str]:
    """The e-services whose channel it is, by its name or its id."""
    return [key for key, service in catalog.services.items() if catalog.channel_of(service) in channel]


def _unpark(tx: Tx, services: list[str], now: datetime) -> int:
    again = 0
    for key in services:
        destination = f"slack/{key}"
        again += deliveries.unpark(tx, now + UNKNOWN_FOR, destination=destination, trouble=NOT_FOUND)
        again += deliveries.unpark(tx, now, destination=destination)
    return again
