"""App Home: an officer's lists of cases in tabs, from the cases that wait for them to those that are closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
from bot.blocks.lists.case_list import case_row
from bot.blocks.values import CaseRef, PageNumber, encode
from bot.blocks.view_ids import encode_view_ids
from bot.catalog.models import Catalog
from bot.domain.case_lists import HOME_LISTS, CaseList, stored_name
from bot.domain.case_query import CaseCount, CaseKey
from bot.domain.query_wording import count_text
from bot.domain.views import ListedCase, ListPosition
from bot.text import Words

HOME_ID = "home"
HOME_MODAL_ID = "home:modal"
FIND_FIELD = "home:find"
"""The field for a search, which is sent by Enter."""
MAX_SEARCH_LENGTH = 200
PAGE_SIZE = 20
"""Cases on a page."""


@dataclass(frozen=True, slots=True)
class PageKeys:
    """The keys of a page in its list. The first two are those of the pages around it, None at the ends.

    The page was read after the key `after` or before the key `before`, and is again when it is refreshed; by its number
    where both are None.
    """

    previous: CaseKey | None = None
    next: CaseKey | None = None
    after: CaseKey | None = None
    before: CaseKey | None = None


@dataclass(frozen=True, slots=True)
class HomeState:
    """The state of one officer's App Home: a page of a tab, the number of cases in each tab, and when it was loaded."""

    tab: CaseList
    rows: Sequence[ListedCase]
    counts: Mapping[CaseList, CaseCount]
    catalog: Catalog
    fetched_at: datetime
    today: date
    page: int = 0
    keys: PageKeys = PageKeys()
    delayed_count: int = 0
    """Deliveries that are delayed since Slack or the mail server does not accept them."""

    @property
    def count(self) -> CaseCount:
        return self.counts[self.tab]

    @property
    def first(self) -> int:
        """The index in the list of the page's first case, from 0."""
        return self.page * PAGE_SIZE


def home(state: HomeState, words: Words) -> View:
    """The officer's App Home."""
    return _view([_search_field(words), *_blocks(state, words)], _metadata(state))


def _search_field(words: Words) -> Block:
    return {
        "type": "input",
        "block_id": FIND_FIELD,
        "label": plain_text(words("search.title")),
        "dispatch_action": True,
        "element": {
            "type": "plain_text_input",
            "action_id": FIND_FIELD,
            "placeholder": plain_text(words("search.text"), 150),
            "max_length": MAX_SEARCH_LENGTH,
        },
    }


def home_modal(state: HomeState, words: Words) -> View:
    """The same lists in a modal, for use outside of App Home."""
    close = words("btn.close")
    metadata = {**_metadata(state), GIVES_PLACE: True}
    # A modal with a field needs a button that sends it, so the search is opened by one.
    search = actions([button(words("search.title"), "home:search")])
    return modal(HOME_MODAL_ID, words("home.modal"), [search, *_blocks(state, words)], metadata, close=close)


def home_loading_modal(words: Words) -> View:
    """A placeholder, shown until the lists are loaded."""
    return loading_modal(HOME_MODAL_ID, words("home.modal"), {}, words)


def _metadata(state: HomeState) -> dict[str, Any]:
    previous_key, next_key, after, before = (
        key.encode() if key is not None else ""
        for key in (state.keys.previous, state.keys.next, state.keys.after, state.keys.before)
    )
    return {
        "tab": stored_name(state.tab),
        "page": state.page,
        "begun": (after, before),
        "turns": (previous_key, next_key),
    }


def _blocks(state: HomeState, words: Words) -> list[Block]:
    return [
        actions([_tab(tab, state, words) for tab in HOME_LISTS]),
        header(_title(state, words)),
        *(_case_blocks(state, words) if state.rows else _empty_blocks(state, words)),
        actions([*_page_buttons(state, words), *_common_buttons(words)]),
        *_delay_line(state, words),
    ]


def _title(state: HomeState, words: Words) -> str:
    tab, count = words(f"tab.{state.tab}"), state.count
    if count.is_many or not count.is_exact:
        return words("home.title.many", tab=tab, count=count_text(count, words))
    return words("home.title", tab=tab, n=count.number)


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


def _tab(tab: CaseList, state: HomeState, words: Words) -> Element:
    text = words("home.tab", tab=words(f"tab.{tab}"), count=count_text(state.counts[tab], words))
    return button(text, f"home:tab:{stored_name(tab)}", style="primary" if tab == state.tab else "")


def _case_blocks(state: HomeState, words: Words) -> list[Block]:
    last = state.first + len(state.rows)
    fetched = words("home.fetched", time=words.hour(state.fetched_at))
    text = words("home.shown", first=state.first + 1, last=last, all=count_text(state.count, words))
    is_whole = state.page == 0 and state.keys.next is None
    rows = [
        block
        for n, row in enumerate(state.rows)
        for block in _row_blocks(row, ListPosition(state.tab, state.first + n), state, words)
    ]
    return [context("" if is_whole else text, fetched), *rows, divider()]


def _row_blocks(row: ListedCase, position: ListPosition, state: HomeState, words: Words) -> list[Block]:
    """The case, and the button that takes it where nobody has it."""
    shown = case_row(row, position, state.catalog, words, state.today)
    if row.officers or row.closed_at is not None:
        return [shown]
    label = words("btn.about", button=words("btn.take"), number=row.number)
    return [shown, actions([button(words("btn.take"), "case:take", encode(CaseRef(row.id)), label=label)])]


def _empty_blocks(state: HomeState, words: Words) -> list[Block]:
    """What an empty tab would show, and which other tab has cases."""
    unassigned_count = state.counts["unassigned"]
    sentences = [words(f"home.empty.{state.tab}")]
    blocks = [context(words("home.fetched", time=words.hour(state.fetched_at)))]
    if state.tab == "unassigned" or not unassigned_count.number:
        return [*blocks, section(sentences[0])]
    sentences.append(
        words("home.free.many", count=count_text(unassigned_count, words))
        if unassigned_count.is_many
        else words("home.free", n=unassigned_count.number)
    )
    unassigned_button = button(words("home.look"), f"home:look:{stored_name('unassigned')}")
    return [*blocks, section(" ".join(sentences)), actions([unassigned_button])]


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
        button(words("btn.overview"), "home:overview"),
    ]


def _delay_line(state: HomeState, words: Words) -> list[Block]:
    return [context(words("home.delayed", n=state.delayed_count))] if state.delayed_count else []
