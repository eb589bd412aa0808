"""Kolumner: which columns a list has, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import actions, button, context, option
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.domain.lists.case_query import (
    DEFAULT_COLUMNS,
    MAX_COLUMNS,
    SLACK_COLUMNS,
    ListColumn,
    parse_columns,
    slack_columns,
)
from bot.domain.lists.list_columns import column_title
from bot.text import Words

ID = "home:columns:submit"
RESET_BUTTON = "home:columns:reset"

COLUMN_FIELD = "column"
"""Before the number of a column's place, from 1."""

NO_COLUMN = "-"


@dataclass(frozen=True, slots=True)
class ColumnForm:
    """The dialog's state: the columns of the list, and the name of the saved view that it is, empty for none."""

    columns: Sequence[ListColumn]
    metadata: Mapping[str, Any]
    view_name: str = ""

    def reset(self) -> ColumnForm:
        """The form with the usual columns in its fields."""
        metadata = {**self.metadata, "n": self.metadata.get("n", 0) + 1}
        return ColumnForm(DEFAULT_COLUMNS, metadata, self.view_name)


def column_form(form: ColumnForm, words: Words) -> View:
    """A menu for each place in the order, since Slack's menu of several choices has none."""
    help_lines = [words("columns.help", n=MAX_COLUMNS)]
    if form.view_name:
        help_lines.append(words("columns.view", view=form.view_name))
    return modal(
        ID,
        words("page.list.columns"),
        [
            context(*help_lines),
            *_menus(form, words),
            actions([button(words("page.list.columns.reset"), RESET_BUTTON)]),
        ],
        form.metadata,
        submit=words("page.list.columns.show"),
        close=words("btn.cancel"),
    )


def _menus(form: ColumnForm, words: Words) -> list[Block]:
    none = option(words("columns.none"), NO_COLUMN)
    options = [none, *(option(column_title(column, words), column) for column in SLACK_COLUMNS)]
    chosen = [*slack_columns(form.columns), *[NO_COLUMN] * MAX_COLUMNS][:MAX_COLUMNS]
    # Slack keeps what is chosen in a menu until its block has another id.
    revision = f"#{form.metadata['n']}" if "n" in form.metadata else ""
    return [
        fields.input_block(
            f"{COLUMN_FIELD}{n}{revision}",
            words("columns.place", n=n),
            fields.static_select(options, column),
        )
        for n, column in enumerate(chosen, start=1)
    ]


@dataclass(frozen=True, slots=True)
class ChosenColumns:
    """The columns in their order, the usual ones where none is chosen; and the fields that repeat an earlier one."""

    columns: tuple[ListColumn, ...]
    repeated: tuple[str, ...] = ()


def read(view: Mapping[str, Any]) -> ChosenColumns:
    """What was chosen."""
    values = fields.read_values(view)
    names = [(f"{COLUMN_FIELD}{n}", values.get(f"{COLUMN_FIELD}{n}")) for n in range(1, MAX_COLUMNS + 1)]
    given = [(field, str(name)) for field, name in names if name and name != NO_COLUMN]
    first = {name: field for field, name in reversed(given)}
    repeated = tuple(fields.block_id_of(view, field) for field, name in given if first[name] != field)
    return ChosenColumns(slack_columns(parse_columns(name for _, name in given)), repeated)
