"""Actions that need no form: the button performs the command."""

from __future__ import annotations

from collections.abc import Callable

from slack_bolt.async_app import AsyncApp

from bot.domain.declarations import one_click_actions
from bot.domain.rules import Command
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import perform_on_visible
from bot.handlers.request.listeners import Handler, Listeners
from bot.handlers.screens import refresh

DONE_TEXTS = {"release": "command.released", "restore": "ok.restored", "unhold": "ok.unheld"}
"""The key of the sentence that names the case and says what was done, by action, where that has one of its own."""


def register(app: AsyncApp, listeners: Listeners) -> None:
    """Register a listener for each action: that of `release` is `case:release`."""
    for action, create_command in one_click_actions().items():
        app.action(f"case:{action}")(listeners.for_change(_create_handler(action, create_command)))


def _create_handler(action: str, create_command: Callable[[str], Command]) -> Handler:
    async def on_pressed(context: SlackContext) -> None:
        await perform_on_visible(context, create_command(context.request.target.case_id))
        await refresh.after_press(context, DONE_TEXTS.get(action, "ok.saved"))

    return on_pressed
