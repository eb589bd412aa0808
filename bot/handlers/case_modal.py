"""The case in a modal: opened, turned, and drawn anew after a change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks import case_modal
from bot.blocks.case_modal import TABS, Shown, Tab
from bot.blocks.private import door
from bot.blocks.view import View, modal
from bot.domain.flags import Flag
from bot.domain.views import CaseView
from bot.handlers.cases import Found, find
from bot.handlers.errors import Listening
from bot.handlers.press import Press
from bot.store import Tx, drafts, flags, queries
from bot.text.working_days import local_day

PARTS: dict[Tab, queries.Part] = {
    "case": "answers",
    "messages": "messages",
    "notes": "notes",
    "history": "history",
}
"""What each tab shows, and no more is recorded as shown."""

MESSAGE_DRAFT = "message"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which case's modal one is."""

    case_id: str
    tab: Tab = "case"
    page: int = 0


def place_of(ids: Mapping[str, Any]) -> Place:
    """The place as the view's ids have it."""
    tab: Tab = next((tab for tab in TABS if tab == ids.get("tab")), "case")
    return Place(str(ids["case"]), tab, int(ids.get("page", 0)))


def origin(press: Press) -> dict[str, Any]:
    """Where a form was opened from, when that was the case's modal, so that one comes back there."""
    if press.view.get("callback_id") != case_modal.ID:
        return {}
    return {name: press.ids[name] for name in ("tab", "page") if name in press.ids}


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:show")(listening.showing(on_show))
    app.action("case:read")(listening.showing(on_read))
    app.action(re.compile("^case:tab:"))(listening.showing(on_tab))
    app.action(re.compile("^case:turn:"))(listening.showing(on_turn))
    app.action("case:page")(listening.showing(on_page))
    app.action("case:draft:drop")(listening.showing(on_draft_dropped))
    app.action("link:open")(listening.showing(on_link))


async def on_show(press: Press) -> None:
    await shown(press, Place(press.target.case_id))


async def on_read(press: Press) -> None:
    await shown(press, Place(press.target.case_id, "messages"))


async def shown(press: Press, place: Place) -> None:
    """Open the case at once, and fill it in when it is fetched."""
    found = await find(press, place.case_id)
    await press.open(case_modal.loading(found.case.number, place.case_id, place.tab, press.words))
    await press.fill(await drawn(press, place, press.opened))


async def on_tab(press: Press) -> None:
    tab = str(press.action["action_id"]).rpartition(":")[2]
    place = place_of({"case": press.target.case_id, "tab": tab})
    await press.redraw(await drawn(press, place, str(press.view["id"])))


async def on_turn(press: Press) -> None:
    page = int(press.value) if press.value.isdecimal() else 0
    place = place_of({**press.ids, "page": page})
    await press.redraw(await drawn(press, place, str(press.view["id"])))


async def on_draft_dropped(press: Press) -> None:
    case_id, officer = press.target.case_id, press.officer.key
    await press.kit.service.database.write(lambda tx: _drop(tx, officer, case_id))
    await press.redraw(await drawn(press, place_of(press.ids), str(press.view["id"])))


def _drop(tx: Tx, officer: str, case_id: str) -> None:
    draft = drafts.of_case(tx, officer, case_id, MESSAGE_DRAFT)
    if draft is not None:
        drafts.drop(tx, officer, draft.id)


async def on_page(press: Press) -> None:
    """A fresh link to the case page, for one drawn earlier would be dead by now."""
    found = await find(press, press.target.case_id)
    answer = door(await press.kit.page_link(press.officer.key, found.case.id), press.words)
    if press.view:
        close = press.words("btn.back")
        await press.open(modal("told", press.words("btn.page"), answer.blocks, {}, close=close))
    else:
        await press.say(answer)


async def on_link(press: Press) -> None:
    """The link itself leads on; Slack only wants to hear that it was pressed."""


async def drawn(press: Press, place: Place, opening: str) -> View:
    """The modal as it is now. What it shows of the case is recorded before it is drawn."""
    found = await find(press, place.case_id)
    counts, draft, flag = await press.kit.service.database.read(
        lambda tx: _beside(tx, press.officer.key, place.case_id)
    )
    view = await _revealed(press, found, place, opening)
    today = local_day(press.kit.service.clock())
    return case_modal.case_modal(
        Shown(
            view=view,
            officer=press.officer.key,
            catalog=found.catalog,
            today=today,
            tab=place.tab,
            page=place.page,
            counts=counts,
            draft=draft,
            flag=flag,
        ),
        press.words,
    )


def _beside(tx: Tx, officer: str, case_id: str) -> tuple[dict[str, int], datetime | None, Flag | None]:
    draft = drafts.of_case(tx, officer, case_id, MESSAGE_DRAFT)
    own = flags.of_case(tx, officer, case_id)
    return queries.part_counts(tx, case_id), draft.at if draft is not None else None, own


async def _revealed(press: Press, found: Found, place: Place, opening: str) -> CaseView:
    if found.on_page_only:
        return found.view
    return await press.kit.service.reveal(press.officer, place.case_id, {PARTS[place.tab]}, opening=opening)
