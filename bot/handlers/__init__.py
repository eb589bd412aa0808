"""Slack in: buttons, dialogs and commands become commands of the domain."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.handlers.cases import assign, colour, correspondence, flags, menu, notes, protection, status, take
from bot.handlers.commands import search, shortcuts, slash_command
from bot.handlers.request.dependencies import Kit, Tasks
from bot.handlers.request.listeners import Listening
from bot.handlers.screens import case_modal, home, settings
from bot.handlers.threads import replies
from bot.handlers.threads.backfill import CatchingUp
from bot.handlers.transport import channel_joined, fallback
from bot.handlers.transport.bolt import bolt_app

__all__ = ["CatchingUp", "Kit", "Tasks", "bolt_app", "register"]


def register(app: AsyncApp, kit: Kit) -> CatchingUp:
    """Make the app listen to everything that people can do here. Returns what reads back what it did not hear."""
    listening = Listening(kit)
    heard = replies.register(app, listening)
    for room in (
        *(take, assign, protection, status, notes, flags, colour, menu),
        *(
            correspondence,
            case_modal,
            home,
            search,
            settings,
            shortcuts,
            slash_command,
            channel_joined,
            fallback,
        ),
    ):
        room.register(app, listening)
    return CatchingUp(kit, listening.house, heard)
