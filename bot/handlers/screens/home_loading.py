"""Loading of what App Home shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.blocks.lists.home_state import HomeState, PageKeys, ShownList
from bot.domain.lists.case_lists import CASE_LISTS, CaseList, parse_case_list, stored_name
from bot.domain.lists.case_query import (
    DEFAULT_COLUMNS,
    LIST_QUERIES,
    CaseCount,
    CaseKey,
    CaseQuery,
    ListColumn,
    base_list,
    with_columns,
    with_text,
)
from bot.domain.lists.query_validation import QueryRefused, query_problems
from bot.domain.lists.saved_views import PageSize, SavedView, ViewUnreadable
from bot.domain.preferences import Preferences
from bot.domain.rules import Refused
from bot.domain.views import ListedCase
from bot.store import Tx
from bot.store.lists import open_lists, saved_views
from bot.store.lists.open_lists import ListRequest
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers import absences, drafts, preferences
from bot.store.officers.preferences import HomePosition
from bot.store.outbox import deliveries


@dataclass(frozen=True, slots=True)
class PageStart:
    """The key after or before which a page is read; with neither, it is read by its number."""

    after: CaseKey | None = None
    before: CaseKey | None = None


BY_NUMBER = PageStart()


@dataclass(frozen=True, slots=True)
class HomeRequest:
    """A page of App Home.

    `list_id` is the open list that is meant, empty for the tab's or the view's own; with None it is the one that the
    officer left there. `is_widened`: it is shown because a text was in no case of the list that was searched.
    """

    position: HomePosition
    start: PageStart = BY_NUMBER
    list_id: str | None = None
    is_widened: bool = False


DEFAULT_REQUEST = HomeRequest(HomePosition("todo"), list_id="")


@dataclass(frozen=True, slots=True)
class HomePlace:
    """A tab of App Home or a saved view: its own list, and the one that is shown there."""

    tab: CaseList
    own: CaseQuery
    query: CaseQuery
    chosen: Preferences
    view: SavedView | None = None
    views: tuple[SavedView, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the store."""
        return self.view.id if self.view is not None else stored_name(self.tab)

    @property
    def page_size(self) -> PageSize:
        return self.view.page_size if self.view is not None else self.chosen.page_size

    @property
    def requested(self) -> ListRequest | None:
        """The list that is to be open for its cases to be worked through; None for a tab's own, which always is."""
        if self.view is None and self.query == self.own:
            return None
        return ListRequest(tab=self.tab, query=self.query, page_size=self.page_size)

    def changed(self, query: CaseQuery) -> HomePlace:
        return replace(self, query=query)


def load_place(tx: Tx, context: ListContext, home_request: HomeRequest) -> HomePlace:
    """The place, with the list that is meant; the tab where the view is no more."""
    officer, position = context.officer, home_request.position
    chosen, views = preferences.load(tx, officer.key), tuple(saved_views.list_views(tx, officer))
    view = next((one for one in views if one.id == position.view_id), None)
    if view is None:
        own = with_columns(LIST_QUERIES[position.tab], chosen.columns)
        place = HomePlace(position.tab, own, own, chosen, views=views)
    else:
        own = view.query or LIST_QUERIES[position.tab]
        place = HomePlace(base_list(own), own, own, chosen, view, views)
    opened = None
    if home_request.list_id is None:
        opened = open_lists.find_home_list(tx, officer.key, place.name)
    elif home_request.list_id:
        opened = open_lists.load(tx, officer.key, home_request.list_id)
    if opened is None:
        return place
    is_of_tab = view is None
    return place.changed(with_columns(opened.query, chosen.columns) if is_of_tab else opened.query)


def open_place(tx: Tx, context: ListContext, place: HomePlace) -> str:
    """Open the place's list. Returns its id; empty for a tab's own, which always is open."""
    requested = place.requested
    return open_lists.create(tx, context.officer.key, requested, context.now).id if requested else ""


def leave(tx: Tx, context: ListContext, place: HomePlace, searched_from: str = "") -> HomePosition:
    """Store the place's list as the one that the officer left there. Returns its first page, where they now are.

    `searched_from`: as in `HomePosition`; not where the list has no text any more.
    """
    officer, list_id = context.officer.key, open_place(tx, context, place)
    is_own = place.query == place.own
    open_lists.save_home_list(tx, officer, place.name, list_id if list_id and not is_own else None)
    position = _position(place, 0, searched_from)
    preferences.save_home_position(tx, officer, position)
    return position


def _position(place: HomePlace, page: int, searched_from: str) -> HomePosition:
    view_id = place.view.id if place.view is not None else ""
    return HomePosition(place.tab, page, view_id, searched_from if place.query.text else "")


def end_search(tx: Tx, context: ListContext, home_request: HomeRequest) -> HomePosition:
    """Leave the place's list without its text. Returns its first page; of a search that was widened, that of the place
    where it began, as it was left there."""
    place = load_place(tx, context, home_request)
    position = leave(tx, context, place.changed(with_text(place.query, "")))
    name = home_request.position.searched_from
    if not name:
        return position
    is_view = any(one.id == name for one in place.views)
    begun = HomePosition("all", 0, name) if is_view else HomePosition(parse_case_list(name) or CASE_LISTS[0])
    return end_search(tx, context, HomeRequest(begun))


