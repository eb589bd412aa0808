"""The cases before and after one in the list it was opened from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import get_args

from sqlalchemy import literal, select, tuple_

from bot.domain.actors import Officer
from bot.domain.case_lists import DatedList
from bot.domain.views import ListPosition, Neighbours
from bot.store.engine.database import Tx
from bot.store.lists import search_results
from bot.store.lists.case_lists import find_first_beyond
from bot.store.lists.merging import BY_DATE
from bot.store.lists.worklists import ListContext, Worklists
from bot.store.tables import CaseRow
from bot.store.tables.base import UtcDateTime

ListOrder = Callable[[Tx, ListContext, str], Sequence[str]]
"""Returns the ids of a list's cases in order, those that the officer may see. The string is the list's id, which
distinguishes lists of one name."""

MAX_ORDERED = 1_000
"""Cases of a list with an order of its own that can be stepped through."""


def _todo_ids(tx: Tx, context: ListContext, _: str) -> Sequence[str]:
    return Worklists(tx, context).ids("todo", limit=MAX_ORDERED)


def _overdue_ids(tx: Tx, context: ListContext, _: str) -> Sequence[str]:
    return Worklists(tx, context).ids("overdue", limit=MAX_ORDERED)


def _search_result_ids(tx: Tx, context: ListContext, results_id: str) -> Sequence[str]:
    return search_results.load(tx, context.officer, results_id)


ORDERED_LISTS: Mapping[str, ListOrder] = {
    "todo": _todo_ids,
    "overdue": _overdue_ids,
    "search": _search_result_ids,
}
"""Lists with an order of their own, by name. The others are `DATED_LISTS`."""

DATED_LISTS: Mapping[str, DatedList] = {name: name for name in get_args(DatedList)}


def find_neighbours(tx: Tx, context: ListContext, place: ListPosition, case_id: str) -> Neighbours:
    """The cases before and after the case that was opened at `place`, in the current list.

    Where the case has left the list (taken or closed), the one that has moved to its place is the next. A list that
    does not exist, or is not the officer's, gives no neighbours.
    """
    if place.name in DATED_LISTS:
        return _find_by_date(tx, context.officer, place, case_id)
    if place.name in ORDERED_LISTS:
        return _find_by_position(ORDERED_LISTS[place.name](tx, context, place.id), place, case_id)
    return Neighbours()


def _find_by_position(ids: Sequence[str], place: ListPosition, case_id: str) -> Neighbours:
    index, has_left = (ids.index(case_id), False) if case_id in ids else (min(place.place, len(ids)), True)
    next_index = index if has_left else index + 1
    return Neighbours(
        before=(ids[index - 1], ListPosition(place.name, index - 1, place.id)) if index > 0 else None,
        after=(ids[next_index], ListPosition(place.name, next_index, place.id))
        if next_index < len(ids)
        else None,
    )


def _find_by_date(tx: Tx, officer: Officer, place: ListPosition, case_id: str) -> Neighbours:
    """The neighbours by date and number, which work whether the case is still in the list or not."""
    own = tx.conn.execute(select(CaseRow.received_at, CaseRow.number).where(CaseRow.id == case_id)).first()
    if own is None:
        return Neighbours()
    # As a row value the pair is one range of the index.
    place_of_each = tuple_(*BY_DATE.columns)
    own_place = tuple_(literal(own.received_at, UtcDateTime), literal(own.number))
    find = partial(find_first_beyond, tx, officer, DATED_LISTS[place.name])
    before = find(place_of_each > own_place, BY_DATE.backwards())
    after = find(place_of_each < own_place, BY_DATE)
    return Neighbours(
        before=(before, ListPosition(place.name, max(0, place.place - 1))) if before else None,
        after=(after, ListPosition(place.name, place.place + 1)) if after else None,
    )
