"""Lists of cases: their tabs, filter, order and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.services import words_for
from bot.catalog.statuses import StatusKind
from bot.domain.case import Origin
from bot.domain.case_lists import CaseList, parse_case_list
from bot.domain.case_query import LIST_QUERIES, SORT_COLUMNS, CaseCount, ListColumn, SortColumn
from bot.domain.colour import COLOURS
from bot.domain.due_days import due_days, due_line, first_due
from bot.domain.list_columns import column_text, column_title, sort_of
from bot.domain.query_form import CHECKS, DAY_RANGES, FilledFilter
from bot.domain.query_validation import QueryRefused
from bot.domain.query_wording import count_text
from bot.domain.views import ListedCase
from bot.portal.limits import OFFICERS_BUTTON, OFFICERS_LIST
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer, load_context
from bot.portal.overview.action_forms import KIND_OF_PATH
from bot.portal.overview.filter_form import (
    PAGE_SIZES,
    assignee_suggestions,
    fill_from_form,
    fill_from_list,
    read_page_size,
    read_query,
)
from bot.portal.overview.last_list import remember_list
from bot.portal.page_context import CurrentPage, PageContext
from bot.portal.uploads import read_form
from bot.store import Tx
from bot.store.lists import open_lists
from bot.store.lists.case_queries import CasePage, CaseQueries
from bot.store.lists.open_lists import ListRequest, OpenList
from bot.store.lists.worklists import ListContext
from bot.text import Words
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

TABS: tuple[CaseList, ...] = ("todo", "mine", "unassigned", "overdue", "flagged", "all", "closed")


@dataclass(frozen=True)
class ShownList:
    """A page of a list as it was read: `page` from 1; `refusal` where its query cannot be answered today."""

    opened: OpenList
    page: int
    found: CasePage
    count: CaseCount
    counts: Mapping[CaseList, CaseCount]
    refusal: QueryRefused | None = None


@router.get("/handlaggare")
async def on_opened_overview(page: CurrentPage, lista: str = "") -> Response:
    """The overview, with one of the officer's lists."""
    context = await load_context(page)
    if context is None:
        return page.render("officer/closed.html", 401, used=False)
    tab = parse_case_list(lista) or TABS[0]
    return await _list_page(context, await _open_list(context, _list_of_tab(tab)), 1)


@router.post("/handlaggare/lista", dependencies=limited_by(OFFICERS_LIST))
async def on_filtered(context: SignedInOfficer) -> Response:
    """Open the list with the filter and order of the form."""
    page, posted = context.page, await read_form(context.page)
    tab = parse_case_list(posted.get("lista")) or TABS[0]
    filled = fill_from_form(tab, posted)
    query, problems = read_query(filled, LIST_QUERIES[tab], page.catalog, page.words)
    if query is None:
        return await _refused_filter(context, FilledFilter(tab, filled.values, filled.choices, problems))
    requested = ListRequest(tab=tab, query=query, page_size=read_page_size(filled))
    opened = await _open_list(context, requested)
    return page.redirect(f"/handlaggare/lista/{opened.id}")


@router.get("/handlaggare/lista/{list_id}")
async def on_opened_list(context: SignedInOfficer, list_id: str, sida: str = "1") -> Response:
    opened = await load_list(context, list_id)
    number = int(sida) if sida.isdecimal() and len(sida) < 6 else 1
    return await _list_page(context, opened, max(1, min(number, len(opened.page_keys) + 1)))


@router.post("/handlaggare/lista/{list_id}/ordning", dependencies=limited_by(OFFICERS_BUTTON))
async def on_sorted(context: SignedInOfficer, list_id: str) -> Response:
    """Open the list in the order of a heading: `sort` is its column, with `:1` for the last first and `:` the other."""
    opened, posted = await load_list(context, list_id), await read_form(context.page)
    name, colon, descending = posted.get("sort").partition(":")
    sort = next((one for one in SORT_COLUMNS if one == name), opened.query.sort)
    changes = {"sort": sort, "descending": bool(descending) if colon else None}
    if sort == "urgency" and not opened.query.filter.waiting:
        raise HTTPException(400)
    requested = ListRequest(
        tab=opened.tab, query=opened.query.model_copy(update=changes), page_size=opened.page_size
    )
    return context.page.redirect(f"/handlaggare/lista/{(await _open_list(context, requested)).id}")


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


async def _refused_filter(context: OfficerContext, filled: FilledFilter) -> Response:
    """The tab's own list, with the form as it was filled in and what is wrong with it."""
    opened = await _open_list(context, _list_of_tab(filled.tab))
    return await _list_page(context, opened, 1, filled)


def _list_of_tab(tab: CaseList) -> ListRequest:
    return ListRequest(tab=tab, query=LIST_QUERIES[tab], page_size=PAGE_SIZES[0])


async def _open_list(context: OfficerContext, requested: ListRequest) -> OpenList:
    """The officer's list. Nothing is written where it is open already."""
    database, officer, now = context.page.deps.service.database, context.officer.key, context.page.now
    found = await database.read(lambda tx: open_lists.find(tx, officer, requested, now))
    if found is not None:
        return found
    return await database.write(lambda tx: open_lists.create(tx, officer, requested, now))


