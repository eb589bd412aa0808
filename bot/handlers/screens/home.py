"""App Home, rendered only when it is opened and at its owner's actions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.elements import Element
from bot.blocks.lists import home as home_blocks
from bot.blocks.lists.home_state import HomeState
from bot.blocks.values import ListRef, PageNumber, decode
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.domain.lists.case_lists import CASE_LISTS, CaseList, parse_case_list
from bot.domain.lists.case_query import QUERY_LIST, CaseKey, base_list, parse_case_key
from bot.domain.lists.saved_views import NoSuchView
from bot.domain.preferences import Preferences
from bot.handlers.request.context import RunAndReport, SlackContext
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.responder import Responder
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import internal
from bot.handlers.screens.home_loading import HomeRequest, LoadedHome, PageStart, load_home
from bot.store import DatabaseBusy, Tx
from bot.store.lists import open_lists
from bot.store.officers import preferences, ticking
from bot.store.officers.preferences import HomePosition

log = structlog.get_logger()

DEFAULT_POSITION = HomePosition("todo")


class HomeContext(SlackContext):
    """A request that renders App Home, with its number in the order of arrival."""

    def __init__(
        self, deps: Dependencies, request: SlackRequest, responder: Responder, run_and_report: RunAndReport
    ) -> None:
        super().__init__(deps, request, responder, run_and_report)
        self.number = deps.home_renders.next_number(request.user_id)


class HomeResponder(Responder):
    """Shows refusals in App Home itself."""

    async def respond(self, text: str, *buttons: Element) -> None:
        await self.slack.publish_home(self.request.user_id, home_blocks.home_unavailable(text, self.words))


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action(re.compile("^home:tab:"))(listeners.for_display(on_tab, context_class=HomeContext))
    app.action(re.compile("^home:look:"))(listeners.for_display(on_look, context_class=HomeContext))
    app.action(re.compile("^home:turn:"))(listeners.for_display(on_change_page, context_class=HomeContext))
    app.action(re.compile("^home:list:"))(listeners.for_modal(on_list))
    app.action("home:refresh")(
        listeners.for_display(on_refresh, context_class=HomeContext, for_others=internal.show_home)
    )


async def on_opened(context: SlackContext) -> None:
    """Render App Home; the event also occurs for the app's other tab, with the private notices."""
    if context.request.opened_tab == "home":
        await show_home(context, HomeRequest(await _start_position(context)))


async def _start_position(context: SlackContext) -> HomePosition:
    """The start of the officer's preferences, else the last position."""
    officer, database = context.officer.key, context.deps.service.database
    stored_preferences, last = await database.read(lambda tx: _load_preferences(tx, officer))
    if stored_preferences.start_view:
        return HomePosition("all", 0, stored_preferences.start_view)
    if stored_preferences.start == "last":
        return last or DEFAULT_POSITION
    return HomePosition(stored_preferences.start)


def _load_preferences(tx: Tx, officer: str) -> tuple[Preferences, HomePosition | None]:
    return preferences.load(tx, officer), preferences.find_home_position(tx, officer)


async def on_tab(context: SlackContext) -> None:
    """The tab, as the officer left it."""
    await show_home(context, HomeRequest(HomePosition(_parse_tab(context.request.action_argument))))


async def on_look(context: SlackContext) -> None:
    """The tab's own list, whatever it is narrowed to: as many cases as the button promised."""
    position = HomePosition(_parse_tab(context.request.action_argument))
    await show_home(context, HomeRequest(position, list_id=""))


async def on_list(context: SlackContext) -> None:
    """Open the whole list in a modal. Raises NoSuchView for the list of a query that is no longer open."""
    name = context.request.action_argument
    if name != QUERY_LIST:
        await open_list_modal(context, HomeRequest(HomePosition(_parse_tab(name)), list_id=""))
        return
    officer, list_id = context.officer.key, decode(context.request.value, ListRef).list_id
    opened = await context.deps.service.database.read(lambda tx: open_lists.load(tx, officer, list_id))
    if opened is None:
        raise NoSuchView
    await open_list_modal(context, HomeRequest(HomePosition(base_list(opened.query)), list_id=opened.id))


def _parse_tab(name: str) -> CaseList:
    """The tab with that name; the first one for an unknown name."""
    return parse_case_list(name) or CASE_LISTS[0]


async def open_list_modal(context: SlackContext, home_request: HomeRequest) -> None:
    """Open a modal with the lists of App Home."""
    await context.responder.open_view(home_blocks.home_loading_modal(context.words))
    await show_home(context, home_request)


def request_of_view(context: SlackContext) -> HomeRequest:
    """The page that the view shows; of a view from before there were filters, the tab's own list."""
    metadata = context.request.metadata
    tab, view_id = _parse_tab(metadata["tab"]), metadata.get("view", "")
    position = HomePosition(tab, metadata["page"], view_id, metadata.get("from", ""))
    start = PageStart(*_parse_keys(metadata.get("begun")))
    return HomeRequest(position, start, metadata.get("shown", ""))


