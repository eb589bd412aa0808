"""What a search found: that cases match, never what in them does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.block_kit.elements import Element, actions, button, context, header, section
from bot.blocks.block_kit.message import Block, Message
from bot.blocks.lists.case_list import case_row
from bot.catalog.models import Catalog
from bot.domain.searching import MOST
from bot.domain.views import InList, ListedCase
from bot.text import Words

ROWS = 10


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found: `count` is how many there are in all, and `id` names them while they are kept."""

    id: str = ""
    rows: Sequence[ListedCase] = ()
    count: int = 0
    page: int = 0
    is_behind: bool = False
    """Whether there are older cases that are not found yet."""


def hit_list(hits: Hits, catalog: Catalog, words: Words) -> Message:
    """The answer to a search by words: the first page."""
    if not hits.rows:
        said = words("search.none")
        return Message(said, [section(said), *_behind(hits, words)])
    more = [context(words("search.narrow", n=ROWS))] if hits.count > ROWS else []
    more += _behind(hits, words)
    return Message(
        _counted(hits, words), [header(_counted(hits, words)), *_rows(hits, catalog, words), *more]
    )


def hit_pages(hits: Hits, catalog: Catalog, words: Words) -> list[Block]:
    """The page in a modal, where a case takes its place, and from where one turns to the other pages."""
    if not hits.rows:
        return [section(words("search.none")), *_behind(hits, words)]
    pages = -(-hits.count // ROWS)
    turned = [context(words("label.page", page=hits.page + 1, pages=pages))] if pages > 1 else []
    turns = [actions(_turns(hits, pages, words))] if pages > 1 else []
    narrow = [context(words("search.most"))] if hits.count >= MOST else []
    return [
        header(_counted(hits, words)),
        *narrow,
        *_behind(hits, words),
        *_rows(hits, catalog, words),
        *turned,
        *turns,
    ]


def _behind(hits: Hits, words: Words) -> list[Block]:
    return [context(words("search.behind"))] if hits.is_behind else []


def _counted(hits: Hits, words: Words) -> str:
    return words("search.found.most" if hits.count >= MOST else "search.found", n=hits.count)


def _rows(hits: Hits, catalog: Catalog, words: Words) -> list[Block]:
    first = hits.page * ROWS
    return [
        case_row(row, InList("search", first + place, hits.id), catalog, words)
        for place, row in enumerate(hits.rows)
    ]


def _turns(hits: Hits, pages: int, words: Words) -> list[Element]:
    turns = []
    if hits.page > 0:
        turns.append(button(words("btn.page.back"), "hits:turn:back", str(hits.page - 1)))
    if hits.page < pages - 1:
        turns.append(button(words("btn.page.next"), "hits:turn:next", str(hits.page + 1)))
    return turns
