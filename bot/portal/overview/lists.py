"""Lists of cases: their tabs, filter, order, columns and pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.lists import query_form
from bot.domain.lists.case_lists import CASE_LISTS, CaseList, parse_case_list
from bot.domain.lists.case_query import (
    LIST_QUERIES,
    SORT_COLUMNS,
    ListColumn,
    direction,
    with_columns,
    with_text,
)
from bot.domain.lists.query_form import FilledFilter, fill_from_query, without_part
from bot.domain.lists.saved_views import WebPageSize, parse_web_page_size
from bot.portal.flash import Flash, clear_flash, read_flash, redirect_with
from bot.portal.forms.limits import OFFICERS_LIST
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.officer.last_list import last_page
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer, closed_page, load_context
from bot.portal.overview.column_form import fill_columns, read_columns
from bot.portal.overview.filter_form import (
    fill_from_form,
    read_query,
)
from bot.portal.overview.list_page import (
    COLUMNS_PANEL,
    ListForms,
    find_view,
    list_context,
    load_list,
    open_list,
    reopen_list,
    request_tab,
    request_view,
    save_last_place,
    show_list,
)
from bot.portal.page_context import CurrentPage
from bot.store import Tx
from bot.store.lists import open_lists, saved_views
from bot.store.lists.open_lists import ListRequest, OpenList
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.officers import preferences
from bot.store.officers.preferences import HomePosition
from bot.text.typed_values import parse_count
from bot.web.post_limits import limited_by

router = APIRouter()


@router.get("/handlaggare")
async def on_opened_overview(page: CurrentPage, lista: str = "") -> Response:
    """The overview, with one of the officer's lists."""
    context = await load_context(page)
    if context is None:
        return closed_page(page, 401)
    tab = parse_case_list(lista)
    requested = await _find_request(context, tab)
    if tab is not None:
        await save_last_place(context, tab)
    return await show_list(context, await open_list(context, requested))


async def _find_request(context: OfficerContext, tab: CaseList | None) -> ListRequest:
    """A tab's list, with the officer's columns and rows; without a tab what they start with, here and in App Home: the
    place where they were last in either, if they have not chosen another."""

    def find(tx: Tx) -> ListRequest:
        chosen = preferences.load(tx, context.officer.key)
        if tab is not None:
            return request_tab(tab, chosen)
        start, view_id = chosen.start, chosen.start_view
        if start == "last" and not view_id:
            last = preferences.find_home_position(tx, context.officer.key) or HomePosition(CASE_LISTS[0])
            start, view_id = last.tab, last.view_id
        query = saved_views.find_view(tx, context.officer, view_id).query if view_id else None
        if query is not None:
            return request_view(query, chosen)
        return request_tab(start if start != "last" else CASE_LISTS[0], chosen)

    return await context.page.deps.service.database.read(find)


@router.post("/handlaggare/lista", dependencies=limited_by(OFFICERS_LIST))
async def on_filtered(context: SignedInOfficer) -> Response:
    """Open the list with the filter and order of the form."""
    page, posted = context.page, await read_form(context.page)
    tab = parse_case_list(posted.get("lista")) or CASE_LISTS[0]
    filled = fill_from_form(tab, posted)
    query, problems = read_query(filled, LIST_QUERIES[tab], page.catalog, page.words)
    if query is None:
        refused = FilledFilter(tab, filled.values, filled.choices, problems)
        opened = await open_list(context, await _find_request(context, tab))
        return await show_list(context, opened, forms=ListForms(filled=refused))
    query = with_columns(query, await _columns_of(context, posted.get("fran")))
    wider = await page.deps.service.database.read(
        lambda tx: CaseQueries(tx, list_context(context)).widened(query)
    )
    size = parse_web_page_size(filled.values["page_size"])
    await page.deps.service.database.write(lambda tx: _save_page_size(tx, context, size))
    if wider is not None:
        opened = await open_list(context, ListRequest(tab="all", query=wider, page_size=size))
        return redirect_with(context, f"{_path(opened)}?sida=1", opened.id, Flash("widened"))
    opened = await open_list(context, ListRequest(tab=tab, query=query, page_size=size))
    return page.redirect(f"{_path(opened)}?sida=1")


def _save_page_size(tx: Tx, context: OfficerContext, size: WebPageSize) -> None:
    chosen = preferences.load(tx, context.officer.key)
    if chosen.web_page_size != size:
        preferences.save(tx, context.officer.key, replace(chosen, web_page_size=size))


