"""The cases before and after one in the list it was opened from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.domain.lists.case_lists import CaseList, parse_case_list
from bot.domain.lists.case_query import LIST_QUERIES, QUERY_LIST, CaseQuery, parse_case_key
from bot.domain.lists.query_validation import QueryRefused
from bot.domain.views import ListPosition, Neighbours
from bot.store.engine.database import Tx
from bot.store.lists import open_lists, search_results
from bot.store.lists.queries.case_queries import CaseQueries, PlacedNeighbour
from bot.store.lists.queries.worklists import ListContext

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
"""Lists that are stepped through by the index in them, where no key is known: their cases lose their place in the order
with what they are listed for."""


def locate(tx: Tx, context: ListContext, position: ListPosition, case_id: str) -> ListPosition:
    """The position with the case's key as it is now, for a case that is being opened; unchanged without a query."""
    query = _find_query(tx, context, position)
    if query is None or position.key:
        return position
    try:
        key = CaseQueries(tx, context).key_of(query, case_id)
    except QueryRefused:
        return position
    return replace(position, key=key.encode()) if key is not None else position


def find_neighbours(tx: Tx, context: ListContext, position: ListPosition, case_id: str) -> Neighbours:
    """The cases before and after the case that was opened at `position`, in the current list.

    Where the case has left the list (taken or closed), the one that has moved to its place is the next. A list that
    does not exist, or is not the officer's, gives no neighbours.
    """
    if position.name in ORDERED_LISTS and not position.key:
        ids = ORDERED_LISTS[position.name](tx, context, position.id)
        return _find_by_position(ids, position, case_id)
    query = _find_query(tx, context, position)
    if query is None:
        return Neighbours()
    try:
        return _find_by_key(CaseQueries(tx, context), query, position, case_id)
    except QueryRefused:
        return Neighbours()


def _find_query(tx: Tx, context: ListContext, position: ListPosition) -> CaseQuery | None:
    if position.name == QUERY_LIST:
        opened = open_lists.load(tx, context.officer.key, position.id)
        return opened.query if opened is not None else None
    case_list = parse_case_list(position.name)
    return LIST_QUERIES[case_list] if case_list is not None else None


def _find_by_position(ids: Sequence[str], position: ListPosition, case_id: str) -> Neighbours:
    index, has_left = (ids.index(case_id), False) if case_id in ids else (min(position.place, len(ids)), True)
    next_index = index if has_left else index + 1
    return Neighbours(
        before=(ids[index - 1], replace(position, place=index - 1)) if index > 0 else None,
        after=(ids[next_index], replace(position, place=next_index)) if next_index < len(ids) else None,
    )


def _find_by_key(queries: CaseQueries, query: CaseQuery, position: ListPosition, case_id: str) -> Neighbours:
    """The neighbours of the place in the order, whether the case is still there or not."""
    key = queries.known_key(query, parse_case_key(position.key)) or queries.key_of(query, case_id)
    if key is None:
        return Neighbours()
    found = queries.neighbours(query, key, case_id)

    def placed(neighbour: PlacedNeighbour | None, place: int) -> tuple[str, ListPosition] | None:
        if neighbour is None:
            return None
        return neighbour[0], replace(position, place=max(0, place), key=neighbour[1].encode())

    return Neighbours(
        before=placed(found.before, position.place - 1), after=placed(found.after, position.place + 1)
    )
