"""The case in a modal: opened, turned, and drawn anew after a change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from typing import Any, get_args

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import View, modal
from bot.blocks.cases import case_modal
from bot.blocks.cases.case_modal import Begun, Shown, Tab
from bot.blocks.private import door
from bot.domain.views import Around, CaseView, InList
from bot.handlers.request.file_transfer import let_go
from bot.handlers.request.found_case import Found, find
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import home
from bot.store import Tx
from bot.store.cases import officer_queries
from bot.store.lists.neighbours import around
from bot.store.lists.worklists import Asker
from bot.store.officers import drafts, flags
from bot.store.officers.drafts import Draft
from bot.text.working_days import local_day

PARTS: dict[Tab, officer_queries.Part] = {
    "case": "answers",
    "messages": "messages",
    "notes": "notes",
    "versions": "notes",
    "files": "files",
    "history": "history",
}
"""What each tab shows, and no more is recorded as shown."""

MESSAGE_DRAFT = "message"
REPLY_DRAFT = "reply:"
"""A reply in the thread that was not kept; there may be several."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which case's modal one is, and in which list the case stood that it was opened from.

    `note` is the one whose versions are shown, `home` whether App Home lies beneath.
    """

    case_id: str
    tab: Tab = "case"
    page: int = 0
    in_list: InList | None = None
    note: str = ""
    home: bool = False

    @property
    def ids(self) -> dict[str, Any]:
        """As the view's ids have it."""
        told: dict[str, Any] = {"case": self.case_id, "tab": self.tab, "page": self.page}
        in_list = {"list": astuple(self.in_list)} if self.in_list is not None else {}
        home = {"home": True} if self.home else {}
        return told | in_list | home | ({"note": self.note} if self.note else {})


def place_of(ids: Mapping[str, Any]) -> Place:
    """The place as the view's ids have it."""
    tab: Tab = next((tab for tab in get_args(Tab) if tab == ids.get("tab")), "case")
    in_list = InList(*ids["list"]) if ids.get("list") else None
    note, home = str(ids.get("note", "")), bool(ids.get("home"))
    return Place(str(ids["case"]), tab, int(ids.get("page", 0)), in_list, note, home)


def origin(press: Press) -> dict[str, Any]:
    """Where a form was opened from, when that was the case's modal, so that one comes back there."""
    return came_from(press) if press.view.get("callback_id") == case_modal.ID else {}


def came_from(press: Press) -> dict[str, Any]:
    """The same of a form that was opened earlier and is drawn anew."""
    return {name: press.ids[name] for name in ("tab", "page", "list", "note", "home") if name in press.ids}


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:show")(listening.opening(on_show))
    app.action("case:read")(listening.opening(on_read))
    app.action("case:notes")(listening.opening(on_notes))
    app.action(re.compile("^case:tab:"))(listening.showing(on_tab))
    app.action(re.compile("^case:turn:"))(listening.showing(on_turn))
    app.action(re.compile("^case:step:"))(listening.showing(on_step))
    app.action("note:versions")(listening.showing(on_versions))
    app.action("case:page")(listening.opening(on_page))
    app.action("case:draft:drop")(listening.showing(on_draft_dropped))
    app.action("link:open")(listening.showing(on_link))


async def on_show(press: Press) -> None:
    await shown(press, Place(press.target.case_id, in_list=press.in_list, home=press.from_home))


async def on_read(press: Press) -> None:
    await shown(press, Place(press.target.case_id, "messages", in_list=press.in_list, home=press.from_home))


async def on_notes(press: Press) -> None:
    await shown(press, Place(press.target.case_id, "notes"))


async def shown(press: Press, place: Place) -> None:
    """Open the case, and fill it in when it is fetched.

    A `place` in a list gives it the way to the cases before and after; `InList` names the list, and `store.around`
    knows the order of each.
    """
    found = await find(press, place.case_id)
    await press.open(case_modal.loading(found.case.number, place.ids, press.words))
    await press.fill(await drawn(press, place, press.opened))
    await _read(press, place)


async def _read(press: Press, place: Place) -> None:
    """What has been read waits no longer in the App Home that lies beneath."""
    if place.home and place.tab == "messages":
        await home.renewed(press)


