"""The form with which the columns of a list are chosen and ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.lists.case_query import DEFAULT_COLUMNS, LIST_COLUMNS, MAX_COLUMNS, ListColumn
from bot.portal.forms.posted_form import PostedForm

FIRST: ListColumn = "number"
"""The column that leads to the case: every list on the web shows it, wherever it stands."""

UP, DOWN = "upp", "ned"


@dataclass(frozen=True, slots=True)
class ColumnForm:
    """The form as it is shown: every column in order, which of them are chosen, and the button to have the focus.

    `surplus` is by how many the chosen ones are too many.
    """

    order: tuple[ListColumn, ...]
    chosen: tuple[ListColumn, ...]
    focus: str = ""
    surplus: int = 0


def shown_columns(columns: Sequence[ListColumn]) -> tuple[ListColumn, ...]:
    """The columns as the web shows them: with the case number, which a view from elsewhere may be without."""
    return tuple(columns) if FIRST in columns else (FIRST, *columns)


def fill_columns(columns: Sequence[ListColumn], focus: str = "") -> ColumnForm:
    """The form of a list: its own columns first, then the others."""
    chosen = shown_columns(columns)
    return ColumnForm((*chosen, *(one for one in LIST_COLUMNS if one not in chosen)), chosen, focus)


def read_columns(posted: PostedForm, pressed: str) -> ColumnForm:
    """The form after a press: `pressed` is `upp:COLUMN` or `ned:COLUMN`, `standard`, or anything else for as it is."""
    if pressed == "standard":
        return fill_columns(DEFAULT_COLUMNS)
    posted.require("order")
    order = _known(posted.get_all("order"))
    order = (*order, *(one for one in LIST_COLUMNS if one not in order))
    ticked = {FIRST, *_known(posted.get_all("column"))}
    chosen = [one for one in order if one in ticked]
    part, _, name = pressed.partition(":")
    column = next((one for one in chosen if one == name), None)
    if column is not None and part in (UP, DOWN):
        place = chosen.index(column)
        chosen.remove(column)
        chosen.insert(max(0, place - 1) if part == UP else place + 1, column)
    surplus = max(0, len(chosen) - MAX_COLUMNS)
    focus = pressed if part in (UP, DOWN) else ""
    return ColumnForm((*chosen, *(one for one in order if one not in ticked)), tuple(chosen), focus, surplus)


def _known(names: Sequence[str]) -> tuple[ListColumn, ...]:
    return tuple(dict.fromkeys(one for name in names for one in LIST_COLUMNS if one == name))
