"""App Home: what waits for an officer, what is theirs, and what nobody has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.blocks.block_kit.elements import Element, actions, button, context, divider, header, section
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, loading, modal
from bot.blocks.lists.case_list import PLACES, case_row
from bot.catalog.models import Catalog
from bot.domain.views import InList, ListedCase, Worklist
from bot.text import Words

ID = "home"
IN_MODAL = "home:modal"
ROWS = 20
"""Cases on a page."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one officer's Home shows: a page of a tab, how many each tab has, and when it was fetched."""

    tab: Worklist
    rows: Sequence[ListedCase]
    counts: Mapping[Worklist, int]
    catalog: Catalog
    at: datetime
    today: date
    page: int = 0
    delayed: int = 0
    """Deliveries that wait because Slack or the mail does not take them."""

    @property
    def count(self) -> int:
        return self.counts[self.tab]

    @property
    def first(self) -> int:
        """The place in the list of the page's first case, from 0."""
        return self.page * ROWS


def home(shown: Shown, words: Words) -> View:
    """The officer's Home as it is now."""
    return _view(_blocks(shown, words), _ids(shown))


def in_modal(shown: Shown, words: Words) -> View:
    """The same lists in a modal, for where there is no Home to look at."""
    close = words("btn.close")
    return modal(IN_MODAL, words("home.modal"), _blocks(shown, words), _ids(shown), close=close)


def opening(words: Words) -> View:
    """The modal, until its lists are fetched."""
    return loading(IN_MODAL, words("home.modal"), {}, words)


def _ids(shown: Shown) -> dict[str, str | int]:
    return {"tab": shown.tab, "page": shown.page}


def _blocks(shown: Shown, words: Words) -> list[Block]:
    return [
        actions([_tab(tab, shown, words) for tab in PLACES]),
        header(words("home.title", tab=words(f"tab.{shown.tab}"), n=shown.count)),
        *(_cases(shown, words) if shown.rows else _empty(shown, words)),
        actions([*_turns(shown, words), *_always(words)]),
        *_delay(shown, words),
    ]


def closed_home(said: str, words: Words) -> View:
    """Home for someone who cannot be shown any cases, and why."""
    again = button(words("btn.refresh"), "home:refresh")
    return _view([header(words("home.closed")), section(said), actions([again])], {})


def _view(blocks: Sequence[Block], ids: Mapping[str, str | int]) -> View:
    return {
        "type": "home",
        "callback_id": ID,
        "blocks": list(blocks),
        "private_metadata": json.dumps(ids, separators=(",", ":")),
    }


def _tab(tab: Worklist, shown: Shown, words: Words) -> Element:
    text = words("home.tab", tab=words(f"tab.{tab}"), count=words.number(shown.counts[tab]))
    return button(text, f"home:tab:{tab}", style="primary" if tab == shown.tab else "")


def _cases(shown: Shown, words: Words) -> list[Block]:
    last = shown.first + len(shown.rows)
    fetched = words("home.fetched", time=words.hour(shown.at))
    said = words("home.shown", first=shown.first + 1, last=last, all=words.number(shown.count))
    some = len(shown.rows) < shown.count
    rows = [
        case_row(row, InList(PLACES[shown.tab], shown.first + n), shown.catalog, words, shown.today)
        for n, row in enumerate(shown.rows)
    ]
    return [context(said if some else "", fetched), *rows, divider()]


def _empty(shown: Shown, words: Words) -> list[Block]:
    """What would be here, and where there is something to do instead."""
    free = shown.counts["unhandled"]
    said = [words(f"home.empty.{shown.tab}")]
    blocks = [context(words("home.fetched", time=words.hour(shown.at)))]
    if shown.tab == "unhandled" or not free:
        return [*blocks, section(said[0])]
    said.append(words("home.free", n=free))
    look = button(words("home.look"), "home:look:unhandled")
    return [*blocks, section(" ".join(said)), actions([look])]


def _turns(shown: Shown, words: Words) -> list[Element]:
    turns = []
    if shown.page > 0:
        turns.append(button(words("btn.home.back"), "home:turn:back", str(shown.page - 1)))
    if shown.first + len(shown.rows) < shown.count:
        turns.append(button(words("btn.home.next"), "home:turn:next", str(shown.page + 1)))
    return turns


def _always(words: Words) -> list[Element]:
    return [
        button(words("btn.refresh"), "home:refresh"),
        button(words("search.title"), "home:search"),
        button(words("btn.settings"), "home:settings"),
    ]


def _delay(shown: Shown, words: Words) -> list[Block]:
    return [context(words("home.delayed", n=shown.delayed))] if shown.delayed else []
