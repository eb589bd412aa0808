"""App Home: an officer's lists of cases in tabs, from the cases that wait for them to those that are closed.

`home_state` is what it shows, `home_filter` the part above the cases, and `home_cases` the cases.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import (
    Element,
    actions,
    button,
    context,
    divider,
    header,
    plain_text,
    section,
)
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import GIVES_PLACE, View, loading_modal, modal
from bot.blocks.lists import home_cases, home_filter
from bot.blocks.lists.case_list import cut_line
from bot.blocks.lists.home_state import HomeState
from bot.blocks.lists.unsent_messages import unsent_buttons
from bot.blocks.values import PageNumber, encode
from bot.blocks.view_ids import encode_view_ids
from bot.domain.actors import officer_name
from bot.domain.lists.case_lists import CASE_LISTS, CaseList, stored_name
from bot.domain.lists.case_query import MAX_TEXT, CaseCount
from bot.domain.lists.query_wording import count_text
from bot.text import Words

HOME_ID = "home"
HOME_MODAL_ID = "home:modal"
FIND_FIELD = "home:find"
"""The field for a search, which is sent by Enter."""


def home(state: HomeState, words: Words, *, notice: str = "") -> View:
    """The officer's App Home; a notice stands above the cases."""
    is_table = state.shown.layout == "table" and bool(state.rows)
    cases = [home_cases.table_block(state, words)] if is_table else home_cases.list_blocks(state, words)
    blocks = [
        _search_field(state, words),
        *_heading(state, words),
        *home_filter.filter_blocks(state, words),
        *_content(state, cases, words, notice),
    ]
    return _view(blocks, metadata_of_state(state))


def has_table(view: View) -> bool:
    """Whether the view has a block that Slack may not know."""
    return any(block["type"] == "data_table" for block in view["blocks"])


def _search_field(state: HomeState, words: Words) -> Block:
    """The field with the list's search text. Slack keeps what is typed in it until its block has another id."""
    text = state.shown.query.text
    digest = hashlib.blake2s(text.encode(), digest_size=8).hexdigest()
    return {
        "type": "input",
        "block_id": f"{FIND_FIELD}#{digest}",
        "label": plain_text(words("search.title")),
        "dispatch_action": True,
        "element": {
            "type": "plain_text_input",
            "action_id": FIND_FIELD,
            "placeholder": plain_text(words("search.text"), 150),
            "max_length": MAX_TEXT,
            **({"initial_value": text} if text else {}),
        },
    }


def home_modal(state: HomeState, words: Words) -> View:
    """The same lists in a modal, for use outside of App Home; their filters are chosen in App Home."""
    close = words("btn.close")
    metadata = {**metadata_of_state(state), GIVES_PLACE: True}
    # A modal with a field needs a button that sends it, so the search is opened by one.
    search = actions([button(words("search.title"), "home:search")])
    content = _content(state, home_cases.list_blocks(state, words), words)
    blocks = [search, *_heading(state, words), *content]
    return modal(HOME_MODAL_ID, words("home.modal"), blocks, metadata, close=close)


def home_loading_modal(words: Words) -> View:
    """A placeholder, shown until the lists are loaded."""
    return loading_modal(HOME_MODAL_ID, words("home.modal"), {}, words)


def metadata_of_state(state: HomeState) -> dict[str, Any]:
    """What of the state a press in the view needs."""
    previous_key, next_key, after, before = (
        key.encode() if key is not None else ""
        for key in (state.keys.previous, state.keys.next, state.keys.after, state.keys.before)
    )
    return {
        "tab": stored_name(state.tab),
        "view": state.shown.view.id if state.shown.view is not None else "",
        "shown": state.shown.list_id,
        "page": state.page,
        "begun": (after, before),
        "turns": (previous_key, next_key),
        **({"from": state.shown.searched_from} if state.shown.searched_from else {}),
    }


def _heading(state: HomeState, words: Words) -> list[Block]:
    return [actions([_tab(tab, state, words) for tab in CASE_LISTS]), header(_title(state, words))]


def _tab(tab: CaseList, state: HomeState, words: Words) -> Element:
    text = words("home.tab", tab=words(f"tab.{tab}"), count=count_text(state.counts[tab], words))
    return button(text, f"home:tab:{stored_name(tab)}", style="primary" if tab == state.tab else "")


def _title(state: HomeState, words: Words) -> str:
    shown, count = state.shown, state.shown.count
    name = shown.view.name if shown.view is not None else words(f"tab.{state.tab}")
    if shown.refusals:
        return name
    if state.is_narrowed and shown.view is None:
        whole = state.counts[state.tab]
        facts = {"tab": name, "count": count_text(count, words), "all": count_text(whole, words)}
        return words("home.title.narrowed", n=whole.number, **facts)
    if count.is_many or not count.is_exact:
        return words("home.title.many", tab=name, count=count_text(count, words))
    return words("home.title", tab=name, n=count.number)


