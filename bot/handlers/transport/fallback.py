"""What nothing else listens to: buttons of old messages and dialogs that are no more."""

from __future__ import annotations

import re

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press

ANYTHING = re.compile(".*", re.DOTALL)


def register(app: AsyncApp, listening: Listening) -> None:
    """Registered last, for Bolt asks its listeners in the order they came."""
    app.action(ANYTHING)(listening.showing(on_leftover))
    app.view(ANYTHING)(listening.acting(on_leftover))
    app.event(ANYTHING)(on_event)


async def on_event(ack: AsyncAck) -> None:
    """Nothing is done about it, and Slack need not tell of it again."""
    await ack()


async def on_leftover(press: Press) -> None:
    await press.tell(press.words("no.leftover"))
