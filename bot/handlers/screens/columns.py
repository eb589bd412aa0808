"""The columns of App Home's list."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms.lists import columns as form
from bot.blocks.forms.lists.columns import ColumnForm, column_form
from bot.domain.lists.case_query import ListColumn, replace_slack_columns
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home
from bot.handlers.screens.home_loading import HomePlace, load_place, set_columns
from bot.store import Tx


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("home:columns")(listeners.for_modal(on_opened))
    app.action(form.RESET_BUTTON)(listeners.for_display(on_reset))
    app.view(form.ID)(listeners.for_change(on_submitted))


async def on_opened(context: SlackContext) -> None:
    """Open the dialog with the columns of the list that is shown."""
    metadata = {**home.ids_of_view(context), "home": True}
    shown = _fill_form(await _load_place(context), metadata)
    await context.responder.open_view(column_form(shown, context.words))


async def on_reset(context: SlackContext) -> None:
    """Fill the dialog with the usual columns; they are saved when it is sent."""
    shown = _fill_form(await _load_place(context), context.request.metadata)
    await context.responder.update_view(column_form(shown.reset(), context.words))


def _fill_form(place: HomePlace, metadata: dict[str, object]) -> ColumnForm:
    return ColumnForm(place.query.columns, metadata, place.view.name if place.view is not None else "")


async def _load_place(context: SlackContext) -> HomePlace:
    home_request, list_context = home.request_of_view(context), context.list_context
    return await context.deps.service.database.read(lambda tx: load_place(tx, list_context, home_request))


async def on_submitted(context: SlackContext) -> None:
    """Show the list with the columns: those of all the officer's lists, or of the saved view that is shown, which is
    changed with them until it is saved. A column that is chosen twice is told at its field."""
    chosen = form.read(context.request.form)
    if chosen.repeated:
        problem = context.words("columns.repeated")
        await context.responder.show_field_errors(dict.fromkeys(chosen.repeated, problem))
        return
    await _save(context, chosen.columns)
    await context.responder.close_form(context.words("ok.saved"))
    context.performer.run_after_ack(home.refresh_home(context))


async def _save(context: SlackContext, chosen: tuple[ListColumn, ...]) -> None:
    home_request, list_context = home.request_of_view(context), context.list_context

    def work(tx: Tx) -> None:
        place = load_place(tx, list_context, home_request)
        before = place.query.columns if place.view is not None else place.chosen.columns
        set_columns(tx, list_context, place, replace_slack_columns(before, chosen))

    await context.deps.service.database.write(work)