async def on_tab(press: Press) -> None:
    tab = str(press.action["action_id"]).rpartition(":")[2]
    await _turned(press, tab=tab)


async def on_tools(press: Press) -> None:
    """In the case's modal in place of what it shows; from elsewhere it is opened there."""
    if press.view.get("callback_id") == case_modal.ID:
        await _turned(press, tab="tools")
    else:
        await press.ahead(shown(press, Place(press.target.case_id, "tools")))


async def on_versions(press: Press) -> None:
    await _turned(press, tab="versions", note=press.value)


async def _turned(press: Press, **to: str) -> None:
    place = place_of({**press.ids, "page": 0, "note": "", **to})
    press.case_id = place.case_id
    await press.redraw(await drawn(press, place, str(press.view["id"])))
    await _read(press, place)


async def on_step(press: Press) -> None:
    """To the case before or after in the list as it is now; at its end one stays, and is told."""
    here, database = place_of(press.ids), press.kit.service.database
    found = await database.read(lambda tx: _around(tx, press.asker, here))
    step = found.before if str(press.action["action_id"]).endswith(":back") else found.after
    there = here if step is None else Place(step[0], in_list=step[1], home=here.home)
    said = press.words("list.end") if step is None else ""
    await press.redraw(await drawn(press, there, str(press.view["id"]), said))


def _around(tx: Tx, asker: Asker, place: Place) -> Around:
    return around(tx, asker, place.in_list, place.case_id) if place.in_list is not None else Around()


async def on_turn(press: Press) -> None:
    page = int(press.value) if press.value.isdecimal() else 0
    place = place_of({**press.ids, "page": page})
    await press.redraw(await drawn(press, place, str(press.view["id"])))


async def on_draft_dropped(press: Press) -> None:
    place, officer = place_of(press.ids), press.officer.key
    files = await press.kit.service.database.write(lambda tx: _drop(tx, officer, place))
    await let_go(press.kit, files)
    await press.redraw(await drawn(press, place, str(press.view["id"])))


def _drop(tx: Tx, officer: str, place: Place) -> list[str]:
    """Drop the draft. Returns the ids of its files."""
    draft = _draft(tx, officer, place)
    if draft is None:
        return []
    drafts.drop(tx, officer, draft.id)
    return list(draft.values.get("files", ()))


def _draft(tx: Tx, officer: str, place: Place) -> Draft | None:
    """What the officer has begun of what the tab shows."""
    match place.tab:
        case "messages":
            return drafts.of_case(tx, officer, place.case_id, MESSAGE_DRAFT)
        case "notes":
            return drafts.latest_of_case(tx, officer, place.case_id, REPLY_DRAFT)
    return None


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


async def drawn(press: Press, place: Place, opening: str, alert: str = "") -> View:
    """The modal as it is now. What it shows of the case is recorded before it is drawn."""
    found = await find(press, place.case_id)
    beside = await press.kit.service.database.read(lambda tx: _beside(tx, press.asker, place))
    shown = Shown(
        view=await _revealed(press, found, place, opening),
        officer=press.officer.key,
        access=press.officer.access.get(found.service.key),
        catalog=found.catalog,
        today=local_day(press.kit.service.clock()),
        tab=place.tab,
        page=place.page,
        note=place.note,
        ids=place.ids,
        alert=alert,
    )
    return case_modal.case_modal(replace(shown, **beside), press.words)


def _beside(tx: Tx, asker: Asker, place: Place) -> dict[str, Any]:
    """What is drawn beside the case's own contents, as `Shown` names it."""
    draft = _draft(tx, asker.officer.key, place)
    return {
        "counts": officer_queries.part_counts(tx, place.case_id),
        "draft": _begun(draft) if draft is not None else None,
        "flag": flags.of_case(tx, asker.officer.key, place.case_id),
        "around": _around(tx, asker, place),
    }


def _begun(draft: Draft) -> Begun:
    if draft.form == MESSAGE_DRAFT:
        return Begun(draft.at, "case:message", draft.case_id)
    return Begun(draft.at, "note:draft", draft.id)


async def _revealed(press: Press, found: Found, place: Place, opening: str) -> CaseView:
    if found.on_page_only or place.tab not in PARTS:
        return found.view
    return await press.kit.service.reveal(press.officer, place.case_id, {PARTS[place.tab]}, opening=opening)
