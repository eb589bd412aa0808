"""The page of a list: what is read for it, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.lists.batch_forms.action_forms import ACTION_FORMS, FIRST_ACTIONS
from bot.domain.lists.case_lists import CASE_LISTS, CaseList
from bot.domain.lists.case_query import (
    LIST_QUERIES,
    MAX_COLUMNS,
    CaseCount,
    CaseQuery,
    base_list,
    searches_everywhere,
    with_columns,
)
from bot.domain.lists.case_search import MAX_LISTED
from bot.domain.lists.list_columns import column_title
from bot.domain.lists.query_form import CHECKS, DAY_RANGES, FilledFilter, fill_from_query, used_parts
from bot.domain.lists.query_validation import QueryRefused, query_problems
from bot.domain.lists.query_wording import count_text, describe_part, sort_choices
from bot.domain.lists.saved_views import WEB_PAGE_SIZES, SavedView
from bot.domain.preferences import Preferences
from bot.domain.views import ListedCase
from bot.portal.officer.last_list import remember_list
from bot.portal.officer.officer_context import OfficerContext
from bot.portal.overview import list_table
from bot.portal.overview.action_forms import PATH_OF_KIND
from bot.portal.overview.column_form import ColumnForm, fill_columns, shown_columns
from bot.portal.overview.filter_choices import filter_choices
from bot.portal.overview.filter_form import assignee_suggestions, fill_from_list
from bot.store import Tx
from bot.store.lists import open_lists, saved_views
from bot.store.lists.open_lists import ListRequest, OpenList
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.paging import CasePage
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers import preferences
from bot.store.officers.preferences import HomePosition

COLUMNS_PANEL, VIEW_PANEL = "kolumner", "vy"


@dataclass(frozen=True, slots=True)
class ViewForm:
    """The form that saves a list as a view, as it was sent, and why it was not saved.

    `may_replace`: the officer has another view with that name, which can be replaced.
    """

    name: str = ""
    problem: str = ""
    may_replace: bool = False


@dataclass(frozen=True, slots=True)
class ListForms:
    """The forms of a page of a list as they were sent; without one, as the list itself has it.

    `panel` is the part of the page that is unfolded. `is_widened`: the list has all cases with a text that was in none
    of the list that was searched.
    """

    filled: FilledFilter | None = None
    columns: ColumnForm | None = None
    view: ViewForm = field(default_factory=ViewForm)
    panel: str = ""
    is_widened: bool = False

    @property
    def is_refused(self) -> bool:
        has_surplus = self.columns is not None and self.columns.surplus > 0
        return self.filled is not None or has_surplus or bool(self.view.problem)


@dataclass(frozen=True)
class ShownList:
    """A page of a list as it was read: `page` from 1; `refusals` are why its query cannot be answered today."""

    opened: OpenList
    page: int
    found: CasePage
    count: CaseCount
    counts: Mapping[CaseList, CaseCount]
    views: tuple[SavedView, ...]
    refusals: tuple[QueryRefused, ...] = ()

    @property
    def view(self) -> SavedView | None:
        """The saved view that the list is."""
        return find_view(self.opened, self.views)


def find_view(opened: OpenList, views: Sequence[SavedView]) -> SavedView | None:
    """The view whose query the list has; None for a list of a tab, whatever its columns."""
    query = opened.query
    if query == with_columns(LIST_QUERIES[opened.tab], query.columns):
        return None
    return next((one for one in views if one.query == query), None)


async def load_list(context: OfficerContext, list_id: str) -> OpenList:
    """The officer's open list. Raises HTTPException 404."""
    found = await context.page.deps.service.database.read(
        lambda tx: open_lists.load(tx, context.officer.key, list_id)
    )
    if found is None:
        raise HTTPException(404)
    return found


def list_context(context: OfficerContext) -> ListContext:
    return ListContext(context.officer, context.page.now, context.page.catalog)


def request_tab(tab: CaseList, chosen: Preferences) -> ListRequest:
    """The list of a tab, with the officer's columns and rows."""
    query = with_columns(LIST_QUERIES[tab], chosen.columns)
    return ListRequest(tab=tab, query=query, page_size=chosen.web_page_size)


