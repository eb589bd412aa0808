"""Batches in Slack: cancelling one, and looking at the cases it skipped."""

from __future__ import annotations

import re

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import View
from bot.blocks.lists import batch as batch_blocks
from bot.blocks.lists.batch import MAX_LISTED_BATCHES, SKIPPED_PAGE_SIZE
from bot.blocks.values import BatchRef, PageNumber, decode
from bot.domain.lists.batch_wording import batch_sentence
from bot.domain.lists.batches import NoSuchBatch
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.store import Tx
from bot.store.officers import batches


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("home:batches")(listeners.for_modal(on_batches))
    app.action("batch:refresh")(listeners.for_display(on_refresh))
    app.action("batch:cancel")(listeners.for_change(on_cancel))
    app.action("batch:skipped")(listeners.for_modal(on_skipped))
    app.action(re.compile("^batch:turn:"))(listeners.for_display(on_change_page))


async def on_batches(context: SlackContext) -> None:
    """Open the list of what the officer has done to many cases."""
    await context.responder.open_view(await _load_batches(context))


async def on_refresh(context: SlackContext) -> None:
    await context.responder.update_view(await _load_batches(context))


async def _load_batches(context: SlackContext) -> View:
    officer = context.officer.key
    found = await context.deps.service.database.read(
        lambda tx: batches.list_recent(tx, officer, MAX_LISTED_BATCHES)
    )
    return batch_blocks.batches_modal(found, context.deps.service.catalog, context.words)


async def on_cancel(context: SlackContext) -> None:
    """Cancel the officer's batch, and say how far it came."""
    batch_id = decode(context.request.value, BatchRef).batch_id
    cancelled = await context.deps.batches.cancel(context.officer, batch_id)
    if cancelled is None:
        raise NoSuchBatch
    await context.responder.respond(batch_sentence(cancelled, context.deps.service.catalog, context.words))


async def on_skipped(context: SlackContext) -> None:
    batch_id = decode(context.request.value, BatchRef).batch_id
    await context.responder.open_view(await _load_skipped(context, batch_id, 0))


async def on_change_page(context: SlackContext) -> None:
    page = decode(context.request.value, PageNumber).number
    await context.responder.update_view(await _load_skipped(context, context.request.metadata["batch"], page))


async def _load_skipped(context: SlackContext, batch_id: str, page: int) -> View:
    """The modal with a page of skipped cases. Raises NoSuchBatch."""
    officer = context.officer

    def load(tx: Tx) -> View:
        found = batches.load(tx, officer.key, batch_id)
        if found is None:
            raise NoSuchBatch
        first = page * SKIPPED_PAGE_SIZE
        cases = batches.list_skipped(tx, officer, batch_id, first, SKIPPED_PAGE_SIZE)
        return batch_blocks.skipped_modal(found, cases, page, context.deps.service.catalog, context.words)

    return await context.deps.service.database.read(load)
