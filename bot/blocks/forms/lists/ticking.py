"""Markera flera: a page of a list with boxes to tick, in App Home or in a modal, and the actions on what is ticked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import (
    SEPARATOR,
    Element,
    actions,
    button,
    context,
    header,
    option,
    section,
)
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, loading_modal, modal
from bot.blocks.forms import fields
from bot.blocks.values import PageNumber, encode
from bot.blocks.view_ids import encode_view_ids
from bot.catalog.models import Catalog
from bot.catalog.services import words_for
from bot.domain.assignment import assignee_labels
from bot.domain.colour import parse_colour
from bot.domain.lists.batch_forms.action_forms import ACTION_FORMS
from bot.domain.lists.case_query import CaseQuery
from bot.domain.lists.query_wording import query_title
from bot.domain.status import current_status_name
from bot.domain.views import ListedCase
from bot.text import Words

MODAL_ID = "tick"
BOXES_PER_FIELD = 10
"""Checkboxes that Slack accepts in one field."""
_FIELD = "tick-"


@dataclass(frozen=True, slots=True)
class TickingState:
    """A page of the list with that id, `page` from 1; `total` are all that its query finds, and `chosen` those meant.

    With `all_ticked` these are all of them, also those that are on no page yet. `revision` is another number wherever
    the boxes are to be other than the officer left them: Slack keeps what was ticked in a field of the same name.
    """

    list_id: str
    query: CaseQuery
    page: int
    rows: Sequence[ListedCase]
    has_next: bool
    total: int
    ticked: Collection[str]
    all_ticked: bool
    revision: int
    catalog: Catalog
    alert: str = ""

    @property
    def chosen(self) -> int:
        return self.total if self.all_ticked else len(self.ticked)


def ticking_home(state: TickingState, words: Words) -> View:
    """The page in place of App Home."""
    return {
        "type": "home",
        "blocks": _blocks(state, words, leaves=True),
        "private_metadata": encode_view_ids(_metadata(state)),
    }


def ticking_modal(state: TickingState, words: Words) -> View:
    """The same page in a modal, for lists that are shown elsewhere."""
    blocks = _blocks(state, words, leaves=False)
    # Slack wants a button that submits where there are fields: it stores the ticks, as the other buttons do.
    submit = words("tick.keep")
    return modal(
        MODAL_ID, words("tick.title"), blocks, _metadata(state), submit=submit, close=words("btn.close")
    )


def ticking_loading_modal(words: Words) -> View:
    """A placeholder, shown until the list is loaded."""
    return loading_modal(MODAL_ID, words("tick.title"), {}, words)


def _metadata(state: TickingState) -> Mapping[str, Any]:
    return {"ticking": state.list_id, "page": state.page, "n": state.revision}


def _blocks(state: TickingState, words: Words, *, leaves: bool) -> list[Block]:
    return [
        header(_title(state, words)),
        *([section(state.alert)] if state.alert else []),
        context(query_title(state.query, state.catalog, words)),
        actions(_action_buttons(state, words)),
        actions(_choice_buttons(state, words, leaves=leaves)),
        *(_fixed_rows(state, words) if state.all_ticked else _boxes(state, words)),
        *_page_buttons(state, words),
    ]


def _title(state: TickingState, words: Words) -> str:
    if state.all_ticked:
        return words("tick.heading.all", n=state.total)
    return words("tick.heading", n=state.chosen)


def _action_buttons(state: TickingState, words: Words) -> list[Element]:
    buttons = [button(words(f"batches.{kind}"), f"tick:do:{kind}") for kind in ACTION_FORMS]
    is_of_ticks = not state.all_ticked and bool(state.rows)
    return [*buttons, *([button(words("btn.unread"), "tick:set:unread")] if is_of_ticks else [])]


def _choice_buttons(state: TickingState, words: Words, *, leaves: bool) -> list[Element]:
    buttons = []
    if not state.all_ticked and state.rows:
        buttons.append(button(words("tick.page"), "tick:set:page"))
        buttons.append(button(words("tick.nopage"), "tick:set:nopage"))
    if not state.all_ticked and state.total:
        buttons.append(button(words("tick.all", n=state.total), "tick:set:all"))
    if state.chosen:
        buttons.append(button(words("page.bulk.untick"), "tick:set:none"))
    # In App Home the page is left by a button, a modal by closing it.
    if leaves or not buttons:
        buttons.append(button(words("tick.leave"), "tick:leave"))
    return buttons


def _boxes(state: TickingState, words: Words) -> Iterator[Block]:
    if not state.rows:
        yield section(words("tick.empty"))
    for first in range(0, len(state.rows), BOXES_PER_FIELD):
        rows = state.rows[first : first + BOXES_PER_FIELD]
        options = [_box(row, state.catalog, words) for row in rows]
        boxes = fields.checkboxes(options, [row.id for row in rows if row.id in state.ticked])
        label = words("tick.rows", first=rows[0].number, last=rows[-1].number)
        yield fields.input_block(f"{_FIELD}{first}#{state.revision}", label, boxes, optional=True)


def _box(row: ListedCase, catalog: Catalog, words: Words) -> Element:
    name, details = _row_texts(row, catalog, words)
    return option(name, row.id, details)


def _fixed_rows(state: TickingState, words: Words) -> Iterator[Block]:
    """The cases without boxes: all are meant."""
    for first in range(0, len(state.rows), BOXES_PER_FIELD):
        rows = state.rows[first : first + BOXES_PER_FIELD]
        yield section("\n".join(_row_texts(row, state.catalog, words)[0] for row in rows))


def _row_texts(row: ListedCase, catalog: Catalog, words: Words) -> tuple[str, str]:
    """The case's name, and its state; number and status only where Slack may show no more."""
    service = catalog.service(row.service)
    words = words_for(service, words)
    status = current_status_name(service, row, words)
    unread = (words("list.unread"),) if row.is_unread else ()
    if service is None or service.strict or row.protected:
        return row.number, SEPARATOR.join((*unread, status))
    refs = [f"officer:{key}" for key in row.officers] or [f"group:{key}" for key in row.groups]
    names = ", ".join(assignee_labels(refs, catalog, words)) or words("label.unassigned")
    colour = words(f"colour.{row.colour}") if parse_colour(row.colour) else ""
    received = f"{words('label.received')} {words.day_short(row.received_at)}"
    name = SEPARATOR.join((row.number, service.name.in_(words.language)))
    return name, SEPARATOR.join(part for part in (*unread, status, names, colour, received) if part)


def _page_buttons(state: TickingState, words: Words) -> list[Block]:
    buttons = []
    if state.page > 1:
        buttons.append(button(words("btn.home.back"), "tick:turn:back", encode(PageNumber(state.page - 1))))
    if state.has_next:
        buttons.append(button(words("btn.home.next"), "tick:turn:next", encode(PageNumber(state.page + 1))))
    return [actions(buttons)] if buttons else []


@dataclass(frozen=True, slots=True)
class TicksSent:
    """What arrived of the boxes with a press: the cases that had one, and those that were ticked."""

    shown: tuple[str, ...]
    ticked: tuple[str, ...]


def read_ticks(view: Mapping[str, Any]) -> TicksSent:
    """The boxes of a page; Slack sends them along with each press in it."""
    boxes = [
        block["element"]["options"]
        for block in view["blocks"]
        if str(block.get("block_id", "")).startswith(_FIELD)
    ]
    values = fields.read_values(view)
    ticked = [one for name, chosen in values.items() if name.startswith(_FIELD) for one in chosen or ()]
    shown = tuple(str(one["value"]) for options in boxes for one in options)
    return TicksSent(shown, tuple(one for one in shown if one in ticked))