def request_view(query: CaseQuery, chosen: Preferences) -> ListRequest:
    """The list of a saved query, on the tab that it narrows, with the officer's rows."""
    return ListRequest(tab=base_list(query), query=query, page_size=chosen.web_page_size)


async def save_last_place(context: OfficerContext, tab: CaseList, view_id: str = "") -> None:
    """Store where the officer was last, here or in App Home. Nothing is written where they were there already."""
    database, officer = context.page.deps.service.database, context.officer.key
    last = await database.read(lambda tx: preferences.find_home_position(tx, officer))
    if last is None or (last.tab, last.view_id) != (tab, view_id):
        position = HomePosition(tab, 0, view_id)
        await database.write(lambda tx: preferences.save_home_position(tx, officer, position))


async def open_list(context: OfficerContext, requested: ListRequest) -> OpenList:
    """The officer's list. Nothing is written where it is open already."""
    database, officer, now = context.page.deps.service.database, context.officer.key, context.page.now
    found = await database.read(lambda tx: open_lists.find(tx, officer, requested, now))
    if found is not None:
        return found
    return await database.write(lambda tx: open_lists.create(tx, officer, requested, now))


async def reopen_list(context: OfficerContext, opened: OpenList, query: CaseQuery) -> OpenList:
    """The list with another order or other columns. What is ticked in it remains."""
    requested = ListRequest(tab=opened.tab, query=query, page_size=opened.page_size)
    officer, now = context.officer.key, context.page.now
    return await context.page.deps.service.database.write(
        lambda tx: open_lists.reopen(tx, officer, requested, opened, now)
    )


async def show_list(
    context: OfficerContext, opened: OpenList, number: int = 1, forms: ListForms | None = None
) -> Response:
    """The page of the list with that number, from 1, or the last one where that has no cases any more.

    With status 422 where one of its forms was refused.
    """
    page, forms = context.page, forms or ListForms()
    shown = await page.deps.service.database.read(lambda tx: _read(tx, context, opened, number))
    next_key, read = shown.found.next_key, shown.page
    if next_key is not None and opened.page_keys[read - 1 : read] != (next_key,):
        await page.deps.service.database.write(
            lambda tx: open_lists.save_page_key(tx, opened, read, next_key)
        )
    cases = await _load_applicants(context, shown)
    status = 422 if forms.is_refused else 200
    facts = {**_page_facts(context, shown, cases), **_form_facts(context, shown, forms)}
    # Names are not kept: a case may be protected before one comes back to the page.
    path = f"/handlaggare/lista/{opened.id}" if "applicants" not in opened.query.columns else ""
    response = page.render("officer/overview.html", status, page_path=path, **facts)
    remember_list(context, response, opened.id, shown.page)
    return response


async def _load_applicants(context: OfficerContext, shown: ShownList) -> Sequence[ListedCase]:
    """The cases of the page; with the column of applicants also who they are, which is recorded first."""
    cases = shown.found.cases
    if "applicants" not in shown.opened.query.columns:
        return cases
    opening = context.opening_name("list")
    return await context.page.deps.service.reveal_applicants(context.officer, cases, opening=opening)


def _read(tx: Tx, context: OfficerContext, opened: OpenList, number: int) -> ShownList:
    queries = CaseQueries(tx, list_context(context))
    counts = {tab: queries.count(LIST_QUERIES[tab]) for tab in CASE_LISTS}
    views = tuple(saved_views.list_views(tx, context.officer))
    try:
        found = _find_page(queries, opened, number)
        while number > 1 and not found.cases and found.next_key is None:
            number -= 1
            found = _find_page(queries, opened, number)
        return ShownList(opened, number, found, queries.count(opened.query), counts, views)
    except QueryRefused as refusal:
        refusals = tuple(query_problems(opened.query, context.officer, context.page.catalog)) or (refusal,)
        return ShownList(opened, number, CasePage(), CaseCount(0), counts, views, refusals)


def _find_page(queries: CaseQueries, opened: OpenList, number: int) -> CasePage:
    after = opened.page_keys[number - 2] if number > 1 else None
    return queries.page(opened.query, limit=opened.page_size, after=after)


