"""The cases on a page of App Home, as a list or as a table."""

from __future__ import annotations

from collections.abc import Sequence

from bot.blocks.block_kit.elements import EMPTY_TEXT, SEPARATOR, Element, actions, button
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.mrkdwn import shorten
from bot.blocks.cases.case_words import colour_words
from bot.blocks.lists.case_list import RowLayout, case_row, is_fully_shown, show_button, waiting_texts
from bot.blocks.lists.home_state import HomeState
from bot.blocks.values import CaseRef, encode
from bot.catalog.services import words_for
from bot.domain.case_actions import can_be_taken
from bot.domain.lists.case_query import ListColumn, slack_columns
from bot.domain.lists.list_columns import column_text, column_title
from bot.domain.views import ListedCase
from bot.text import Words

MAX_TABLE_LENGTH = 18_000
"""Characters in the cells of a table, of which Slack takes 20,000; the rest is for its buttons."""


def list_blocks(state: HomeState, words: Words) -> list[Block]:
    """A row for each case, with the button that takes it where nobody has it."""
    return [block for index, row in enumerate(state.rows) for block in _row_blocks(row, index, state, words)]


def _row_blocks(row: ListedCase, index: int, state: HomeState, words: Words) -> list[Block]:
    layout = RowLayout(state.shown.query.columns, state.today)
    shown = case_row(row, state.position(index), state.catalog, words, layout)
    if not can_be_taken(row.closed_at, row.officers):
        return [shown]
    label = words("btn.about", button=words("btn.take"), number=row.number)
    return [shown, actions([button(words("btn.take"), "case:take", encode(CaseRef(row.id)), label=label)])]


def table_block(state: HomeState, words: Words) -> Block:
    """A table with the columns of the list; before them the number, and why cases wait, where they do."""
    columns = [one for one in slack_columns(state.shown.query.columns) if one != "number"]
    waiting = [SEPARATOR.join(waiting_texts(row, words)) for row in state.rows]
    titles = [
        column_title("number", words),
        *([words("home.why")] if any(waiting) else []),
        *(column_title(column, words) for column in columns),
        words("home.open"),
    ]
    texts = [
        [
            _number_text(row, columns, words),
            *([why] if any(waiting) else []),
            *(_cell_text(row, column, state, words) for column in columns),
        ]
        for row, why in zip(state.rows, waiting, strict=True)
    ]
    longest = _longest_cell(texts)
    rows = [
        [*(_cell(shorten(text, longest)) for text in cells), _show_cell(row, index, state, words)]
        for index, (row, cells) in enumerate(zip(state.rows, texts, strict=True))
    ]
    return {
        "type": "data_table",
        "caption": words("home.modal"),
        "rows": [[_cell(title) for title in titles], *rows],
        "page_size": len(rows),
        "row_header_column_index": 0,
    }


def _number_text(row: ListedCase, columns: Sequence[ListColumn], words: Words) -> str:
    """The number, with the marks that have no column of their own."""
    star = words("flag.star") if row.flagged and "flagged" not in columns else ""
    colour = colour_words(row.colour, words) if "colour" not in columns else ""
    return SEPARATOR.join(part for part in (row.number, star, colour) if part)


def _cell_text(row: ListedCase, column: ListColumn, state: HomeState, words: Words) -> str:
    service = state.catalog.service(row.service)
    if column not in ("status", "colour", "flagged") and not is_fully_shown(row, service):
        return ""
    return column_text(row, column, state.catalog, words_for(service, words))


def _longest_cell(texts: Sequence[Sequence[str]]) -> int:
    """The characters that a cell may have for the whole table to fit."""
    total = sum(len(text) for cells in texts for text in cells)
    return MAX_TABLE_LENGTH if total <= MAX_TABLE_LENGTH else MAX_TABLE_LENGTH // sum(map(len, texts))


def _cell(text: str) -> Element:
    return {"type": "raw_text", "text": text.strip() or EMPTY_TEXT}


def _show_cell(row: ListedCase, index: int, state: HomeState, words: Words) -> Element:
    """[Visa], in words where Slack shows no button there. Within a block each button has an action_id of its own."""
    show = show_button(row, state.position(index), words)
    return {
        "type": "action_cell",
        "element": {**show, "action_id": f"{show['action_id']}#{index}"},
        "fallback": _cell(words("list.show")),
    }