async def _columns_of(context: OfficerContext, list_id: str) -> tuple[ListColumn, ...]:
    """The columns of the list in which the form was filled in; the officer's own where it is no longer open."""

    def find(tx: Tx) -> tuple[ListColumn, ...]:
        opened = open_lists.load(tx, context.officer.key, list_id)
        return (
            opened.query.columns if opened is not None else preferences.load(tx, context.officer.key).columns
        )

    return await context.page.deps.service.database.read(find)


@dataclass(frozen=True, slots=True)
class RequestedPage:
    """A page of a list, without a number the one that was looked at last.

    `panel` unfolds a part of it, with the focus on the button `fokus`.
    """

    sida: str = ""
    panel: str = ""
    fokus: str = ""


@router.get("/handlaggare/lista/{list_id}")
async def on_opened_list(
    context: SignedInOfficer, list_id: str, requested: Annotated[RequestedPage, Depends()]
) -> Response:
    """The list; and that it is shown because a text was in no case of the one that was searched, if so."""
    opened, flash = await load_list(context, list_id), read_flash(context, list_id)
    columns = fill_columns(opened.query.columns, requested.fokus)
    forms = ListForms(columns=columns, panel=requested.panel, is_widened=flash.done == "widened")
    number = _page_number(requested.sida or last_page(context.page, opened.id), opened)
    response = await show_list(context, opened, number, forms)
    clear_flash(context, response, flash)
    return response


def _page_number(typed: str, opened: OpenList) -> int:
    """The page, from 1, of those whose beginnings are known."""
    return max(1, min(parse_count(typed, 1), len(opened.page_keys) + 1))


async def sort_list(context: OfficerContext, opened: OpenList, pressed: str) -> Response:
    """Open the list in the order of a heading: `pressed` is its column, with `:1` for the last first, `:` the other."""
    name, colon, descending = pressed.partition(":")
    sort = next((one for one in SORT_COLUMNS if one == name), opened.query.sort)
    if sort == "urgency" and not opened.query.filter.waiting:
        raise HTTPException(400)
    turned = direction(sort, descending=bool(descending)) if colon else None
    query = opened.query.model_copy(update={"sort": sort, "descending": turned})
    return context.page.redirect(f"{_path(await reopen_list(context, opened, query))}?sida=1")


async def leave_out(context: OfficerContext, opened: OpenList, pressed: str) -> Response:
    """Open the list without a part of its filter: `pressed` is the part, with the value where it has several."""
    part, _, value = pressed.partition(":")
    filled = without_part(fill_from_query(opened.tab, opened.query), part, value)
    query, _ = query_form.read_query(filled, opened.query)
    if query is None:
        raise HTTPException(400)
    requested = ListRequest(tab=opened.tab, query=query, page_size=opened.page_size)
    return context.page.redirect(_path(await open_list(context, requested)))


async def search_everywhere(context: OfficerContext, opened: OpenList) -> Response:
    """Open the list of all cases with the text of this one."""
    columns = await _columns_of(context, opened.id)
    query = with_text(with_columns(LIST_QUERIES["all"], columns), opened.query.text)
    requested = ListRequest(tab="all", query=query, page_size=opened.page_size)
    return context.page.redirect(_path(await open_list(context, requested)))


async def choose_columns(
    context: OfficerContext, opened: OpenList, posted: PostedForm, pressed: str
) -> Response:
    """Open the list with the columns of the form; after a move, with the form unfolded for the next one.

    They are the columns of the officer's other lists too, unless the list is a saved view.
    """
    form, number = read_columns(posted, pressed), _page_number(posted.get("sida"), opened)
    if form.surplus:
        return await show_list(context, opened, number, ListForms(columns=form, panel=COLUMNS_PANEL))
    query = with_columns(opened.query, form.chosen)
    found = await reopen_list(context, opened, query) if query != opened.query else opened
    await context.page.deps.service.database.write(lambda tx: _save_columns(tx, context, opened, form.chosen))
    values = {"sida": str(number), **({"panel": COLUMNS_PANEL, "fokus": form.focus} if form.focus else {})}
    return context.page.redirect(f"{_path(found)}?{urlencode(values)}")


def _save_columns(tx: Tx, context: OfficerContext, opened: OpenList, columns: tuple[ListColumn, ...]) -> None:
    chosen = preferences.load(tx, context.officer.key)
    is_view = find_view(opened, saved_views.list_views(tx, context.officer)) is not None
    if not is_view and chosen.columns != columns:
        preferences.save(tx, context.officer.key, replace(chosen, columns=columns))


def _path(opened: OpenList) -> str:
    return f"/handlaggare/lista/{opened.id}"
