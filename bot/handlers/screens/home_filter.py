"""The search, the filter and the order of App Home's list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.elements import option_group
from bot.blocks.forms.fields import MAX_OPTIONS
from bot.blocks.forms.lists import filter as form
from bot.blocks.forms.lists.filter import FilterForm, filter_form
from bot.blocks.lists.home import FIND_FIELD, HOME_MODAL_ID
from bot.blocks.lists.home_filter import ANY, SERVICE_FIELD, SEVERAL, SORT_FIELD, STATUS_FIELD, menu_options
from bot.domain.lists.case_query import (
    SORT_COLUMNS,
    CaseQuery,
    direction,
    read_search_text,
    with_text,
)
from bot.domain.lists.query_choices import Choices, service_choices, status_choices
from bot.domain.lists.query_form import read_query
from bot.domain.lists.query_validation import without_problems
from bot.domain.name_search import find_groups_by_name, find_officers_by_name
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home
from bot.handlers.screens.home import HomeContext
from bot.handlers.screens.home_loading import (
    HomePlace,
    HomeRequest,
    end_search,
    leave,
    load_place,
    open_place,
)
from bot.store import Tx
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers.preferences import HomePosition
from bot.text import fold

log = structlog.get_logger()

Change = Callable[[CaseQuery], CaseQuery]


def register(app: AsyncApp, listeners: Listeners) -> None:
    for field, on_chosen in (
        (SERVICE_FIELD, on_service),
        (STATUS_FIELD, on_status),
        (SORT_FIELD, on_sort),
        (FIND_FIELD, on_find),
        ("home:searchall", on_search_all),
        ("home:clear", on_clear),
        ("home:drop", on_drop),
    ):
        app.action(field)(listeners.for_display(on_chosen, context_class=HomeContext))
    app.options(SERVICE_FIELD)(listeners.for_options(on_service_options))
    app.options(STATUS_FIELD)(listeners.for_options(on_status_options))
    app.action("home:filter")(listeners.for_modal(on_filter))
    app.view(form.ID)(listeners.for_change(on_submitted))
    app.options(form.FIELDS["services"])(listeners.for_options(on_services_options))
    app.options(form.FIELDS["statuses"])(listeners.for_options(on_statuses_options))
    app.options(form.FIELDS["assignees"])(listeners.for_options(on_assignees_options))


# --- the search on top ---


async def on_find(context: SlackContext) -> None:
    """The list's cases with the text, sent by Enter, or where it has none all cases with it; without a text the list in
    which it was searched for."""
    text, list_context = read_search_text(context.request.value), context.list_context
    home_request, database = home.request_of_view(context), context.deps.service.database
    if not text:
        await _show_without_search(context)
        return

    def find(tx: Tx) -> tuple[HomePlace, str, bool]:
        shown, begun = load_place(tx, list_context, home_request), home_request.position.searched_from
        found = shown.changed(with_text(shown.query, text))
        if CaseQueries(tx, list_context).widened(found.query) is None:
            return found, begun, False
        return _everywhere(tx, list_context, text), begun or shown.name, True

    place, searched_from, is_widened = await database.read(find)
    log.info("searched", by=context.officer.ref)
    position = await database.write(lambda tx: leave(tx, list_context, place, searched_from))
    await home.show_home(context, HomeRequest(position, is_widened=is_widened))


async def _show_without_search(context: SlackContext) -> None:
    home_request, list_context = home.request_of_view(context), context.list_context
    position = await context.deps.service.database.write(
        lambda tx: end_search(tx, list_context, home_request)
    )
    await home.show_home(context, HomeRequest(position))


async def on_search_all(context: SlackContext) -> None:
    """All cases with the text of the list that is shown. In the modal nothing is stored of where the officer is."""
    list_context, home_request = context.list_context, home.request_of_view(context)
    in_modal = context.request.view.callback_id == HOME_MODAL_ID

    def work(tx: Tx) -> HomeRequest:
        text = load_place(tx, list_context, home_request).query.text
        place = _everywhere(tx, list_context, text)
        if not in_modal:
            return HomeRequest(leave(tx, list_context, place))
        list_id = open_place(tx, list_context, place)
        return HomeRequest(HomePosition(place.tab), list_id=list_id)

    await home.show_home(context, await context.deps.service.database.write(work))


def _everywhere(tx: Tx, list_context: ListContext, text: str) -> HomePlace:
    """The tab of all cases, with this search text."""
    place = load_place(tx, list_context, HomeRequest(HomePosition("all"), list_id=""))
    return place.changed(with_text(place.own, text))


# --- the menus above the list ---


async def on_service(context: SlackContext) -> None:
    """Only one e-service's cases, or all. Statuses that it does not have are left out with it."""
    chosen = _chosen(context.request.value)
    if chosen is None:
        return
    officer, catalog = context.officer, context.deps.service.catalog
    known = {key for key, _ in status_choices(officer, catalog, context.words, chosen)}

    def change(query: CaseQuery) -> CaseQuery:
        remaining = [key for key in query.filter.statuses if key in known]
        return query.narrowed(services=chosen, statuses=remaining)

    await _change_list(context, change)


