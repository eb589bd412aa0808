"""An officer's settings."""

from __future__ import annotations

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import settings
from bot.domain.lists.case_query import SLACK_COLUMNS, replace_slack_columns, with_columns
from bot.domain.preference_form import SettingsForm, SettingsValues
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
    """Open the dialog with the current settings, and the columns of the list that it is opened from."""
    is_from_home, home_request = context.request.is_from_app_home, _request_of_view(context)
    list_context = context.list_context
    place = await context.deps.service.database.read(lambda tx: load_place(tx, list_context, home_request))
    metadata = {**home.ids_of_view(context), "home": True} if is_from_home else {}
    columns = place.query.columns
    form = SettingsForm(place.chosen, place.views, place.view, columns, place.page_size, SLACK_COLUMNS)
    await context.responder.open_view(settings.settings_form(form, metadata, context.words))


def _request_of_view(context: SlackContext) -> HomeRequest:
    """The list that App Home shows; elsewhere the first tab's own."""
    return home.request_of_view(context) if "tab" in context.request.metadata else DEFAULT_REQUEST


async def on_submitted(context: SlackContext) -> None:
    """Save the settings. Opened from App Home, that is refreshed; elsewhere a confirmation is shown."""
    submitted = settings.read(context.request.form)
    if submitted.repeated:
        problem = context.words("settings.column.repeated")
        await context.responder.show_field_errors(dict.fromkeys(submitted.repeated, problem))
        return
    service = context.deps.service
    await _save(context, submitted)
    context.responder.words = await service.languages.words_of(context.officer.key)
    if context.request.metadata.get("home"):
        await context.responder.close_form(context.words("settings.saved"))
        context.performer.run_after_ack(home.refresh_home(context))
    else:
        await context.responder.replace_view(settings.settings_saved(context.words))


async def _save(context: SlackContext, submitted: SettingsValues) -> None:
    """Save the settings. While a view is shown, the rows are that view's, and so are the columns, until it is saved."""
    home_request, list_context = _request_of_view(context), context.list_context

    def work(tx: Tx) -> None:
        place = load_place(tx, list_context, home_request)
        if place.view is None:
            columns = replace_slack_columns(place.chosen.columns, submitted.columns)
            chosen = replace(submitted.preferences, columns=columns)
        else:
            chosen = replace(
                submitted.preferences, columns=place.chosen.columns, page_size=place.chosen.page_size
            )
            _change_view(tx, list_context, place, submitted)
        preferences.save(tx, list_context.officer.key, chosen)

    await context.deps.service.database.write(work)
    context.deps.service.languages.forget(context.officer.key)


def _change_view(tx: Tx, context: ListContext, place: HomePlace, submitted: SettingsValues) -> None:
    view, page_size = place.view, submitted.preferences.page_size
    if view is None or view.query is None:
        return
    if page_size != view.page_size:
        view = replace(view, page_size=page_size)
        saved_views.save_view(tx, context.officer, view, context.now)
    columns = replace_slack_columns(place.query.columns, submitted.columns)
    if columns != place.query.columns or place.query != place.own:
        leave(tx, context, replace(place, view=view, query=with_columns(place.query, columns)))
