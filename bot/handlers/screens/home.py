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
from bot.blocks.lists import home as picture
from bot.blocks.lists.home import ROWS, Shown
from bot.catalog.models import Catalog
from bot.clients.errors import Permanent, Temporary
from bot.domain.preferences import Preferences
from bot.domain.views import Worklist
from bot.handlers.request.dependencies import Kit
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.store import Busy, Tx
from bot.store.lists.worklists import Asker, Worklists
from bot.store.officers import preferences
from bot.store.officers.preferences import Spot
from bot.store.outbox import deliveries

log = structlog.get_logger()

TABS: tuple[Worklist, ...] = get_args(Worklist)
FIRST = Spot("todo")


class HomePress(Press):
    """A press that draws Home. Its turn is from when it came, whatever takes long after that."""

    def __init__(self, kit: Kit, body: Mapping[str, Any], ack: AsyncAck) -> None:
        super().__init__(kit, body, ack)
        self.turn = kit.homes.turn(self.user)


class HomeOpened(HomePress):
    """Home being opened. What cannot be shown is said in Home itself."""

    @property
    def user(self) -> str:
        return str(self.body["event"]["user"])

    @property
    def team(self) -> str:
        return str(self.body["team_id"])

    async def tell(self, text: str, *buttons: Element) -> None:
        await self.kit.slack.publish(self.user, picture.closed_home(text, self.words))


def register(app: AsyncApp, listening: Listening) -> None:
    app.event("app_home_opened")(listening.showing(on_opened, HomeOpened))
    app.action(re.compile("^home:(tab|look):"))(listening.showing(on_tab, HomePress))
    app.action(re.compile("^home:turn:"))(listening.showing(on_turn, HomePress))
    app.action(re.compile("^home:list:"))(listening.opening(on_list))
    app.action("home:refresh")(listening.showing(on_refresh, HomePress))


async def on_opened(press: Press) -> None:
    """Slack tells of both of the app's tabs; the other one holds the private notices."""
    if press.body["event"].get("tab") == "home":
        await drawn(press, await _start(press))


async def _start(press: Press) -> Spot:
    """Where the officer always wants to begin, else where they were."""
    officer, database = press.officer.key, press.kit.service.database
    chosen, spot = await database.read(lambda tx: _chosen(tx, officer))
    return spot or FIRST if chosen.start == "last" else Spot(chosen.start)


def _chosen(tx: Tx, officer: str) -> tuple[Preferences, Spot | None]:
    return preferences.of(tx, officer), preferences.spot_of(tx, officer)


async def on_tab(press: Press) -> None:
    tab = str(press.action["action_id"]).rpartition(":")[2]
    await drawn(press, Spot(tab))


async def on_list(press: Press) -> None:
    """From a short list to all of it, in a modal: a button of Slack's leads nowhere else."""
    await in_modal(press, str(press.action["action_id"]).rpartition(":")[2])


async def in_modal(press: Press, tab: str) -> None:
    """Open a modal with the same lists as Home has."""
    await press.open(picture.opening(press.words))
    await drawn(press, Spot(tab))


async def on_turn(press: Press) -> None:
    page = int(press.value) if press.value.isdecimal() else 0
    await drawn(press, Spot(str(press.ids["tab"]), page))


async def on_refresh(press: Press) -> None:
    """What was seen is drawn anew; where no cases could be shown, it is tried as when Home is opened."""
    seen = press.ids
    await drawn(press, Spot(str(seen["tab"]), int(seen["page"])) if seen else await _start(press))


async def renewed(press: Press) -> None:
    """Draw Home where the officer was last, for what was pressed in a modal above it has changed it.

    Where it cannot be, it stays as it was: what they look at is above it.
    """
    turn, officer = press.kit.homes.turn(press.user), press.officer.key
    try:
        spot = await press.kit.service.database.read(lambda tx: preferences.spot_of(tx, officer))
        await _publish(press, spot or FIRST, turn)
    except (Busy, Temporary, Permanent) as failed:
        log.warning("home_not_renewed", error=type(failed).__name__, user=press.user)


async def drawn(press: Press, spot: Spot) -> None:
    """Draw Home, and remember where in it the officer is; or the modal with the same lists."""
    if press.opened:
        await press.fill(picture.in_modal((await _fetched(press, spot)).shown, press.words))
    elif press.view.get("callback_id") == picture.IN_MODAL:
        await press.redraw(picture.in_modal((await _fetched(press, spot)).shown, press.words))
    else:
        turn = press.turn if isinstance(press, HomePress) else press.kit.homes.turn(press.user)
        await _publish(press, spot, turn)


async def _publish(press: Press, spot: Spot, turn: int) -> None:
    fetched = await _fetched(press, spot)
    await press.kit.homes.draw(press.user, turn, lambda: _published(press, fetched))


async def _published(press: Press, fetched: Fetched) -> None:
    await press.kit.slack.publish(press.user, picture.home(fetched.shown, press.words))
    officer, spot = press.officer.key, Spot(fetched.shown.tab, fetched.shown.page)
    if spot != fetched.was:
        await press.kit.service.database.write(lambda tx: preferences.keep_spot(tx, officer, spot))


@dataclass(frozen=True, slots=True)
class Fetched:
    """What Home is drawn of; `was` is where the officer was until now."""

    shown: Shown
    was: Spot | None


async def _fetched(press: Press, spot: Spot) -> Fetched:
    asker, catalog = press.asker, press.kit.service.catalog
    return await press.kit.service.database.read(lambda tx: _found(tx, asker, catalog, spot))


def _found(tx: Tx, asker: Asker, catalog: Catalog, spot: Spot) -> Fetched:
    """One picture of the store: what is counted is what is shown. A page that is no more is the last one."""
    tab: Worklist = next((tab for tab in TABS if tab == spot.tab), "todo")
    lists = Worklists(tx, asker)
    counts = {one: lists.count(one) for one in TABS}
    page = max(0, min(spot.page, (counts[tab] - 1) // ROWS))
    shown = Shown(
        tab=tab,
        rows=lists.page(tab, limit=ROWS, offset=page * ROWS),
        counts=counts,
        catalog=catalog,
        at=asker.now,
        today=asker.today,
        page=page,
        delayed=sum(deliveries.delayed(tx, asker.now).values()),
    )
    return Fetched(shown, preferences.spot_of(tx, asker.officer.key))