def set_columns(tx: Tx, context: ListContext, place: HomePlace, columns: tuple[ListColumn, ...]) -> None:
    """Give the list these columns: the officer's, in all their lists; of a saved view, that view's as it is left."""
    if place.view is None:
        preferences.save(tx, context.officer.key, replace(place.chosen, columns=columns))
    elif place.view.query is not None and columns != place.query.columns:
        leave(tx, context, place.changed(with_columns(place.query, columns)))


@dataclass(frozen=True, slots=True)
class LoadedHome:
    """The data of App Home.

    `position` is where it is, and `previous_position` where the officer was last. `to_open` is a list that must be
    opened before its cases are.
    """

    state: HomeState
    position: HomePosition
    previous_position: HomePosition | None
    to_open: ListRequest | None = None


def load_home(tx: Tx, context: ListContext, home_request: HomeRequest) -> LoadedHome:
    """Load counts and cases in one snapshot."""
    officer, queries = context.officer, CaseQueries(tx, context)
    place = load_place(tx, context, home_request)
    counts = _count_lists(queries)
    page = _read_or_refuse(queries, place, home_request, context)
    requested = place.requested
    list_id = open_lists.id_of(tx, officer.key, requested) if requested is not None else ""
    is_open = requested is None or open_lists.find(tx, officer.key, requested, context.now) is not None
    position = _position(place, page.number, home_request.position.searched_from)
    shown = _shown_list(place, page, position)
    state = HomeState(
        tab=place.tab,
        rows=page.rows,
        counts=counts,
        officer=officer,
        catalog=context.catalog,
        fetched_at=context.now,
        today=context.today,
        shown=replace(shown, list_id=list_id, is_widened=home_request.is_widened),
        page=page.number,
        keys=page.keys,
        views=place.views,
        absence=absences.find_absence(tx, officer.key, context.today),
        unsent=drafts.list_unsent(tx, officer),
        delayed_count=deliveries.count_all_delayed(tx, context.now),
    )
    previous = preferences.find_home_position(tx, officer.key)
    return LoadedHome(state, position, previous, None if is_open else requested)


def _shown_list(place: HomePlace, page: _ReadPage, position: HomePosition) -> ShownList:
    """The list as it is read and shown, before it is known which open list it is."""
    return ShownList(
        query=place.query,
        count=page.count,
        view=place.view,
        is_changed=place.query != place.own,
        layout=place.chosen.layout,
        page_size=place.page_size,
        refusals=page.refusals,
        is_cut=page.is_cut,
        is_behind=page.is_behind,
        searched_from=position.searched_from,
    )


def _count_lists(queries: CaseQueries) -> dict[CaseList, CaseCount]:
    """The numbers of the tabs' cases. Where there are many closed cases, there are as many of all."""
    counts = {one: queries.count(LIST_QUERIES[one]) for one in CASE_LISTS if one != "all"}
    closed = counts["closed"]
    return counts | {"all": closed if closed.is_many else queries.count(LIST_QUERIES["all"])}


NO_CASES, NO_KEYS = CaseCount(0), PageKeys()


@dataclass(frozen=True, slots=True)
class _ReadPage:
    """A page of cases and the number of all; or why they cannot be shown today."""

    count: CaseCount = NO_CASES
    refusals: tuple[Refused, ...] = ()
    number: int = 0
    rows: Sequence[ListedCase] = ()
    keys: PageKeys = NO_KEYS
    is_cut: bool = False
    is_behind: bool = False


def _read_or_refuse(
    queries: CaseQueries, place: HomePlace, home_request: HomeRequest, context: ListContext
) -> _ReadPage:
    if place.view is not None and place.view.query is None:
        return _ReadPage(refusals=(ViewUnreadable(),))
    if problems := tuple(query_problems(place.query, context.officer, context.catalog)):
        return _ReadPage(refusals=problems)
    try:
        return _read_page(queries, place, home_request)
    except QueryRefused as refusal:
        return _ReadPage(refusals=(refusal,))


def _read_page(queries: CaseQueries, place: HomePlace, home_request: HomeRequest) -> _ReadPage:
    """The requested page. The first page begins the list; one beyond the last that is counted becomes that."""
    # The query of the tab's count, where it is that: each query is planned once, whatever its columns.
    query, start, limit = with_columns(place.query, DEFAULT_COLUMNS), home_request.start, place.page_size
    count = queries.count(query)
    if home_request.position.page > 0 and start != BY_NUMBER:
        found = queries.page(query, limit=limit, after=start.after, before=start.before)
        if found.rows:
            keys = PageKeys(found.previous_key, found.next_key, start.after, start.before)
            return _ReadPage(
                count, (), home_request.position.page, found.cases, keys, found.is_cut, found.is_behind
            )
    page = max(0, min(home_request.position.page, (count.number - 1) // limit))
    found = queries.numbered_page(query, limit=limit, page=page)
    keys = PageKeys(found.previous_key, found.next_key)
    return _ReadPage(count, (), page, found.cases, keys, found.is_cut, found.is_behind)
