"""An officer's saved views: shown in App Home, saved, renamed and deleted."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import View
from bot.blocks.forms.lists import saved_views as form
from bot.blocks.lists.home_filter import VIEW_FIELD
from bot.blocks.values import ViewRef, decode
from bot.domain.lists.case_query import base_list
from bot.domain.lists.query_wording import query_title
from bot.domain.lists.saved_views import (
    NoSuchView,
    SavedView,
    TooManyViews,
    ViewNameMissing,
    ViewNameTaken,
    ViewNameTooLong,
    is_same_name,
)
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home
from bot.handlers.screens.home import HomeContext
from bot.handlers.screens.home_loading import HomePlace, HomeRequest, leave, load_place
from bot.store import Tx
from bot.store.lists import open_lists, saved_views
from bot.store.officers.preferences import HomePosition


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action(VIEW_FIELD)(listeners.for_display(on_view, context_class=HomeContext))
    app.action("home:saveview")(listeners.for_modal(on_save))
    app.view(form.SAVE_ID)(listeners.for_change(on_saved))
    app.action("home:views")(listeners.for_modal(on_views))
    app.action("views:rename")(listeners.for_modal(on_rename))
    app.view(form.RENAME_ID)(listeners.for_change(on_renamed))
    app.action("views:delete")(listeners.for_display(on_delete))


async def on_view(context: SlackContext) -> None:
    """Show the view, as the officer left it. Raises NoSuchView."""
    officer, view_id = context.officer, context.request.value
    view = await context.deps.service.database.read(lambda tx: saved_views.find_view(tx, officer, view_id))
    tab = base_list(view.query) if view.query is not None else "all"
    await home.show_home(context, HomeRequest(HomePosition(tab, 0, view.id)))


async def on_save(context: SlackContext) -> None:
    """Open the dialog that saves the list that is shown."""
    home_request, list_context = home.request_of_view(context), context.list_context
    place = await context.deps.service.database.read(lambda tx: load_place(tx, list_context, home_request))
    words = context.words
    description = query_title(place.query, context.deps.service.catalog, words)
    metadata = {**home.ids_of_view(context), "home": True}
    await context.responder.open_view(form.save_form(place.view, description, metadata, words))


async def on_saved(context: SlackContext) -> None:
    """Save the list as a view, in place of the one that is shown where it has its name, and show it."""
    home_request, list_context = home.request_of_view(context), context.list_context
    name, view_id = form.read_name(context.request.form), uuid.uuid4().hex

    def save(tx: Tx) -> None:
        place = load_place(tx, list_context, home_request)
        view = _view_to_save(place, name, view_id)
        saved_views.save_view(tx, list_context.officer, view, list_context.now)
        open_lists.save_home_list(tx, list_context.officer.key, place.name, None)
        saved = load_place(tx, list_context, HomeRequest(HomePosition(place.tab, 0, view.id), list_id=""))
        leave(tx, list_context, saved)

    await _save_or_show_error(context, save)


def _view_to_save(place: HomePlace, name: str, new_id: str) -> SavedView:
    if place.view is not None and is_same_name(place.view.name, name):
        return replace(place.view, name=name, query=place.query)
    return SavedView(new_id, name, place.query, place.page_size)


async def _save_or_show_error(context: SlackContext, work: Callable[[Tx], None]) -> None:
    """Run the transaction and refresh App Home; a name that cannot be is told at its field."""
    try:
        await context.deps.service.database.write(work)
    except (ViewNameMissing, ViewNameTooLong, ViewNameTaken, TooManyViews) as refused:
        await context.responder.show_field_errors({form.NAME_FIELD: refused.in_words(context.words)})
        return
    await context.responder.close_form(context.words("ok.saved"))
    context.performer.run_after_ack(_refresh(context))


async def _refresh(context: SlackContext) -> None:
    parent = context.request.view.previous_view_id
    if context.request.view.callback_id == form.RENAME_ID and parent:
        await context.responder.update_view_by_id(str(parent), await _load_views(context))
    await home.refresh_home(context)


async def on_views(context: SlackContext) -> None:
    """Open the officer's views."""
    await context.responder.open_view(await _load_views(context))


async def _load_views(context: SlackContext) -> View:
    officer = context.officer
    views = await context.deps.service.database.read(lambda tx: saved_views.list_views(tx, officer))
    return form.views_modal(views, context.deps.service.catalog, {"home": True}, context.words)


async def on_rename(context: SlackContext) -> None:
    """Open the dialog for a view's name. Raises NoSuchView."""
    officer, view_id = context.officer, decode(context.request.value, ViewRef).view_id
    view = await context.deps.service.database.read(lambda tx: saved_views.find_view(tx, officer, view_id))
    await context.responder.open_view(form.rename_form(view, {"home": True}, context.words))


async def on_renamed(context: SlackContext) -> None:
    officer, view_id = context.officer, context.request.metadata["view"]
    name = form.read_name(context.request.form)
    await _save_or_show_error(context, lambda tx: saved_views.rename_view(tx, officer, view_id, name))


async def on_delete(context: SlackContext) -> None:
    """Delete the view; one that is gone already is no longer listed either."""
    officer, view_id = context.officer, decode(context.request.value, ViewRef).view_id
    with suppress(NoSuchView):
        await context.deps.service.database.write(lambda tx: saved_views.delete_view(tx, officer, view_id))
    await context.responder.update_view(await _load_views(context))
    await home.refresh_home(context)
