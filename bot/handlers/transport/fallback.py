"""The fallback for actions without a listener, such as buttons of old messages."""

from __future__ import annotations

import re

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.payload import Payload

ANYTHING = re.compile(".*", re.DOTALL)


def register(app: AsyncApp, listeners: Listeners) -> None:
    """Register the fallbacks; to be called last, since Bolt tries listeners in the order of registration."""
    app.action(ANYTHING)(listeners.for_display(on_unknown_action))
    app.view(ANYTHING)(listeners.for_change(on_unknown_action))
    app.event(ANYTHING)(on_unhandled_event)


async def on_unhandled_event(ack: AsyncAck, payload_model: Payload) -> None:
    """Acknowledge the event, so that Slack does not send it again."""
    await ack()


async def on_unknown_action(context: SlackContext) -> None:
    await context.responder.respond(context.words("no.leftover"))
