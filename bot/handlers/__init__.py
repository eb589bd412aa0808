"""Slack in: buttons, dialogs and commands become commands of the domain."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.handlers import (
    assignment,
    case_modal,
    commands,
    correspondence,
    leftovers,
    menu,
    notes,
    officers,
    status,
)
from bot.handlers.errors import Listening
from bot.handlers.kit import Kit, Tasks

__all__ = ["Kit", "Tasks", "register"]


def register(app: AsyncApp, kit: Kit) -> None:
    """Make the app listen to everything that people can do here."""
    listening = Listening(kit)
    for room in (assignment, officers, status, notes, menu, correspondence, case_modal, commands, leftovers):
        room.register(app, listening)
