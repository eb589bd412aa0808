"""Handlers of Slack's requests: buttons, dialogs and slash commands become commands of the domain."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.handlers.cases import (
    assign,
    colour,
    correspondence,
    delete,
    edit,
    flags,
    hold,
    links,
    menu,
    notes,
    one_click,
    protection,
    status,
    take,
)
from bot.handlers.commands import search, shortcuts, slash_command
from bot.handlers.request.dependencies import BackgroundTasks, Dependencies
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import (
    absence,
    batch_forms,
    batches,
    case_modal,
    columns,
    home,
    home_filter,
    home_views,
    internal,
    page_links,
    settings,
    ticking,
)
from bot.handlers.threads import replies
from bot.handlers.threads.backfill import ThreadBackfill
from bot.handlers.transport import channel_joined, fallback
from bot.handlers.transport.bolt import create_bolt_app

__all__ = ["BackgroundTasks", "Dependencies", "ThreadBackfill", "create_bolt_app", "register"]


def register(app: AsyncApp, deps: Dependencies) -> ThreadBackfill:
    """Register all listeners with the app. Returns the backfill of replies that were missed."""
    listeners = Listeners(deps)
    thread_replies = replies.register(app, listeners)
    for module in (
        *(take, one_click, assign, protection, hold, status, notes, flags, colour, menu, edit, delete),
        links,
        *(
            correspondence,
            case_modal,
            home,
            home_filter,
            columns,
            home_views,
            internal,
            page_links,
            batches,
            ticking,
            batch_forms,
            search,
            settings,
            absence,
            shortcuts,
            slash_command,
            channel_joined,
            fallback,
        ),
    ):
        module.register(app, listeners)
    return ThreadBackfill(deps, listeners.workspace, thread_replies)
