"""Markera flera: ticking cases of a list, in App Home or in a modal."""

from __future__ import annotations

import re

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms.lists import ticking as ticking_blocks
from bot.blocks.forms.lists.ticking import TickingState, TicksSent
from bot.blocks.values import ListRef, PageNumber, decode
from bot.domain.lists.batches import MAX_CASES
from bot.domain.lists.case_lists import parse_case_list
from bot.domain.lists.case_query import LIST_QUERIES, CaseKey
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE, PAGE_SIZES
from bot.domain.rules import Refused
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home, internal
from bot.handlers.screens.home import HomeContext, HomeResponder
from bot.store import Tx
from bot.store.lists import open_lists
from bot.store.lists.open_lists import ListRequest, OpenList
from bot.store.lists.queries import unread
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.officers import ticking
from bot.store.officers.ticking import TickingPlace


class ListGone(Refused):
    """The open list is too old, another officer's, or of another version of the program."""

    key = "no.list.gone"


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.event("app_home_opened")(
        listeners.for_display(
            on_home_opened,
            responder_class=HomeResponder,
            context_class=HomeContext,
            for_others=internal.show_home,
        )
    )
    app.action("home:tick")(listeners.for_display(on_open_from_home, context_class=HomeContext))
    app.action("tick:open")(listeners.for_modal(on_open))
    app.action(re.compile("^tick:set:"))(listeners.for_display(on_set, context_class=HomeContext))
    app.action(re.compile("^tick:turn:"))(listeners.for_display(on_change_page, context_class=HomeContext))
    app.action("tick:leave")(listeners.for_display(on_leave, context_class=HomeContext))
    app.view(ticking_blocks.MODAL_ID)(listeners.for_change(on_saved))


async def on_home_opened(context: SlackContext) -> None:
    """Render App Home, or the page on which the officer was ticking, with the ticks that Slack still has."""
    officer = context.officer.key
    place = await context.deps.service.database.read(lambda tx: ticking.find(tx, officer))
    if context.request.opened_tab != "home" or place is None:
        await home.on_opened(context)
        return
    opened = await context.deps.service.database.read(lambda tx: open_lists.load(tx, officer, place.list_id))
    await (show(context, opened, place) if opened is not None else _end(context))


async def on_open_from_home(context: SlackContext) -> None:
    """Tick cases of the list that is shown in App Home."""
    metadata = context.request.metadata
    ref = ListRef(metadata["tab"], metadata.get("shown") or "")
    await show(context, await open_list(context, ref), None)


async def on_open(context: SlackContext) -> None:
    """Tick cases of the list below which the button stands."""
    await open_modal(context, await open_list(context, decode(context.request.value, ListRef)))


async def open_modal(context: SlackContext, opened: OpenList) -> None:
    await context.responder.open_view(ticking_blocks.ticking_loading_modal(context.words))
    await show(context, opened, None)


async def open_list(context: SlackContext, ref: ListRef) -> OpenList:
    """The open list with that id, else one that every officer has. Raises ListGone."""
    officer, database, now = context.officer.key, context.deps.service.database, context.list_context.now
    if ref.list_id:
        return await load_list(context, ref.list_id)
    tab = parse_case_list(ref.list_name)
    if tab is None:
        raise ListGone
    requested = ListRequest(tab=tab, query=LIST_QUERIES[tab], page_size=DEFAULT_PAGE_SIZE)
    return await database.write(lambda tx: open_lists.create(tx, officer, requested, now))


async def load_list(context: SlackContext, list_id: str) -> OpenList:
    """The officer's open list. Raises ListGone."""
    officer = context.officer.key
    opened = await context.deps.service.database.read(lambda tx: open_lists.load(tx, officer, list_id))
    if opened is None:
        raise ListGone
    return opened


async def on_set(context: SlackContext) -> None:
    """Tick or untick the cases of the page, or all that the list finds; or mark those that are ticked as unread."""
    what = context.request.action_argument
    opened = await save_ticks(context, what)
    await show(context, opened, _next_place(context, context.request.metadata["page"]))


async def on_change_page(context: SlackContext) -> None:
    opened = await save_ticks(context)
    page = decode(context.request.value, PageNumber).number
    await show(context, opened, _next_place(context, page))


def _next_place(context: SlackContext, page: int) -> TickingPlace:
    """The page, whose boxes are named anew: Slack keeps what was ticked in boxes of the same name."""
    metadata = context.request.metadata
    return TickingPlace(metadata["ticking"], page, metadata["n"] + 1)


