"""Search results: the cases that match, never the matching text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.block_kit.elements import Element, actions, button, context, header, section
from bot.blocks.block_kit.message import Block, Message
from bot.blocks.lists.case_list import case_row, query_buttons
from bot.blocks.values import PageNumber, encode
from bot.catalog.models import Catalog
from bot.domain.lists.case_search import MAX_RESULTS
from bot.domain.views import ListedCase, ListPosition
from bot.text import Words

PAGE_SIZE = 10


@dataclass(frozen=True, slots=True)
class SearchResults:
    """A page of search results: `count` is the number of all, and `id` that of the stored results."""

    id: str = ""
    rows: Sequence[ListedCase] = ()
    count: int = 0
    page: int = 0
    is_behind: bool = False
    """Whether older cases are not indexed yet, and so may be missing."""
    list_id: str = ""
    """The open list of all cases with the text, where one has been opened."""


def search_results_message(results: SearchResults, catalog: Catalog, words: Words) -> Message:
    """The first page, as the response to the slash command."""
    if not results.rows:
        text = words("search.none")
        return Message(text, [section(text), *_incomplete_line(results, words)])
    extra_blocks = [context(words("search.narrow", n=PAGE_SIZE))] if results.count > PAGE_SIZE else []
    extra_blocks += _incomplete_line(results, words)
    extra_blocks += [actions(query_buttons(results.list_id, words))] if results.list_id else []
    return Message(
        _title(results, words),
        [header(_title(results, words)), *_row_blocks(results, catalog, words), *extra_blocks],
    )


def search_results_blocks(results: SearchResults, catalog: Catalog, words: Words) -> list[Block]:
    """A page in a modal, with buttons for the other pages; an opened case replaces the modal."""
    if not results.rows:
        return [section(words("search.none")), *_incomplete_line(results, words)]
    pages = -(-results.count // PAGE_SIZE)
    page_line = [context(words("label.page", page=results.page + 1, pages=pages))] if pages > 1 else []
    buttons = [actions(_page_buttons(results, pages, words))] if pages > 1 else []
    narrow = [context(words("search.most"))] if results.count >= MAX_RESULTS else []
    return [
        header(_title(results, words)),
        *narrow,
        *_incomplete_line(results, words),
        *_row_blocks(results, catalog, words),
        *page_line,
        *buttons,
    ]


def _incomplete_line(results: SearchResults, words: Words) -> list[Block]:
    return [context(words("search.behind"))] if results.is_behind else []


def _title(results: SearchResults, words: Words) -> str:
    return words("search.found.most" if results.count >= MAX_RESULTS else "search.found", n=results.count)


def _row_blocks(results: SearchResults, catalog: Catalog, words: Words) -> list[Block]:
    first = results.page * PAGE_SIZE
    return [
        case_row(row, ListPosition("search", first + index, results.id), catalog, words)
        for index, row in enumerate(results.rows)
    ]


def _page_buttons(results: SearchResults, pages: int, words: Words) -> list[Element]:
    buttons = []
    if results.page > 0:
        buttons.append(button(words("btn.page.back"), "hits:turn:back", encode(PageNumber(results.page - 1))))
    if results.page < pages - 1:
        buttons.append(button(words("btn.page.next"), "hits:turn:next", encode(PageNumber(results.page + 1))))
    return buttons
