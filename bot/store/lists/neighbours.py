"""The cases before and after one in the list it was opened from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.domain.case_lists import CaseList, parse_case_list
from bot.domain.case_query import LIST_QUERIES
from bot.domain.views import ListPosition, Neighbours
from bot.store.engine.database import Tx
from bot.store.lists import search_results
from bot.store.lists.case_queries import CaseQueries
from bot.store.lists.worklists import ListContext

ListOrder = Callable[[Tx, ListContext, str], Sequence[str]]
"""Returns the ids of a list's cases in order, those that the officer may see. The string is the list's id, which
distinguishes lists of one name."""

MAX_ORDERED = 1_000
"""Cases of a list with an order of its own that can be stepped through."""


def _ids_of(name: CaseList) -> ListOrder:
    return lambda tx, context, _: CaseQueries(tx, context).ids(LIST_QUERIES[name], limit=MAX_ORDERED)


def _search_result_ids(tx: Tx, context: ListContext, results_id: str) -> Sequence[str]:
    return search_results.load(tx, context.officer, results_id)


ORDERED_LISTS: Mapping[str, ListOrder] = {
    "todo": _ids_of("todo"),
    "overdue": _ids_of("overdue"),
    "search": _search_result_ids,
}
"""Lists whose cases lose their place in the order with what they are listed for."""


def find_neighbours(tx: Tx, context: ListContext, place: ListPosition, case_id: str) -> Neighbours:
    """The cases before and after the case that was opened at `place`, in the current list.

    Where the case has left the list (taken or closed), the one that has moved to its place is the next. A list that
    does not exist, or is not the officer's, gives no neighbours.
    """
    if place.name in ORDERED_LISTS:
        return _find_by_position(ORDERED_LISTS[place.name](tx, context, place.id), place, case_id)
    case_list = parse_case_list(place.name)
    if case_list is None or not context.officer.access:
        return Neighbours()
    return _find_by_key(tx, context, case_list, place, case_id)


def _find_by_position(ids: Sequence[str], place: ListPosition, case_id: str) -> Neighbours:
    index, has_left = (ids.index(case_id), False) if case_id in ids else (min(place.place, len(ids)), True)
    next_index = index if has_left else index + 1
    return Neighbours(
        before=(ids[index - 1], ListPosition(place.name, index - 1, place.id)) if index > 0 else None,
        after=(ids[next_index], ListPosition(place.name, next_index, place.id))
        if next_index < len(ids)
        else None,
    )


def _find_by_key(
    tx: Tx, context: ListContext, case_list: CaseList, place: ListPosition, case_id: str
) -> Neighbours:
    """The neighbours by the case's own place in the order, whether it is still in the list or not."""
    queries, query = CaseQueries(tx, context), LIST_QUERIES[case_list]
    key = queries.key_of(query, case_id)
    if key is None:
        return Neighbours()
    found = queries.neighbours(query, key, case_id)
    return Neighbours(
        before=(found.before[0], ListPosition(place.name, max(0, place.place - 1))) if found.before else None,
        after=(found.after[0], ListPosition(place.name, place.place + 1)) if found.after else None,
    )
