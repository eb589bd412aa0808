"""Searching for cases, and the way back from a case to what was found."""

from __future__ import annotations

import re
import uuid

import structlog
from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import View
from bot.blocks.forms import search as form
from bot.blocks.forms.search import SearchForm, search_form
from bot.blocks.lists.search_results import ROWS, Hits, hit_list
from bot.domain.searching import MOST, sought
from bot.domain.views import InList
from bot.handlers.commands.shortcuts import Shortcut
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens.case_modal import place_of
from bot.store import Tx
from bot.store.cases import indexing
from bot.store.lists import case_lists, search, search_results

log = structlog.get_logger()

SHORTCUT = "shortcut:search"


def register(app: AsyncApp, listening: Listening) -> None:
    app.shortcut(SHORTCUT)(listening.opening(asked, Shortcut))
    app.action("home:search")(listening.opening(asked))
    app.view(form.ID)(listening.acting(on_submitted))
    app.action(re.compile("^hits:turn:"))(listening.showing(on_turn))
    app.action("hits:back")(listening.showing(on_back))


async def asked(press: Press) -> None:
    await press.open(_drawn(press, None))


async def by_words(press: Press, typed: str) -> None:
    """/arende sök altan: the answer is private, and does not repeat what was looked for."""
    found = await _found(press, typed)
    await press.say(hit_list(found, press.kit.service.catalog, press.words))


async def on_submitted(press: Press) -> None:
    typed, only = form.read(press.view)
    if not typed:
        await press.fault({form.TEXT: press.words("search.empty")})
        return
    await press.show(_drawn(press, await _found(press, typed, only)))


async def on_turn(press: Press) -> None:
    page = int(press.value) if press.value.isdecimal() else 0
    await _turned(press, str(press.ids["hits"]), page)


async def on_back(press: Press) -> None:
    """To the page where the case stands."""
    in_list = place_of(press.ids).in_list or InList("search", 0)
    await _turned(press, in_list.id, in_list.place // ROWS)


async def _turned(press: Press, hits_id: str, page: int) -> None:
    found = await press.kit.service.database.read(lambda tx: _page(tx, press, hits_id, page))
    said = "" if found.rows else press.words("search.gone")
    await press.redraw(_drawn(press, found if found.rows else None, said))


def _drawn(press: Press, found: Hits | None, said: str = "") -> View:
    drawn = SearchForm(press.officer, press.kit.service.catalog, found, said, home=press.from_home)
    return search_form(drawn, press.words)


async def _found(press: Press, typed: str, only: str = "") -> Hits:
    """What is found is kept, so that it can be gone through; that someone searched is logged, and for what is not."""
    service, officer, hits_id = press.kit.service, press.officer, uuid.uuid4().hex
    looked_for = sought(typed, officer, service.catalog, only)
    ids = await service.database.read(lambda tx: search.find(tx, officer, looked_for, MOST))
    log.info("searched", by=officer.ref, hits=len(ids))
    if not ids:
        return Hits(is_behind=await service.database.read(indexing.is_behind))
    await service.database.write(lambda tx: search_results.keep(tx, officer, hits_id, ids, service.clock()))
    return await service.database.read(lambda tx: _page(tx, press, hits_id))


def _page(tx: Tx, press: Press, hits_id: str, page: int = 0) -> Hits:
    """The page of what the officer may still see; the last for one beyond it."""
    ids = search_results.kept(tx, press.officer, hits_id)
    page = max(0, min(page, (len(ids) - 1) // ROWS))
    shown = ids[page * ROWS : (page + 1) * ROWS]
    return Hits(
        hits_id, case_lists.cases_of(tx, press.officer, shown), len(ids), page, indexing.is_behind(tx)
    )
