"""Search of cases, and the way back from a case to the results."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

import structlog
from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import View
from bot.blocks.forms.lists import search as form
from bot.blocks.forms.lists.search import SearchForm, search_form
from bot.blocks.lists.search_results import PAGE_SIZE, SearchResults, search_results_message
from bot.blocks.values import PageNumber, decode
from bot.domain.lists.case_query import CaseQuery, read_search_text
from bot.domain.lists.case_search import MAX_RESULTS, parse_search
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE
from bot.domain.views import ListPosition
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.responder import ModalResponder
from bot.handlers.screens.case_modal import position_from_metadata
from bot.store import Tx
from bot.store.cases import indexing
from bot.store.lists import open_lists, search_results
from bot.store.lists.open_lists import ListRequest
from bot.store.lists.queries import case_lists, search

log = structlog.get_logger()

SHORTCUT = "shortcut:search"


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.shortcut(SHORTCUT)(listeners.for_modal(open_form, responder_class=ModalResponder))
    app.action("home:search")(listeners.for_modal(open_form))
    app.view(form.ID)(listeners.for_change(on_submitted))
    app.action(re.compile("^hits:turn:"))(listeners.for_display(on_change_page))
    app.action("hits:back")(listeners.for_display(on_back))


async def open_form(context: SlackContext) -> None:
    await context.responder.open_view(_build_view(context, None))


async def search_from_command(context: SlackContext, text: str) -> None:
    """/arende sök altan: the reply is private, and does not repeat the query. It leads on to the whole list."""
    results, list_context = await _search(context, text), context.list_context
    if results.rows:
        query = CaseQuery(text=read_search_text(text))
        requested = ListRequest(tab="all", query=query, page_size=DEFAULT_PAGE_SIZE)
        opened = await context.deps.service.database.write(
            lambda tx: open_lists.create(tx, list_context.officer.key, requested, list_context.now)
        )
        results = replace(results, list_id=opened.id)
    await context.responder.respond_privately(
        search_results_message(results, context.deps.service.catalog, context.words)
    )


async def on_submitted(context: SlackContext) -> None:
    text, service_key = form.read(context.request.form)
    if not text:
        await context.responder.show_field_errors({form.TEXT_FIELD: context.words("search.empty")})
        return
    await context.responder.replace_view(_build_view(context, await _search(context, text, service_key)))


async def on_change_page(context: SlackContext) -> None:
    page = decode(context.request.value, PageNumber).number
    await _show_page(context, context.request.metadata["hits"], page)


async def on_back(context: SlackContext) -> None:
    """Show the page of the results that the case is on."""
    list_position = position_from_metadata(context.request.metadata).list_position or ListPosition(
        "search", 0
    )
    await _show_page(context, list_position.id, list_position.place // PAGE_SIZE)


async def _show_page(context: SlackContext, results_id: str, page: int) -> None:
    results = await context.deps.service.database.read(lambda tx: _load_page(tx, context, results_id, page))
    message = "" if results.rows else context.words("search.gone")
    await context.responder.update_view(_build_view(context, results if results.rows else None, message))


def _build_view(context: SlackContext, results: SearchResults | None, message: str = "") -> View:
    form_state = SearchForm(
        context.officer,
        context.deps.service.catalog,
        results,
        message,
        is_from_app_home=context.request.is_from_app_home,
    )
    return search_form(form_state, context.words)


async def _search(context: SlackContext, text: str, service_key: str = "") -> SearchResults:
    """Search, and store the results for paging. The log says that someone searched, never the query."""
    service, officer, results_id = context.deps.service, context.officer, uuid.uuid4().hex
    query = parse_search(text, officer, service.catalog, service_key)
    ids = await service.database.read(lambda tx: search.find(tx, officer, query, MAX_RESULTS))
    log.info("searched", by=officer.ref, hits=len(ids))
    if not ids:
        return SearchResults(is_behind=await service.database.read(indexing.has_outdated))
    await service.database.write(
        lambda tx: search_results.save(tx, officer, results_id, ids, service.clock())
    )
    return await service.database.read(lambda tx: _load_page(tx, context, results_id))


def _load_page(tx: Tx, context: SlackContext, results_id: str, page: int = 0) -> SearchResults:
    """The page of results that the officer may still see; the last one where `page` is beyond it."""
    ids = search_results.load(tx, context.officer, results_id)
    page = max(0, min(page, (len(ids) - 1) // PAGE_SIZE))
    shown = ids[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    return SearchResults(
        results_id,
        case_lists.load_listed_cases(tx, context.officer, shown, with_unread=True),
        len(ids),
        page,
        indexing.has_outdated(tx),
    )