def ids_of_view(context: SlackContext) -> dict[str, Any]:
    """What the dialog needs of the view that it is opened from."""
    metadata = context.request.metadata
    return {
        "tab": metadata["tab"],
        "page": metadata["page"],
        "view": metadata.get("view", ""),
        "shown": metadata.get("shown", ""),
    }


async def on_change_page(context: SlackContext) -> None:
    """The page beside the one that was shown, by its key; by its number where an older view has no keys."""
    shown, page = request_of_view(context), decode(context.request.value, PageNumber).number
    previous_key, next_key = _parse_keys(context.request.metadata.get("turns"))
    start = PageStart(after=next_key) if page > shown.position.page else PageStart(before=previous_key)
    await show_home(context, replace(shown, position=replace(shown.position, page=page), start=start))


def _parse_keys(encoded: Sequence[str] | None) -> tuple[CaseKey | None, CaseKey | None]:
    first, second = encoded or ("", "")
    return parse_case_key(first), parse_case_key(second)


async def on_refresh(context: SlackContext) -> None:
    """Render the same page again; where no cases could be shown before, as when App Home is opened."""
    if "tab" not in context.request.metadata:
        await show_home(context, HomeRequest(await _start_position(context)))
        return
    await show_home(context, request_of_view(context))


async def refresh_home(context: SlackContext) -> None:
    """Render App Home at the last position, after a change in a modal above it.

    Not where cases are being ticked in it, whose ticks would be lost. Failures are ignored: the officer is looking at
    the modal.
    """
    officer, database = context.officer.key, context.deps.service.database
    try:
        if await database.read(lambda tx: ticking.find(tx, officer)) is not None:
            return
        number = context.deps.home_renders.next_number(context.request.user_id)
        position = await database.read(lambda tx: preferences.find_home_position(tx, officer))
        await _publish_if_latest(context, HomeRequest(position or DEFAULT_POSITION), number)
    except (DatabaseBusy, TemporaryFailure, PermanentFailure) as failed:
        log.warning("home_not_renewed", error=type(failed).__name__, user=context.request.user_id)


async def show_last(context: SlackContext) -> None:
    """Render App Home at the last position."""
    officer = context.officer.key
    position = await context.deps.service.database.read(
        lambda tx: preferences.find_home_position(tx, officer)
    )
    await show_home(context, HomeRequest(position or DEFAULT_POSITION))


async def show_home(context: SlackContext, home_request: HomeRequest) -> None:
    """Render App Home, or the modal with the same lists, and store the position."""
    if context.responder.opened_view_id:
        loaded = await _load_home(context, home_request)
        await context.responder.update_opened_view(home_blocks.home_modal(loaded.state, context.words))
    elif context.request.view.callback_id == home_blocks.HOME_MODAL_ID:
        loaded = await _load_home(context, home_request)
        await context.responder.update_view(home_blocks.home_modal(loaded.state, context.words))
    else:
        number = (
            context.number
            if isinstance(context, HomeContext)
            else context.deps.home_renders.next_number(context.request.user_id)
        )
        await _publish_if_latest(context, home_request, number)


async def _publish_if_latest(context: SlackContext, home_request: HomeRequest, number: int) -> None:
    loaded = await _load_home(context, home_request)
    await context.deps.home_renders.render_if_latest(
        context.request.user_id, number, lambda: _publish_view(context, loaded)
    )


async def _publish_view(context: SlackContext, loaded: LoadedHome) -> None:
    await _publish(context, loaded.state)
    officer, position = context.officer.key, loaded.position
    if position != loaded.previous_position:
        await context.deps.service.database.write(
            lambda tx: preferences.save_home_position(tx, officer, position)
        )


async def _publish(context: SlackContext, state: HomeState) -> None:
    """Publish App Home. Where Slack does not take the table, the cases are a list, with a line that says so."""
    slack, user, words = context.deps.slack, context.request.user_id, context.words
    view = home_blocks.home(state, words)
    try:
        await slack.publish_home(user, view)
    except PermanentFailure as failed:
        if failed.trouble != "invalid_blocks" or not home_blocks.has_table(view):
            raise
        log.warning("table_refused", user=user)
        as_list = replace(state, shown=replace(state.shown, layout="list"))
        await slack.publish_home(user, home_blocks.home(as_list, words, notice=words("home.table.refused")))


async def _load_home(context: SlackContext, home_request: HomeRequest) -> LoadedHome:
    """Load App Home, and open its list where it is not open already."""
    list_context, database = context.list_context, context.deps.service.database
    loaded = await database.read(lambda tx: load_home(tx, list_context, home_request))
    requested = loaded.to_open
    if requested is not None:
        await database.write(
            lambda tx: open_lists.create(tx, list_context.officer.key, requested, list_context.now)
        )
    return loaded
