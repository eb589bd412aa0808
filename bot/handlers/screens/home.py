"""App Home: drawn when it is opened and by its owner's press, and by nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks.block_kit.elements import Element
from bot.blocks.lists import home as home_blocks
from bot.blocks.lists.home import PAGE_SIZE, HomeState
from bot.blocks.values import PageNumber, decode
from bot.catalog.models import Catalog
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.domain.preferences import Preferences
from bot.domain.views import Worklist
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.store import DatabaseBusy, Tx
from bot.store.lists.worklists import ListContext, Worklists
from bot.store.officers import preferences
from bot.store.officers.preferences import HomePosition
from bot.store.outbox import deliveries

log = structlog.get_logger()

TABS: tuple[Worklist, ...] = get_args(Worklist)
DEFAULT_SPOT = HomePosition("todo")


class HomeRequest(SlackRequest):
    """A press that draws Home. Its turn is from when it came, whatever takes long after that."""

    def __init__(self, deps: Dependencies, body: Mapping[str, Any], ack: AsyncAck) -> None:
        super().__init__(deps, body, ack)
        self.number = deps.home_renders.next_number(self.user_id)


class HomeOpenedRequest(HomeRequest):
    """Home being opened. What cannot be shown is said in Home itself."""

    @property
    def user_id(self) -> str:
        return str(self.body["event"]["user"])

    @property
    def team_id(self) -> str:
        return str(self.body["team_id"])

    async def respond(self, text: str, *buttons: Element) -> None:
        await self.deps.slack.publish_home(self.user_id, home_blocks.home_unavailable(text, self.words))


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.event("app_home_opened")(listeners.for_display(on_opened, HomeOpenedRequest))
    app.action(re.compile("^home:(tab|look):"))(listeners.for_display(on_tab, HomeRequest))
    app.action(re.compile("^home:turn:"))(listeners.for_display(on_change_page, HomeRequest))
    app.action(re.compile("^home:list:"))(listeners.for_modal(on_list))
    app.action("home:refresh")(listeners.for_display(on_refresh, HomeRequest))


async def on_opened(request: SlackRequest) -> None:
    """Slack tells of both of the app's tabs; the other one holds the private notices."""
    if request.body["event"].get("tab") == "home":
        await show_home(request, await _start_spot(request))


async def _start_spot(request: SlackRequest) -> HomePosition:
    """Where the officer always wants to begin, else where they were."""
    officer, database = request.officer.key, request.deps.service.database
    stored_preferences, spot = await database.read(lambda tx: _load_preferences(tx, officer))
    return (
        spot or DEFAULT_SPOT if stored_preferences.start == "last" else HomePosition(stored_preferences.start)
    )


def _load_preferences(tx: Tx, officer: str) -> tuple[Preferences, HomePosition | None]:
    return preferences.load(tx, officer), preferences.find_home_position(tx, officer)


async def on_tab(request: SlackRequest) -> None:
    tab = str(request.action["action_id"]).rpartition(":")[2]
    await show_home(request, HomePosition(tab))


async def on_list(request: SlackRequest) -> None:
    """From a short list to all of it, in a modal: a button of Slack's leads nowhere else."""
    await open_list_modal(request, str(request.action["action_id"]).rpartition(":")[2])


async def open_list_modal(request: SlackRequest, tab: str) -> None:
    """Open a modal with the same lists as Home has."""
    await request.open_view(home_blocks.home_loading_modal(request.words))
    await show_home(request, HomePosition(tab))


async def on_change_page(request: SlackRequest) -> None:
    page = decode(request.value, PageNumber).number
    await show_home(request, HomePosition(str(request.metadata["tab"]), page))


async def on_refresh(request: SlackRequest) -> None:
    """What was seen is drawn anew; where no cases could be shown, it is tried as when Home is opened."""
    metadata = request.metadata
    await show_home(
        request,
        HomePosition(str(metadata["tab"]), int(metadata["page"])) if metadata else await _start_spot(request),
    )


async def refresh_home(request: SlackRequest) -> None:
    """Draw Home where the officer was last, for what was pressed in a modal above it has changed it.

    Where it cannot be, it stays as it was: what they look at is above it.
    """
    number, officer = request.deps.home_renders.next_number(request.user_id), request.officer.key
    try:
        spot = await request.deps.service.database.read(
            lambda tx: preferences.find_home_position(tx, officer)
        )
        await _publish_if_latest(request, spot or DEFAULT_SPOT, number)
    except (DatabaseBusy, TemporaryFailure, PermanentFailure) as failed:
        log.warning("home_not_renewed", error=type(failed).__name__, user=request.user_id)


async def show_home(request: SlackRequest, spot: HomePosition) -> None:
    """Draw Home, and remember where in it the officer is; or the modal with the same lists."""
    if request.opened_view_id:
        await request.update_opened_view(
            home_blocks.home_modal((await _load_home(request, spot)).state, request.words)
        )
    elif request.view.get("callback_id") == home_blocks.HOME_MODAL_ID:
        await request.update_view(
            home_blocks.home_modal((await _load_home(request, spot)).state, request.words)
        )
    else:
        number = (
            request.number
            if isinstance(request, HomeRequest)
            else request.deps.home_renders.next_number(request.user_id)
        )
        await _publish_if_latest(request, spot, number)


async def _publish_if_latest(request: SlackRequest, spot: HomePosition, number: int) -> None:
    loaded = await _load_home(request, spot)
    await request.deps.home_renders.render_if_latest(
        request.user_id, number, lambda: _publish_view(request, loaded)
    )


async def _publish_view(request: SlackRequest, loaded: LoadedHome) -> None:
    await request.deps.slack.publish_home(request.user_id, home_blocks.home(loaded.state, request.words))
    officer, spot = request.officer.key, HomePosition(loaded.state.tab, loaded.state.page)
    if spot != loaded.previous_spot:
        await request.deps.service.database.write(
            lambda tx: preferences.save_home_position(tx, officer, spot)
        )


@dataclass(frozen=True, slots=True)
class LoadedHome:
    """What Home is drawn of; `previous_spot` is where the officer was until now."""

    state: HomeState
    previous_spot: HomePosition | None


async def _load_home(request: SlackRequest, spot: HomePosition) -> LoadedHome:
    list_context, catalog = request.list_context, request.deps.service.catalog
    return await request.deps.service.database.read(lambda tx: _read_home(tx, list_context, catalog, spot))


def _read_home(tx: Tx, list_context: ListContext, catalog: Catalog, spot: HomePosition) -> LoadedHome:
    """One picture of the store: what is counted is what is shown. A page that is no more is the last one."""
    tab: Worklist = next((tab for tab in TABS if tab == spot.tab), "todo")
    lists = Worklists(tx, list_context)
    counts = {worklist: lists.count(worklist) for worklist in TABS}
    page = max(0, min(spot.page, (counts[tab] - 1) // PAGE_SIZE))
    state = HomeState(
        tab=tab,
        rows=lists.page(tab, limit=PAGE_SIZE, offset=page * PAGE_SIZE),
        counts=counts,
        catalog=catalog,
        fetched_at=list_context.now,
        today=list_context.today,
        page=page,
        delayed_count=sum(deliveries.count_delayed(tx, list_context.now).values()),
    )
    return LoadedHome(state, preferences.find_home_position(tx, list_context.officer.key))