def _page_facts(context: OfficerContext, shown: ShownList, cases: Sequence[ListedCase]) -> dict[str, Any]:
    """What the page says of the list and its cases."""
    page, opened = context.page, shown.opened
    w, columns = page.words, shown_columns(opened.query.columns)
    first = (shown.page - 1) * opened.page_size
    cut = w("page.list.cut", n=w.number(MAX_LISTED)) if shown.found.is_cut else ""
    behind = w("search.behind") if shown.found.is_behind else ""
    actions = [(PATH_OF_KIND[kind], w(f"batches.{kind}")) for kind in ACTION_FORMS]
    return {
        "me": context.officer.name,
        "idle_seconds": 30 * 60,
        "tabs": [(tab, w(f"tab.{tab}"), count_text(shown.counts[tab], w)) for tab in CASE_LISTS],
        "tab": opened.tab,
        "views": shown.views,
        "view": shown.view,
        "opened": opened,
        "page_number": shown.page,
        "has_next": shown.found.next_key is not None,
        "headers": [list_table.heading(column, opened.query, w) for column in columns],
        "rows": [list_table.row(case, columns, page) for case in cases],
        "count": count_text(shown.count, w),
        "ticked_forms": (w("page.bulk.ticked", n=1), w("page.bulk.ticked", n=0)),
        "ticked": _ticked_text(shown, context),
        "ticked_elsewhere": len(set(opened.ticked).difference(one.id for one in shown.found.cases)),
        "actions": actions[:FIRST_ACTIONS],
        "more_actions": actions[FIRST_ACTIONS:],
        "loaded_at": w.moment(page.now),
        "range": (first + 1, first + len(shown.found.cases)),
        "alerts": [*(one.in_words(w) for one in shown.refusals), *filter(None, [cut, behind])],
        "is_refused": bool(shown.refusals),
        "chips": _chips(context, opened),
        "searches_part": bool(opened.query.text) and not searches_everywhere(opened.query),
        "unassigned": shown.counts["unassigned"],
        "unassigned_text": count_text(shown.counts["unassigned"], w),
    }


def _chips(context: OfficerContext, opened: OpenList) -> list[tuple[str, str]]:
    """What the list is narrowed to, part by part: what a press on it takes away, and how it reads."""
    w, catalog = context.page.words, context.page.catalog
    return [
        (f"{part}:{value}", describe_part(opened.query, part, value, catalog, w))
        for part, value in used_parts(fill_from_query(opened.tab, opened.query))
    ]


def _form_facts(context: OfficerContext, shown: ShownList, forms: ListForms) -> dict[str, Any]:
    """What the filter, the columns and the saving of a view are drawn from."""
    page, opened = context.page, shown.opened
    w, tab = page.words, opened.tab
    filled = forms.filled or fill_from_list(opened, page.catalog, w)
    columns = forms.columns or fill_columns(opened.query.columns)
    return {
        "filled": filled,
        "choices": filter_choices(context, filled),
        "suggestions": assignee_suggestions(page.catalog, w),
        "checked_number": sum(bool(filled.values[name]) for name in CHECKS),
        "checks": [(name, w(f"page.list.{name}")) for name in CHECKS],
        "day_ranges": [(name, w(f"column.{name}")) for name in DAY_RANGES],
        "sorts": sort_choices(w, has_urgency=tab == "todo"),
        "filled_sort": f"{filled.values['sort']}:{filled.values['descending'] or 0}",
        "page_sizes": WEB_PAGE_SIZES,
        "panel": forms.panel,
        "widened": w("home.search.widened") if forms.is_widened and opened.query.text else "",
        "columns": columns,
        "column_rows": [(one, column_title(one, w), one in columns.chosen) for one in columns.order],
        "columns_problem": w("page.list.surplus", n=columns.surplus) if columns.surplus else "",
        "max_columns": MAX_COLUMNS,
        "saving": forms.view,
    }


def _ticked_text(shown: ShownList, context: OfficerContext) -> str:
    w, opened = context.page.words, shown.opened
    if opened.all_ticked:
        return w("page.bulk.allticked", n=count_text(shown.count, w))
    return w("page.bulk.ticked", n=len(opened.ticked))
