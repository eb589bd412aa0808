"""Slack in: buttons, dialogs and commands become commands of the domain."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.handlers import (
    assignment,
    case_modal,
    commands,
    correspondence,
    flags,
    home,
    joining,
    leftovers,
    marks,
    menu,
    notes,
    officers,
    protection,
    replies,
    searching,
    settings,
    shortcuts,
    status,
)
from bot.handlers.bolt import bolt_app
from bot.handlers.catching_up import CatchingUp
from bot.handlers.errors import Listening
from bot.handlers.kit import Kit, Tasks

__all__ = ["CatchingUp", "Kit", "Tasks", "bolt_app", "register"]


def register(app: AsyncApp, kit: Kit) -> CatchingUp:
    """Make the app listen to everything that people can do here. Returns what reads back what it did not hear."""
    listening = Listening(kit)
    heard = replies.register(app, listening)
    for room in (
        *(assignment, officers, protection, status, notes, flags, marks, menu),
        *(correspondence, case_modal, home, searching, settings, shortcuts, commands, joining, leftovers),
    ):
        room.register(app, listening)
    return CatchingUp(kit, listening.house, heard)
