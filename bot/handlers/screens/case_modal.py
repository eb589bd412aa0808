"""The case in a modal: opening, navigation, and refreshing after a change."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass, replace
from typing import Any, get_args

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import View
from bot.blocks.cases import case_modal
from bot.blocks.cases.case_modal import CaseModalState, Tab, UnfinishedDraft
from bot.blocks.values import CaseRef, DraftRef, NoteRef, PageNumber, decode, encode
from bot.blocks.view_ids import ViewIds
from bot.domain.views import CaseView, ListPosition, Neighbours
from bot.handlers.request.context import SlackContext
from bot.handlers.request.file_transfer import discard_files
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home
from bot.store import Tx
from bot.store.cases import officer_queries
from bot.store.lists.neighbours import find_neighbours, locate
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers import drafts, flags
from bot.store.officers.drafts import Draft
from bot.text.working_days import local_day

TAB_PARTS: dict[Tab, officer_queries.CasePart] = {
    "case": "answers",
    "messages": "messages",
    "notes": "notes",
    "versions": "notes",
    "files": "files",
    "history": "history",
}
"""The part of the case that each tab shows, which is recorded as a reading."""

MESSAGE_DRAFT = drafts.MESSAGE_FORM
REPLY_DRAFT = "reply:"
"""The prefix of the form of drafts made from replies that did not become notes; there may be several."""


@dataclass(frozen=True, slots=True)
class ModalPosition:
    """The position in a case's modal, and the list that the case was opened from.

    `note_id` is the note whose versions are shown; `is_from_app_home` says whether it was opened from App Home.
    """

    case_id: str
    tab: Tab = "case"
    page: int = 0
    list_position: ListPosition | None = None
    note_id: str = ""
    is_from_app_home: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        """The position as the view's metadata."""
        metadata: dict[str, Any] = {"case": self.case_id, "tab": self.tab, "page": self.page}
        list_metadata = {}
        if self.list_position is not None:
            name, place, list_id, key = astuple(self.list_position)
            list_metadata["list"] = (name, place, list_id, *([key] if key else []))
        home_metadata = {"home": True} if self.is_from_app_home else {}
        return metadata | list_metadata | home_metadata | ({"note": self.note_id} if self.note_id else {})


def position_from_metadata(metadata: ViewIds) -> ModalPosition:
    """The position from the view's metadata."""
    tab: Tab = next((tab for tab in get_args(Tab) if tab == metadata.get("tab")), "case")
    list_position = ListPosition(*metadata["list"]) if metadata.get("list") else None
    note_id, is_from_app_home = metadata.get("note", ""), metadata.get("home", False)
    return ModalPosition(
        metadata["case"], tab, metadata.get("page", 0), list_position, note_id, is_from_app_home
    )


def form_origin(context: SlackContext) -> dict[str, Any]:
    """Metadata for a form opened from the case's modal, so that the modal can be refreshed afterwards."""
    return stored_form_origin(context) if context.request.view.callback_id == case_modal.ID else {}


def stored_form_origin(context: SlackContext) -> dict[str, Any]:
    """`form_origin` for a form that is open already and is rendered again."""
    return {
        name: context.request.metadata[name]
        for name in ("tab", "page", "list", "note", "home")
        if name in context.request.metadata
    }


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action(re.compile(r"^case:show(#\d+)?$"))(listeners.for_modal(on_show))
    app.action(re.compile(r"^case:read(#\d+)?$"))(listeners.for_modal(on_read))
    app.action("case:notes")(listeners.for_modal(on_notes))
    app.action(re.compile("^case:tab:"))(listeners.for_display(on_tab))
    app.action(re.compile("^case:turn:"))(listeners.for_display(on_change_page))
    app.action(re.compile("^case:step:"))(listeners.for_display(on_neighbour))
    app.action("note:versions")(listeners.for_display(on_versions))
    app.action("case:draft:drop")(listeners.for_display(on_discard_draft))


async def on_show(context: SlackContext) -> None:
    await open_case(
        context,
        ModalPosition(
            context.request.target.case_id,
            list_position=context.request.list_position,
            is_from_app_home=context.request.is_from_app_home,
        ),
    )


async def on_read(context: SlackContext) -> None:
    await open_case(
        context,
        ModalPosition(
            context.request.target.case_id,
            "messages",
            list_position=context.request.list_position,
            is_from_app_home=context.request.is_from_app_home,
        ),
    )


async def on_notes(context: SlackContext) -> None:
    await open_case(context, ModalPosition(context.request.target.case_id, "notes"))


async def open_case(context: SlackContext, position: ModalPosition) -> None:
    """Open the case, with a placeholder until it is loaded.

    Where the `position` is in a list, it has buttons to its neighbours (`store.lists.neighbours`).
    """
    found = await find_case(context, position.case_id)
    await context.responder.open_view(
        case_modal.case_loading_modal(found.case.number, position.metadata, context.words)
    )
    await context.responder.update_opened_view(
        await build_view(context, position, context.responder.opened_view_id)
    )
    await _refresh_home_after_reading(context, position)


async def _refresh_home_after_reading(context: SlackContext, position: ModalPosition) -> None:
    """Refresh the App Home that the case was opened from, where the case no longer waits since it has been read."""
    if position.is_from_app_home and position.tab == "messages":
        await home.refresh_home(context)


