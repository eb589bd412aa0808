"""Retry of parked cards when the bot is added to their channel."""

from __future__ import annotations

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse

from bot.catalog.models import Catalog
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.payload import EventCallback, MemberJoinedEvent
from bot.store import DatabaseBusy
from bot.store.outbox import parking

log = structlog.get_logger()


def register(app: AsyncApp, listeners: Listeners) -> None:
    async def on_joined(ack: AsyncAck, payload_model: EventCallback) -> BoltResponse:
        """Acknowledge once it is stored; otherwise Slack sends the event again."""
        event = payload_model.event
        assert isinstance(event, MemberJoinedEvent)
        if not await _handle_joined(listeners, event):
            return BoltResponse(status=503)
        await ack()
        return BoltResponse(status=200)

    app.event("member_joined_channel")(on_joined)


async def _handle_joined(listeners: Listeners, event: MemberJoinedEvent) -> bool:
    channel, deps = event.channel, listeners.deps
    try:
        if event.user != (await listeners.workspace.identity()).bot_user_id:  # somebody else has joined
            return True
        name = (await deps.slack.fetch_channel(channel)).name
        services = _services_of_channel(deps.service.catalog, {channel, name})
        now = deps.service.clock()
        unparked = await deps.service.database.write(
            lambda tx: sum(parking.unpark_service(tx, key, None, now) for key in services)
        )
    except PermanentFailure as error:
        log.info("channel_not_seen", trouble=error.trouble)
        return True
    except (TemporaryFailure, DatabaseBusy) as error:
        log.warning("joining_not_heard", error=type(error).__name__)
        return False
    log.info("joined_channel", channel=channel, again=unparked)
    deps.service.wake()
    return True


def _services_of_channel(catalog: Catalog, name_and_id: set[str]) -> list[str]:
    """The e-services with that channel, by its name or its id."""
    return [key for key, service in catalog.services.items() if catalog.channel_of(service) in name_and_id]