async def _list_page(
    context: OfficerContext, opened: OpenList, number: int, filled: FilledFilter | None = None
) -> Response:
    page = context.page
    shown = await page.deps.service.database.read(lambda tx: _read(tx, context, opened, number))
    next_key = shown.found.next_key
    if next_key is not None and opened.page_keys[number - 1 : number] != (next_key,):
        await page.deps.service.database.write(
            lambda tx: open_lists.save_page_key(tx, opened, number, next_key)
        )
    facts = _facts(context, shown, filled or fill_from_list(opened, page.catalog, page.words))
    response = page.render("officer/overview.html", 422 if filled is not None else 200, **facts)
    remember_list(context, response, opened.id)
    return response


def _read(tx: Tx, context: OfficerContext, opened: OpenList, number: int) -> ShownList:
    queries = CaseQueries(tx, list_context(context))
    counts = {tab: queries.count(LIST_QUERIES[tab]) for tab in TABS}
    try:
        after = opened.page_keys[number - 2] if number > 1 else None
        found = queries.page(opened.query, limit=opened.page_size, after=after)
        return ShownList(opened, number, found, queries.count(opened.query), counts)
    except QueryRefused as refusal:
        return ShownList(opened, number, CasePage(), CaseCount(0), counts, refusal)


def _facts(context: OfficerContext, shown: ShownList, filled: FilledFilter) -> dict[str, Any]:
    page, opened = context.page, shown.opened
    w, query = page.words, opened.query
    first = (shown.page - 1) * opened.page_size
    return {
        "me": context.officer.name,
        "idle_seconds": 30 * 60,
        "tabs": [(tab, w(f"tab.{tab}"), count_text(shown.counts[tab], w)) for tab in TABS],
        "tab": opened.tab,
        "opened": opened,
        "page_number": shown.page,
        "has_next": shown.found.next_key is not None,
        "headers": [_header(column, shown, w) for column in query.columns],
        "rows": [_row(row, query.columns, page) for row in shown.found.cases],
        "count": count_text(shown.count, w),
        "ticked_forms": (w("page.bulk.ticked", n=1), w("page.bulk.ticked", n=0)),
        "ticked": _ticked_text(opened, shown, w),
        "ticked_elsewhere": len(set(opened.ticked).difference(one.id for one in shown.found.cases)),
        "actions": [(path, w(f"batches.{kind}")) for path, kind in KIND_OF_PATH.items()],
        "range": (first + 1, first + len(shown.found.cases)),
        "alert": shown.refusal.in_words(w) if shown.refusal else "",
        "filled": filled,
        "choices": _choices(context),
        "suggestions": assignee_suggestions(page.catalog, w),
        "checks": [(name, w(f"page.list.{name}")) for name in CHECKS],
        "day_ranges": [(name, w(f"column.{name}")) for name in DAY_RANGES],
        "sorts": [
            (sort, w(f"sort.{sort}")) for sort in SORT_COLUMNS if sort != "urgency" or opened.tab == "todo"
        ],
        "page_sizes": PAGE_SIZES,
    }


def _ticked_text(opened: OpenList, shown: ShownList, w: Words) -> str:
    if opened.all_ticked:
        return w("page.bulk.allticked", n=count_text(shown.count, w))
    return w("page.bulk.ticked", n=len(opened.ticked))


def _header(column: ListColumn, shown: ShownList, w: Words) -> dict[str, Any]:
    """A column's title, what its button sorts by, and how the list is sorted by it."""
    query, sort = shown.opened.query, sort_of(column)
    direction = ("descending" if query.is_descending else "ascending") if sort == query.sort else ""
    turned: SortColumn | None = sort
    return {
        "column": column,
        "title": column_title(column, w),
        "sort": turned or "",
        "direction": direction,
        "next_descending": "" if direction == "descending" else "1" if direction == "ascending" else None,
    }


def _row(row: ListedCase, columns: tuple[ListColumn, ...], page: PageContext) -> dict[str, Any]:
    catalog, today = page.catalog, local_day(page.now)
    service = catalog.service(row.service)
    w = words_for(service, page.words)
    status = service.status(row.status) if service is not None else None
    return {
        "case": row,
        "status_kind": status.kind if status is not None else "in_progress",
        "cells": [(column, _cell(row, column, page)) for column in columns],
        "why": [w(f"why.{reason}") for reason in row.wait_reasons if reason not in ("overdue", "soon")],
        "news": w("list.new") if row.news and not row.wait_reasons else "",
        "overdue": _overdue(row, today, w),
    }


def _cell(row: ListedCase, column: ListColumn, page: PageContext) -> str:
    return column_text(row, column, page.catalog, page.words)


def _overdue(row: ListedCase, today: date, w: Words) -> str:
    """The sentence where a due day has passed."""
    kind = first_due(row)
    day = due_days(row)[kind] if kind is not None else None
    return due_line(kind, day, today, w) if kind is not None and day is not None and day < today else ""


def _choices(context: OfficerContext) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen in each part of the filter: (value, label)."""
    page = context.page
    w, catalog = page.words, page.catalog
    services = sorted(
        (
            (key, service.name.in_(page.language))
            for key, service in catalog.services.items()
            if key in context.officer.access
        ),
        key=lambda one: one[1].casefold(),
    )
    statuses: dict[str, str] = {}
    for key, _ in services:
        statuses |= {one.key: one.name.in_(page.language) for one in catalog.services[key].statuses}
    return {
        "services": services,
        "statuses": sorted(statuses.items(), key=lambda one: one[1].casefold()),
        "kinds": [(kind, w(f"statuskind.{kind}")) for kind in get_args(StatusKind)],
        "colours": [(colour, w(f"colour.{colour}")) for colour in COLOURS if colour],
        "origins": [(origin, w(f"origin.{origin}")) for origin in get_args(Origin)],
    }
