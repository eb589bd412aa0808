"""Personal links from Slack to the officers' pages: a case page, the overview, statistics, and others."""

from __future__ import annotations

from functools import partial

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import modal
from bot.blocks.lists.figures import FIGURES_BUTTON
from bot.blocks.private import personal_link
from bot.blocks.values import BatchRef, decode
from bot.domain.figures import NotACoordinator, coordinated_services
from bot.domain.lists.batches import NoSuchBatch
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.store.authentication.login_tokens import (
    FIGURES_TARGET,
    REGISTRATION_TARGET,
    RETENTION_TARGET,
    SUMMARY_PAGE,
)
from bot.store.officers import batches


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:page")(listeners.for_modal(on_case_page))
    app.action("case:summary")(listeners.for_modal(on_summary))
    app.action("home:overview")(listeners.for_modal(on_overview))
    app.action("batch:page")(listeners.for_modal(on_batch_page))
    app.action("retention:page")(listeners.for_modal(on_retention))
    app.action(FIGURES_BUTTON)(listeners.for_modal(on_figures_page))
    app.action("home:register")(listeners.for_modal(show_registration))
    app.action("batch:list")(listeners.for_modal(on_ticked_list))
    app.action("link:open")(listeners.for_display(on_link))


async def on_case_page(context: SlackContext) -> None:
    """Show a new link to the case page; an earlier one would have expired."""
    found = await find_case(context, context.request.target.case_id)
    await _show_link(context, context.words("btn.page"), found.case.id)


async def on_summary(context: SlackContext) -> None:
    """Show a new link to the page of the case's summary. The summary itself never passes through Slack."""
    found = await find_case(context, context.request.target.case_id)
    await _show_link(context, context.words("summary.title"), f"{found.case.id}/{SUMMARY_PAGE}")


async def open_summary_link(context: SlackContext, found: FoundCase, _: str) -> None:
    """The same, from the slash command."""
    link = await context.deps.page_link(context.officer.key, f"{found.case.id}/{SUMMARY_PAGE}")
    title, blocks = context.words("summary.title"), personal_link(link, context.words).blocks
    await context.responder.open_view(modal("told", title, blocks, {}, close=context.words("btn.back")))


async def on_overview(context: SlackContext) -> None:
    """Show a new link to the overview."""
    await _show_link(context, context.words("page.door.overview.title"), "")


async def on_batch_page(context: SlackContext) -> None:
    """Show a new link to the page of the officer's batch: what it was, its outcomes, and an exported file."""
    batch_id = decode(context.request.value, BatchRef).batch_id
    find = partial(batches.load, officer=context.officer.key, batch_id=batch_id)
    found = await context.deps.service.database.read(find)
    if found is None:
        raise NoSuchBatch
    title = "batches.btn.file" if found.has_file else "batches.btn.page"
    await _show_link(context, context.words(title), batch_id)


async def on_retention(context: SlackContext) -> None:
    """Show a new link to the page of retention, which itself is for coordinators only."""
    await _show_link(context, context.words("btn.retention"), RETENTION_TARGET)


async def on_figures_page(context: SlackContext) -> None:
    """Show a new link to the page of statistics."""
    if not coordinated_services(context.officer, context.deps.service.catalog):
        raise NotACoordinator
    await _show_link(context, context.words("page.door.figures.title"), FIGURES_TARGET)


async def show_registration(context: SlackContext) -> None:
    """Show a new link to the page where a case is registered for an applicant."""
    await _show_link(context, context.words("register.title"), REGISTRATION_TARGET)


async def on_ticked_list(context: SlackContext) -> None:
    """Show a new link to the open list whose cases are ticked."""
    await _show_link(context, context.words("tick.openlist"), context.request.metadata["ticking"])


async def _show_link(context: SlackContext, title: str, target_id: str) -> None:
    """Show the link to the officer alone: above the view that was pressed in, or below the message."""
    message = personal_link(await context.deps.page_link(context.officer.key, target_id), context.words)
    if context.request.is_in_view:
        close = context.words("btn.back")
        await context.responder.open_view(modal("told", title, message.blocks, {}, close=close))
    else:
        await context.responder.respond_privately(message)


async def on_link(context: SlackContext) -> None:
    """Nothing to do: the link itself was opened, and Slack only needs the acknowledgement."""