async def on_status(context: SlackContext) -> None:
    chosen = _chosen(context.request.value)
    if chosen is not None:
        await _change_list(context, lambda query: query.narrowed(statuses=chosen))


def _chosen(value: str) -> tuple[str, ...] | None:
    """The values that were chosen in a menu; None where its several values stay."""
    if value == SEVERAL:
        return None
    return () if value in (ANY, "") else (value[:80],)


async def on_sort(context: SlackContext) -> None:
    name, _, descending = context.request.value.partition(":")
    sort = next((one for one in SORT_COLUMNS if one == name), None)
    if sort is None:
        return

    def change(query: CaseQuery) -> CaseQuery:
        if sort == "urgency" and not query.filter.waiting:
            return query
        return query.model_copy(
            update={"sort": sort, "descending": direction(sort, descending=descending == "1")}
        )

    await _change_list(context, change)


async def on_clear(context: SlackContext) -> None:
    """The tab's own list, or the view as it was saved; of a widened search the list where it began.

    In the modal nothing is stored: its lists were not left.
    """
    shown = home.request_of_view(context)
    first_page = replace(shown.position, page=0)
    if context.request.view.callback_id == HOME_MODAL_ID:
        await home.show_home(context, HomeRequest(first_page, list_id=""))
        return
    if shown.position.searched_from:
        await _show_without_search(context)
        return
    await _leave(context, lambda place: place.changed(place.own))
    await home.show_home(context, HomeRequest(first_page))


async def on_drop(context: SlackContext) -> None:
    """The list without what can no longer be chosen."""
    officer, catalog = context.officer, context.deps.service.catalog
    await _change_list(context, lambda query: without_problems(query, officer, catalog))


async def _change_list(context: SlackContext, change: Change) -> None:
    """Show the list that is shown now, changed, and remember it for the officer."""
    position = await _leave(context, lambda place: place.changed(change(place.query)))
    await home.show_home(context, HomeRequest(position))


async def _leave(context: SlackContext, change: Callable[[HomePlace], HomePlace]) -> HomePosition:
    """Store the changed list as the one that the officer left. Returns its first page."""
    home_request, list_context = home.request_of_view(context), context.list_context

    def work(tx: Tx) -> HomePosition:
        place = change(load_place(tx, list_context, home_request))
        return leave(tx, list_context, place, home_request.position.searched_from)

    return await context.deps.service.database.write(work)


async def on_service_options(context: SlackContext) -> list[dict[str, Any]]:
    choices = service_choices(context.officer, context.deps.service.catalog, context.words)
    return _menu_suggestions(context, choices, "home.services.any")


async def on_status_options(context: SlackContext) -> list[dict[str, Any]]:
    place = await _load_place(context)
    choices = status_choices(
        context.officer, context.deps.service.catalog, context.words, place.query.filter.services
    )
    return _menu_suggestions(context, choices, "home.statuses.any")


def _menu_suggestions(context: SlackContext, choices: Choices, any_key: str) -> list[dict[str, Any]]:
    words, typed = context.words, fold(context.request.text[:200]).split()
    found = [one for one in choices if all(word in fold(one[1]) for word in typed)]
    any_label = words(any_key) if not typed else ""
    options = menu_options(found, any_label)
    return [option_group(words(any_key), options)] if options else []


# --- Fler filter ---


async def on_filter(context: SlackContext) -> None:
    """Open the dialog with all parts of the filter."""
    place = await _load_place(context)
    metadata = {**home.ids_of_view(context), "home": True}
    catalog = context.deps.service.catalog
    await context.responder.open_view(
        filter_form(FilterForm(place.tab, place.query, catalog, metadata), context.words)
    )


async def _load_place(context: SlackContext) -> HomePlace:
    home_request, list_context = home.request_of_view(context), context.list_context
    return await context.deps.service.database.read(lambda tx: load_place(tx, list_context, home_request))


async def on_submitted(context: SlackContext) -> None:
    """Show the list as narrowed; values that cannot be are told at their fields."""
    place = await _load_place(context)
    filled = form.read(context.request.form, place.tab, place.query)
    query, wrong = read_query(filled, place.query)
    if query is None:
        errors = {form.field_of(name): context.words(key) for name, key in wrong.items()}
        await context.responder.show_field_errors(errors)
        return
    await _leave(context, lambda current: current.changed(query))
    await context.responder.close_form(context.words("ok.saved"))
    context.performer.run_after_ack(home.refresh_home(context))


async def on_services_options(context: SlackContext) -> list[dict[str, Any]]:
    words = context.words
    choices = service_choices(context.officer, context.deps.service.catalog, words)
    return form.suggestions(words("column.service"), choices, context.request.text[:200])


async def on_statuses_options(context: SlackContext) -> list[dict[str, Any]]:
    words = context.words
    choices = status_choices(context.officer, context.deps.service.catalog, words)
    return form.suggestions(words("label.status"), choices, context.request.text[:200])


async def on_assignees_options(context: SlackContext) -> list[dict[str, Any]]:
    typed, catalog = context.request.text[:200], context.deps.service.catalog
    people = find_officers_by_name(catalog, typed)[:MAX_OPTIONS]
    return form.assignee_suggestions(people, find_groups_by_name(catalog, typed), typed, context.words)
