"""An officer's settings."""

from __future__ import annotations

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import settings
from bot.domain.lists.saved_views import PageSize
from bot.domain.preference_form import SettingsForm, with_settings
from bot.domain.preferences import Preferences
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home
from bot.handlers.screens.home_loading import (
    DEFAULT_REQUEST,
    HomePlace,
    HomeRequest,
    leave,
    load_place,
)
from bot.store import Tx
from bot.store.lists import saved_views
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers import preferences


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("home:settings")(listeners.for_modal(open_form))
    app.view(settings.ID)(listeners.for_change(on_submitted))


async def open_form(context: SlackContext) -> None:
    """Open the dialog with the current settings, and the rows of the list that it is opened from."""
    is_from_home, home_request = context.request.is_from_app_home, _request_of_view(context)
    list_context = context.list_context
    place = await context.deps.service.database.read(lambda tx: load_place(tx, list_context, home_request))
    metadata = {**home.ids_of_view(context), "home": True} if is_from_home else {}
    form = SettingsForm(place.chosen, place.views, place.page_size)
    await context.responder.open_view(settings.settings_form(form, metadata, context.words))


def _request_of_view(context: SlackContext) -> HomeRequest:
    """The list that App Home shows; elsewhere the first tab's own."""
    return home.request_of_view(context) if "tab" in context.request.metadata else DEFAULT_REQUEST


async def on_submitted(context: SlackContext) -> None:
    """Save the settings. Opened from App Home, that is refreshed; elsewhere a confirmation is shown."""
    service = context.deps.service
    await _save(context, settings.read(context.request.form))
    context.responder.words = await service.languages.words_of(context.officer.key)
    if context.request.metadata.get("home"):
        await context.responder.close_form(context.words("settings.saved"))
        context.performer.run_after_ack(home.refresh_home(context))
    else:
        await context.responder.replace_view(settings.settings_saved(context.words))


async def _save(context: SlackContext, submitted: Preferences) -> None:
    """Save the settings. While a view is shown, the rows are that view's."""
    home_request, list_context = _request_of_view(context), context.list_context

    def work(tx: Tx) -> None:
        place = load_place(tx, list_context, home_request)
        chosen = with_settings(place.chosen, submitted)
        if place.view is not None:
            chosen = replace(chosen, page_size=place.chosen.page_size)
            _change_rows(tx, list_context, place, submitted.page_size)
        preferences.save(tx, list_context.officer.key, chosen)

    await context.deps.service.database.write(work)
    context.deps.service.languages.forget(context.officer.key)


def _change_rows(tx: Tx, context: ListContext, place: HomePlace, page_size: PageSize) -> None:
    view = place.view
    if view is None or view.query is None or page_size == view.page_size:
        return
    view = replace(view, page_size=page_size)
    saved_views.save_view(tx, context.officer, view, context.now)
    if place.query != place.own:
        leave(tx, context, replace(place, view=view))