async def on_tab(context: SlackContext) -> None:
    await _show_tab(context, tab=context.request.action_argument)


async def on_tools(context: SlackContext) -> None:
    """Show the tools, in the case's modal if it is open."""
    if context.request.view.callback_id == case_modal.ID:
        await _show_tab(context, tab="tools")
    else:
        await context.responder.run_with_placeholder(
            open_case(context, ModalPosition(context.request.target.case_id, "tools"))
        )


async def on_versions(context: SlackContext) -> None:
    await _show_tab(context, tab="versions", note=decode(context.request.value, NoteRef).note_id)


async def _show_tab(context: SlackContext, **changes: str) -> None:
    position = position_from_metadata(ViewIds({**context.request.metadata, "page": 0, "note": "", **changes}))
    context.case_id = position.case_id
    await context.responder.update_view(await build_view(context, position, context.request.view.id))
    await _refresh_home_after_reading(context, position)


async def on_neighbour(context: SlackContext) -> None:
    """Go to the case before or after in the current list; at its end, say so."""
    current, database = position_from_metadata(context.request.metadata), context.deps.service.database
    neighbours = await database.read(lambda tx: _find_neighbours(tx, context.list_context, current))
    neighbour = neighbours.before if context.request.action_argument == "back" else neighbours.after
    target = (
        current
        if neighbour is None
        else ModalPosition(
            neighbour[0], list_position=neighbour[1], is_from_app_home=current.is_from_app_home
        )
    )
    alert = context.words("list.end") if neighbour is None else ""
    await context.responder.update_view(await build_view(context, target, context.request.view.id, alert))


def _find_neighbours(tx: Tx, list_context: ListContext, position: ModalPosition) -> Neighbours:
    return (
        find_neighbours(tx, list_context, position.list_position, position.case_id)
        if position.list_position is not None
        else Neighbours()
    )


async def on_change_page(context: SlackContext) -> None:
    page = decode(context.request.value, PageNumber)
    position = position_from_metadata(ViewIds({**context.request.metadata, "page": page.number}))
    await context.responder.update_view(await build_view(context, position, context.request.view.id))


async def on_discard_draft(context: SlackContext) -> None:
    position, officer = position_from_metadata(context.request.metadata), context.officer.key
    files = await context.deps.service.database.write(lambda tx: _delete_draft(tx, officer, position))
    await discard_files(context.deps, files)
    await context.responder.update_view(await build_view(context, position, context.request.view.id))


def _delete_draft(tx: Tx, officer: str, position: ModalPosition) -> list[str]:
    """Delete the draft. Returns the ids of its files."""
    draft = _find_draft(tx, officer, position)
    if draft is None:
        return []
    drafts.remove(tx, officer, draft.id)
    return list(draft.values.get("files", ()))


def _find_draft(tx: Tx, officer: str, position: ModalPosition) -> Draft | None:
    """The officer's draft that belongs to the tab."""
    match position.tab:
        case "messages":
            return drafts.find_for_case(tx, officer, position.case_id, MESSAGE_DRAFT)
        case "notes":
            return drafts.find_latest_for_case(tx, officer, position.case_id, REPLY_DRAFT)
    return None


async def build_view(context: SlackContext, position: ModalPosition, view_id: str, alert: str = "") -> View:
    """Render the modal. The reading of what it shows is recorded first."""
    found = await find_case(context, position.case_id)
    extras = await context.deps.service.database.read(
        lambda tx: _load_extras(tx, context.list_context, position)
    )
    state = CaseModalState(
        view=await _reveal(context, found, position, view_id),
        officer=context.officer,
        catalog=found.catalog,
        today=local_day(context.deps.service.clock()),
        tab=position.tab,
        page=position.page,
        note_id=position.note_id,
        metadata=position.metadata,
        alert=alert,
    )
    return case_modal.case_modal(replace(state, **extras), context.words)


def _load_extras(tx: Tx, list_context: ListContext, position: ModalPosition) -> dict[str, Any]:
    """The fields of `CaseModalState` that are not the case's own contents."""
    draft = _find_draft(tx, list_context.officer.key, position)
    if position.list_position is not None:
        place = locate(tx, list_context, position.list_position, position.case_id)
        position = replace(position, list_position=place)
    return {
        "metadata": position.metadata,
        "counts": officer_queries.count_parts(tx, list_context.officer.ref, position.case_id),
        "draft": _draft_button(draft) if draft is not None else None,
        "writers": drafts.find_writers(
            tx, position.case_id, other_than=list_context.officer.key, now=list_context.now
        ),
        "flag": flags.find_for_case(tx, list_context.officer.key, position.case_id),
        "neighbours": _find_neighbours(tx, list_context, position),
    }


def _draft_button(draft: Draft) -> UnfinishedDraft:
    if draft.form == MESSAGE_DRAFT:
        return UnfinishedDraft(draft.at, "case:message", encode(CaseRef(draft.case_id)))
    return UnfinishedDraft(draft.at, "note:draft", encode(DraftRef(draft.id)))


async def _reveal(context: SlackContext, found: FoundCase, position: ModalPosition, view_id: str) -> CaseView:
    if found.is_case_page_only or position.tab not in TAB_PARTS:
        return found.view
    return await context.deps.service.reveal(
        context.officer, position.case_id, {TAB_PARTS[position.tab]}, opening=view_id
    )
