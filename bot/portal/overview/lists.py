"""Lists of cases: their tabs, filter, order, columns and pages."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.case_lists import parse_case_list
from bot.domain.case_query import LIST_QUERIES, SORT_COLUMNS, ListColumn, direction
from bot.domain.query_form import FilledFilter
from bot.portal.limits import OFFICERS_LIST
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer, load_context
from bot.portal.overview.column_form import fill_columns, read_columns
from bot.portal.overview.filter_form import (
    fill_from_form,
    read_page_size,
    read_query,
)
from bot.portal.overview.list_page import (
    COLUMNS_PANEL,
    TABS,
    ListForms,
    load_list,
    open_list,
    reopen_list,
    request_tab,
    request_view,
    show_list,
)
from bot.portal.page_context import CurrentPage
from bot.portal.uploads import PostedForm, read_form
from bot.store import Tx
from bot.store.lists import open_lists, saved_views
from bot.store.lists.open_lists import ListRequest, OpenList
from bot.store.officers import preferences
from bot.web.post_limits import limited_by

router = APIRouter()


@router.get("/handlaggare")
async def on_opened_overview(page: CurrentPage, lista: str = "") -> Response:
    """The overview, with one of the officer's lists."""
    context = await load_context(page)
    if context is None:
        return page.render("officer/closed.html", 401, used=False)
    tab = parse_case_list(lista)
    requested = request_tab(tab) if tab is not None else await _find_start(context)
    return await show_list(context, await open_list(context, requested))


async def _find_start(context: OfficerContext) -> ListRequest:
    """What the officer has chosen to start with, here and in App Home; *Att göra* without a choice."""

    def find(tx: Tx) -> ListRequest:
        chosen = preferences.load(tx, context.officer.key)
        if chosen.start_view:
            query = saved_views.find_view(tx, context.officer, chosen.start_view).query
            if query is not None:
                return request_view(query)
        return request_tab(chosen.start if chosen.start != "last" else TABS[0])

    return await context.page.deps.service.database.read(find)


@router.post("/handlaggare/lista", dependencies=limited_by(OFFICERS_LIST))
async def on_filtered(context: SignedInOfficer) -> Response:
    """Open the list with the filter and order of the form."""
    page, posted = context.page, await read_form(context.page)
    tab = parse_case_list(posted.get("lista")) or TABS[0]
    filled = fill_from_form(tab, posted)
    query, problems = read_query(filled, LIST_QUERIES[tab], page.catalog, page.words)
    if query is None:
        refused = FilledFilter(tab, filled.values, filled.choices, problems)
        opened = await open_list(context, request_tab(tab))
        return await show_list(context, opened, forms=ListForms(filled=refused))
    columns = await _columns_of(context, posted.get("fran"))
    query = query.model_copy(update={"columns": columns or query.columns})
    requested = ListRequest(tab=tab, query=query, page_size=read_page_size(filled))
    return page.redirect(_path(await open_list(context, requested)))


async def _columns_of(context: OfficerContext, list_id: str) -> tuple[ListColumn, ...]:
    """The columns of the list in which the form was filled in; empty where it is no longer open."""
    opened = await context.page.deps.service.database.read(
        lambda tx: open_lists.load(tx, context.officer.key, list_id)
    )
    return opened.query.columns if opened is not None else ()


@router.get("/handlaggare/lista/{list_id}")
async def on_opened_list(
    context: SignedInOfficer, list_id: str, sida: str = "1", panel: str = "", fokus: str = ""
) -> Response:
    """A page of the list; `panel` unfolds a part of it, with the focus on the button `fokus`."""
    opened = await load_list(context, list_id)
    forms = ListForms(columns=fill_columns(opened.query.columns, fokus), panel=panel)
    return await show_list(context, opened, _page_number(sida, opened), forms)


def _page_number(typed: str, opened: OpenList) -> int:
    """The page, from 1, of those whose beginnings are known."""
    number = int(typed) if typed.isdecimal() and len(typed) < 6 else 1
    return max(1, min(number, len(opened.page_keys) + 1))


async def sort_list(context: OfficerContext, opened: OpenList, pressed: str) -> Response:
    """Open the list in the order of a heading: `pressed` is its column, with `:1` for the last first, `:` the other."""
    name, colon, descending = pressed.partition(":")
    sort = next((one for one in SORT_COLUMNS if one == name), opened.query.sort)
    if sort == "urgency" and not opened.query.filter.waiting:
        raise HTTPException(400)
    turned = direction(sort, descending=bool(descending)) if colon else None
    query = opened.query.model_copy(update={"sort": sort, "descending": turned})
    return context.page.redirect(_path(await reopen_list(context, opened, query)))


async def choose_columns(
    context: OfficerContext, opened: OpenList, posted: PostedForm, pressed: str
) -> Response:
    """Open the list with the columns of the form; after a move, with the form unfolded for the next one."""
    form, number = read_columns(posted, pressed), _page_number(posted.get("sida"), opened)
    if form.surplus:
        return await show_list(context, opened, number, ListForms(columns=form, panel=COLUMNS_PANEL))
    query = opened.query.model_copy(update={"columns": form.chosen})
    found = await reopen_list(context, opened, query) if query != opened.query else opened
    values = {"sida": str(number), **({"panel": COLUMNS_PANEL, "fokus": form.focus} if form.focus else {})}
    return context.page.redirect(f"{_path(found)}?{urlencode(values)}")


def _path(opened: OpenList) -> str:
    return f"/handlaggare/lista/{opened.id}"