def home_unavailable(text: str, words: Words) -> View:
    """App Home for someone who cannot be shown cases, with the reason."""
    refresh_button = button(words("btn.refresh"), "home:refresh")
    return _view([header(words("home.closed")), section(text), actions([refresh_button])], {})


def _view(blocks: Sequence[Block], metadata: Mapping[str, Any]) -> View:
    return {
        "type": "home",
        "callback_id": HOME_ID,
        "blocks": list(blocks),
        "private_metadata": encode_view_ids(metadata),
    }


def _content(state: HomeState, cases: Sequence[Block], words: Words, notice: str = "") -> list[Block]:
    return [
        *home_filter.filter_lines(state, words),
        context(*_status_line(state, words)),
        *(context(one) for one in _absence_lines(state, words)),
        *(context(one) for one in (notice, *_search_lines(state, words)) if one),
        *(cases or _empty_blocks(state, words)),
        *([divider()] if cases else []),
        actions([*_page_buttons(state, words), *_common_buttons(words)]),
        actions(_many_buttons(state, words)),
        *([actions(unsent_buttons(state.unsent, words), "unsent")] if state.unsent else []),
        *_delay_line(state, words),
    ]


def _many_buttons(state: HomeState, words: Words) -> list[Element]:
    """To what is done with many cases at once, and to what was."""
    tick_buttons = [button(words("tick.open"), "home:tick")] if state.rows else []
    return [*tick_buttons, button(words("page.bulk.all"), "home:batches")]


def _status_line(state: HomeState, words: Words) -> list[str]:
    """Which of the cases are shown, and when they were loaded."""
    fetched = words("home.fetched", time=words.hour(state.fetched_at))
    is_whole = state.page == 0 and state.keys.next is None
    if is_whole or not state.rows:
        return [fetched]
    last, count = state.first + len(state.rows), count_text(state.shown.count, words)
    return [words("home.shown", first=state.first + 1, last=last, all=count), fetched]


def _absence_lines(state: HomeState, words: Words) -> list[str]:
    """That the officer is absent, or will be, and for whom they stand in."""
    lines = []
    if state.absence is not None:
        first, last = words.day_short(state.absence.first), words.day_short(state.absence.last)
        lines.append(words("home.absent", first=first, last=last))
    if state.officer.represented:
        names = [officer_name(f"officer:{key}", state.catalog) for key in sorted(state.officer.represented)]
        lines.append(words("home.substitute", names=words.list(names)))
    return lines


def _search_lines(state: HomeState, words: Words) -> list[str]:
    """What is to be known of a list with a search text."""
    shown = state.shown
    return [
        words("home.search.widened") if shown.is_widened else "",
        cut_line(words) if shown.is_cut else "",
        words("search.behind") if shown.is_behind else "",
    ]


def _empty_blocks(state: HomeState, words: Words) -> list[Block]:
    """Why there are no cases: what is wrong with the filter, that it leaves none, or what the tab would show."""
    if state.shown.refusals:
        return home_filter.refused_blocks(state, words)
    if state.keys.next is not None:
        return [section(words("page.list.goon"))]
    if state.is_narrowed:
        return [section(words("search.none" if state.shown.query.text else "page.list.nothing"))]
    return _empty_tab(state, words)


def _empty_tab(state: HomeState, words: Words) -> list[Block]:
    """What an empty tab would show, and which other tab has cases."""
    unassigned_count = state.counts["unassigned"]
    sentences = [words(f"home.empty.{state.tab}")]
    if state.tab == "unassigned" or not unassigned_count.number:
        return [section(sentences[0])]
    sentences.append(
        words("home.free.many", count=count_text(unassigned_count, words))
        if unassigned_count.is_many
        else words("home.free", n=unassigned_count.number)
    )
    unassigned_button = button(words("home.look"), f"home:look:{stored_name('unassigned')}")
    return [section(" ".join(sentences)), actions([unassigned_button])]


def _page_buttons(state: HomeState, words: Words) -> list[Element]:
    buttons = []
    if state.page > 0:
        buttons.append(button(words("btn.home.back"), "home:turn:back", encode(PageNumber(state.page - 1))))
    if state.keys.next is not None:
        buttons.append(button(words("btn.home.next"), "home:turn:next", encode(PageNumber(state.page + 1))))
    return buttons


def _common_buttons(words: Words) -> list[Element]:
    return [
        button(words("btn.refresh"), "home:refresh"),
        button(words("btn.settings"), "home:settings"),
        button(words("absence.title"), "home:absence"),
        button(words("btn.overview"), "home:overview"),
        button(words("register.title"), "home:register"),
    ]


def _delay_line(state: HomeState, words: Words) -> list[Block]:
    delayed = CaseCount(state.delayed_count)
    if delayed.is_many:
        return [context(words("home.delayed.many", count=count_text(delayed, words)))]
    return [context(words("home.delayed", n=delayed.number))] if delayed.number else []
