"""App Home, rendered only when it is opened and at its owner's actions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.elements import Element
from bot.blocks.lists import home as home_blocks
from bot.blocks.lists.home import PAGE_SIZE, HomeState, PageKeys
from bot.blocks.values import PageNumber, decode
from bot.catalog.models import Catalog
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.domain.case_lists import HOME_LISTS, CaseList, parse_home_list
from bot.domain.case_query import LIST_QUERIES, CaseCount, CaseKey, parse_case_key
from bot.domain.preferences import Preferences
from bot.domain.views import ListedCase
from bot.handlers.request.context import RunAndReport, SlackContext
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.responder import Responder
from bot.handlers.request.slack_request import SlackRequest
from bot.store import DatabaseBusy, Tx
from bot.store.lists.case_queries import CaseQueries
from bot.store.lists.worklists import ListContext
from bot.store.officers import preferences
from bot.store.officers.preferences import HomePosition
from bot.store.outbox import deliveries

log = structlog.get_logger()

DEFAULT_SPOT = HomePosition("todo")


@dataclass(frozen=True, slots=True)
class PageStart:
    """The key after or before which a page is read; with neither, it is read by its number."""

    after: CaseKey | None = None
    before: CaseKey | None = None


BY_NUMBER = PageStart()


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
    app.event("app_home_opened")(
        listeners.for_display(on_opened, responder_class=HomeResponder, context_class=HomeContext)
    )
    app.action(re.compile("^home:(tab|look):"))(listeners.for_display(on_tab, context_class=HomeContext))
    app.action(re.compile("^home:turn:"))(listeners.for_display(on_change_page, context_class=HomeContext))
    app.action(re.compile("^home:list:"))(listeners.for_modal(on_list))
    app.action("home:refresh")(listeners.for_display(on_refresh, context_class=HomeContext))


async def on_opened(context: SlackContext) -> None:
    """Render App Home; the event also occurs for the app's other tab, with the private notices."""
    if context.request.opened_tab == "home":
        await show_home(context, await _start_spot(context))


async def _start_spot(context: SlackContext) -> HomePosition:
    """The start tab of the officer's preferences, else the last position."""
    officer, database = context.officer.key, context.deps.service.database
    stored_preferences, spot = await database.read(lambda tx: _load_preferences(tx, officer))
    return (
        spot or DEFAULT_SPOT if stored_preferences.start == "last" else HomePosition(stored_preferences.start)
    )


def _load_preferences(tx: Tx, officer: str) -> tuple[Preferences, HomePosition | None]:
    return preferences.load(tx, officer), preferences.find_home_position(tx, officer)


async def on_tab(context: SlackContext) -> None:
    await show_home(context, HomePosition(_parse_tab(context.request.action_argument)))


async def on_list(context: SlackContext) -> None:
    """Open the whole list in a modal."""
    await open_list_modal(context, _parse_tab(context.request.action_argument))


def _parse_tab(name: str) -> CaseList:
    """The tab with that name; the first one for an unknown name."""
    return parse_home_list(name) or HOME_LISTS[0]


async def open_list_modal(context: SlackContext, tab: CaseList) -> None:
    """Open a modal with the lists of App Home."""
    await context.responder.open_view(home_blocks.home_loading_modal(context.words))
    await show_home(context, HomePosition(tab))


async def on_change_page(context: SlackContext) -> None:
    """The page beside the one that was shown, by its key; by its number where an older view has no keys."""
    metadata, page = context.request.metadata, decode(context.request.value, PageNumber).number
    previous_key, next_key = _parse_keys(metadata.get("turns"))
    start = PageStart(after=next_key) if page > metadata["page"] else PageStart(before=previous_key)
    await show_home(context, HomePosition(_parse_tab(metadata["tab"]), page), start)


def _parse_keys(encoded: Sequence[str] | None) -> tuple[CaseKey | None, CaseKey | None]:
    first, second = encoded or ("", "")
    return parse_case_key(first), parse_case_key(second)


async def on_refresh(context: SlackContext) -> None:
    """Render the same page again; where no cases could be shown before, as when App Home is opened."""
    metadata = context.request.metadata
    if "tab" not in metadata:
        await show_home(context, await _start_spot(context))
        return
    spot = HomePosition(_parse_tab(metadata["tab"]), metadata["page"])
    await show_home(context, spot, PageStart(*_parse_keys(metadata.get("begun"))))


