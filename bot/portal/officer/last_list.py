"""The list that an officer looked at last, and its page: where they come back to, and a case's neighbours there."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from bot.domain.lists.query_validation import QueryRefused
from bot.portal.officer.officer_context import OfficerContext
from bot.portal.page_context import PageContext
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.lists import open_lists
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext

LIST_COOKIE = "handlaggare-lista"


@dataclass(frozen=True, slots=True)
class PlaceInList:
    """A case's place in the list with that id: the numbers before and after it; empty at the ends."""

    list_id: str
    before: str = ""
    after: str = ""


def remember_list(context: OfficerContext, response: Response, list_id: str, number: int) -> None:
    """Have the browser hold the list's id, and the number of its page, until it is closed."""
    context.page.set_cookie(response, LIST_COOKIE, f"{list_id}.{number}")


def last_list(page: PageContext) -> str:
    """The id of the list that was looked at last; empty without one."""
    return page.cookie(LIST_COOKIE).partition(".")[0]


def last_page(page: PageContext, list_id: str) -> str:
    """The page, as in an address, that was looked at last of the list; empty where another list was."""
    remembered, _, number = page.cookie(LIST_COOKIE).partition(".")
    return number if remembered == list_id else ""


async def find_place(context: OfficerContext, case_id: str) -> PlaceInList | None:
    """The case's place in the list that was looked at last, which it may have left; None without a list."""
    list_id, page = last_list(context.page), context.page

    def find(tx: Tx) -> PlaceInList | None:
        opened = open_lists.load(tx, context.officer.key, list_id)
        if opened is None:
            return None
        queries = CaseQueries(tx, ListContext(context.officer, page.now, page.catalog))
        try:
            key = queries.key_of(opened.query, case_id)
            if key is None:
                return PlaceInList(list_id)
            found = queries.neighbours(opened.query, key, case_id)
        except QueryRefused:
            return PlaceInList(list_id)
        ids = [place[0] if place is not None else "" for place in (found.before, found.after)]
        numbers = system_queries.load_numbers(tx, [one for one in ids if one])
        return PlaceInList(list_id, *(numbers.get(one, "") for one in ids))

    return await page.deps.service.database.read(find) if list_id else None