async def on_leave(context: SlackContext) -> None:
    """Go back to the lists of App Home. The ticks remain with the list."""
    await save_ticks(context)
    await _end(context)


async def _end(context: SlackContext) -> None:
    officer = context.officer.key
    await context.deps.service.database.write(lambda tx: ticking.end(tx, officer))
    await home.show_last(context)


async def on_saved(context: SlackContext) -> None:
    """Store the ticks of the modal, which is closed."""
    await save_ticks(context)


async def save_ticks(context: SlackContext, what: str = "") -> OpenList:
    """Store the ticks that came with the press, and then what it sets. Raises ListGone."""
    officer, list_id = context.officer.key, context.request.metadata["ticking"]
    sent = ticking_blocks.read_ticks(context.request.form)

    def work(tx: Tx) -> OpenList:
        opened = open_lists.load(tx, officer, list_id)
        if opened is None:
            raise ListGone
        _save(tx, opened, sent, what)
        if what == "unread":
            _mark_unread(tx, context, _reload(tx, officer, list_id))
        return _reload(tx, officer, list_id)

    return await context.deps.service.database.write(work)


def _reload(tx: Tx, officer: str, list_id: str) -> OpenList:
    """The list as it is stored now, in the transaction that has read it before."""
    saved = open_lists.load(tx, officer, list_id)
    assert saved is not None
    return saved


def _mark_unread(tx: Tx, context: SlackContext, opened: OpenList) -> None:
    """Mark the ticked cases as unread, and untick them; none of a list of which all are meant, as on the web."""
    if not opened.all_ticked:
        unread.mark_unread(tx, context.officer, opened.ticked, context.list_context.now)
        open_lists.untick_all(tx, opened)


def _save(tx: Tx, opened: OpenList, sent: TicksSent, what: str) -> None:
    if what == "all":
        open_lists.tick_all(tx, opened)
    elif what == "none":
        open_lists.untick_all(tx, opened)
    elif not opened.all_ticked:
        ticked = {"page": sent.shown, "nopage": ()}.get(what, sent.ticked)
        open_lists.save_ticks(tx, opened, sent.shown, ticked)


async def show(context: SlackContext, opened: OpenList, place: TickingPlace | None) -> None:
    """Show a page of the list where the request was made, or in the modal that it has opened."""
    place = place or TickingPlace(opened.id)
    state = await _load_page(context, opened, place)
    if context.responder.opened_view_id:
        await context.responder.update_opened_view(ticking_blocks.ticking_modal(state, context.words))
    elif context.request.is_in_view and not context.request.is_in_app_home:
        await context.responder.update_view(ticking_blocks.ticking_modal(state, context.words))
    else:
        await _publish(context, state)


async def _publish(context: SlackContext, state: TickingState) -> None:
    deps, user, officer = context.deps, context.request.user_id, context.officer.key
    number = context.number if isinstance(context, HomeContext) else deps.home_renders.next_number(user)
    shown = TickingPlace(state.list_id, state.page, state.revision)

    async def publish() -> None:
        await deps.slack.publish_home(user, ticking_blocks.ticking_home(state, context.words))
        await deps.service.database.write(lambda tx: ticking.save(tx, officer, shown))

    await deps.home_renders.render_if_latest(user, number, publish)


async def _load_page(context: SlackContext, opened: OpenList, place: TickingPlace) -> TickingState:
    """The page, and where the next one begins stored. Raises QueryRefused."""
    lists, database = context.list_context, context.deps.service.database
    page = max(1, min(place.page, len(opened.page_keys) + 1))
    after = opened.page_keys[page - 2] if page > 1 else None

    def read(tx: Tx) -> tuple[TickingState, CaseKey | None]:
        queries = CaseQueries(tx, lists)
        found = queries.page(opened.query, limit=min(opened.page_size, PAGE_SIZES[-1]), after=after)
        state = TickingState(
            list_id=opened.id,
            query=opened.query,
            page=page,
            rows=found.cases,
            has_next=found.next_key is not None,
            total=queries.count(opened.query, limit=MAX_CASES + 1).number,
            ticked=opened.ticked,
            all_ticked=opened.all_ticked,
            revision=place.revision,
            catalog=lists.catalog,
        )
        return state, found.next_key

    state, next_key = await database.read(read)
    if next_key is not None and opened.page_keys[page - 1 : page] != (next_key,):
        await database.write(lambda tx: open_lists.save_page_key(tx, opened, page, next_key))
    return state