async def refresh_home(context: SlackContext) -> None:
    """Render App Home at the last position, after a change in a modal above it.

    Failures are ignored: the officer is looking at the modal.
    """
    number, officer = context.deps.home_renders.next_number(context.request.user_id), context.officer.key
    try:
        spot = await context.deps.service.database.read(
            lambda tx: preferences.find_home_position(tx, officer)
        )
        await _publish_if_latest(context, spot or DEFAULT_SPOT, number)
    except (DatabaseBusy, TemporaryFailure, PermanentFailure) as failed:
        log.warning("home_not_renewed", error=type(failed).__name__, user=context.request.user_id)


async def show_home(context: SlackContext, spot: HomePosition, start: PageStart = BY_NUMBER) -> None:
    """Render App Home, or the modal with the same lists, and store the position."""
    if context.responder.opened_view_id:
        await context.responder.update_opened_view(
            home_blocks.home_modal((await _load_home(context, spot, start)).state, context.words)
        )
    elif context.request.view.callback_id == home_blocks.HOME_MODAL_ID:
        await context.responder.update_view(
            home_blocks.home_modal((await _load_home(context, spot, start)).state, context.words)
        )
    else:
        number = (
            context.number
            if isinstance(context, HomeContext)
            else context.deps.home_renders.next_number(context.request.user_id)
        )
        await _publish_if_latest(context, spot, number, start)


async def _publish_if_latest(
    context: SlackContext, spot: HomePosition, number: int, start: PageStart = BY_NUMBER
) -> None:
    loaded = await _load_home(context, spot, start)
    await context.deps.home_renders.render_if_latest(
        context.request.user_id, number, lambda: _publish_view(context, loaded)
    )


async def _publish_view(context: SlackContext, loaded: LoadedHome) -> None:
    await context.deps.slack.publish_home(
        context.request.user_id, home_blocks.home(loaded.state, context.words)
    )
    officer, spot = context.officer.key, HomePosition(loaded.state.tab, loaded.state.page)
    if spot != loaded.previous_spot:
        await context.deps.service.database.write(
            lambda tx: preferences.save_home_position(tx, officer, spot)
        )


@dataclass(frozen=True, slots=True)
class LoadedHome:
    """The data of App Home; `previous_spot` is the officer's last position."""

    state: HomeState
    previous_spot: HomePosition | None


async def _load_home(context: SlackContext, spot: HomePosition, start: PageStart) -> LoadedHome:
    list_context, catalog = context.list_context, context.deps.service.catalog
    return await context.deps.service.database.read(
        lambda tx: _read_home(tx, list_context, catalog, spot, start)
    )


def _read_home(
    tx: Tx, list_context: ListContext, catalog: Catalog, spot: HomePosition, start: PageStart = BY_NUMBER
) -> LoadedHome:
    """Load counts and cases in one snapshot."""
    queries = CaseQueries(tx, list_context)
    counts = {one: queries.count(LIST_QUERIES[one]) for one in HOME_LISTS}
    page, rows, keys = _read_page(queries, spot, start, counts[spot.tab])
    state = HomeState(
        tab=spot.tab,
        rows=rows,
        counts=counts,
        catalog=catalog,
        fetched_at=list_context.now,
        today=list_context.today,
        page=page,
        keys=keys,
        delayed_count=sum(deliveries.count_delayed(tx, list_context.now).values()),
    )
    return LoadedHome(state, preferences.find_home_position(tx, list_context.officer.key))


def _read_page(
    queries: CaseQueries, spot: HomePosition, start: PageStart, count: CaseCount
) -> tuple[int, list[ListedCase], PageKeys]:
    """The page, and its number. The first page begins the list; one beyond the last that is counted becomes that."""
    query = LIST_QUERIES[spot.tab]
    if spot.page > 0 and start != BY_NUMBER:
        found = queries.page(query, limit=PAGE_SIZE, after=start.after, before=start.before)
        if found.rows:
            keys = PageKeys(found.previous_key, found.next_key, start.after, start.before)
            return spot.page, found.cases, keys
    page = max(0, min(spot.page, (count.number - 1) // PAGE_SIZE))
    found = queries.numbered_page(query, limit=PAGE_SIZE, page=page)
    return page, found.cases, PageKeys(found.previous_key, found.next_key)
