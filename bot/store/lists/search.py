"""Cases found by their numbers and by what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

from sqlalchemy import Select, and_, column, select, table, text

from bot.domain.actors import Officer
from bot.domain.case_search import MAX_RESULTS, SearchQuery
from bot.store.cases.indexing import service_word
from bot.store.engine.database import Tx
from bot.store.lists.merging import CaseOrder, find_in_order
from bot.store.tables import CaseNumberRow, CaseRow, SearchIndexRow
from bot.store.visibility import unindexed, visible_to
from bot.text.search_terms import Prefix

_YEARS = select(CaseNumberRow.year).order_by(CaseNumberRow.year.desc())


def find(tx: Tx, officer: Officer, search_query: SearchQuery, most: int = MAX_RESULTS) -> list[str]:
    """Ids of cases that the officer may see: first those with such a number, then those opened last."""
    by_number = _by_number(tx, officer, search_query, most) if search_query.numbers else []
    by_content = (
        _by_content(tx, officer, search_query, most)
        if search_query.words and search_query.content_services
        else []
    )
    return list(dict.fromkeys([*by_number, *by_content]))[:most]


# --- by number ---


def _by_number(tx: Tx, officer: Officer, search_query: SearchQuery, most: int) -> list[str]:
    """The numbers that were meant, then those that begin so, of the year that was typed or of every year."""
    years = [str(year) for year in tx.conn.execute(_YEARS).scalars()]
    typed = [
        (typed_number, year)
        for typed_number in search_query.numbers
        for year in ([typed_number.year] if typed_number.year else years)
    ]
    whole_numbers = [
        whole_number for typed_number, year in typed if (whole_number := typed_number.complete(year))
    ]
    # Letter by letter, whatever the language the database sorts by.
    number = CaseRow.number if tx.conn.dialect.name == "sqlite" else CaseRow.number.collate("C")
    order, served = (
        CaseOrder((number.label("number"),)),
        unindexed(CaseRow.service).in_(search_query.services),
    )
    by_beginning = (
        and_(number >= f"{year}-{typed_number.running}", number < f"{year}-{typed_number.running}:")
        for typed_number, year in typed
    )
    visible = visible_to(officer, unindexed(CaseRow.service))
    whole = select(CaseRow.id).where(CaseRow.number.in_(whole_numbers), visible, served)
    found = dict.fromkeys(tx.conn.execute(whole.order_by(number.desc()).limit(most)).scalars())
    # One after another, for each is then read from its end, and no further than there is room.
    for begins_so in by_beginning:
        if len(found) < most:
            found |= dict.fromkeys(find_in_order(tx, officer, and_(begins_so, served), order, most))
    return list(found)


# --- by content ---


def _by_content(tx: Tx, officer: Officer, search_query: SearchQuery, most: int) -> list[str]:
    """Protected cases are not among them, nor those of strict e-services, whatever is in the index."""
    query, match_query = _MATCHING[tx.conn.dialect.name](tx, search_query)
    query = query.join(CaseRow, CaseRow.id == SearchIndexRow.case_id).where(
        visible_to(officer), CaseRow.protected.is_(False), CaseRow.service.in_(search_query.content_services)
    )
    return list(tx.conn.execute(query.limit(most), {"asked": match_query}).scalars())


_INDEX = table("search_index", column("rowid"))


def _match_in_sqlite(_: Tx, search_query: SearchQuery) -> tuple[Select[Any], str]:
    query = (
        select(SearchIndexRow.case_id)
        .select_from(_INDEX)
        .join(SearchIndexRow, SearchIndexRow.doc == _INDEX.c.rowid)
    )
    matching = query.where(text("search_index MATCH :asked")).order_by(_INDEX.c.rowid.desc())
    return matching, _format_query(search_query, '"{}"', '"{}"*', (" AND ", " OR "))


def _match_in_postgresql(tx: Tx, search_query: SearchQuery) -> tuple[Select[Any], str]:
    # A plan made for any words is bad for these: it matters most how many cases have them.
    tx.conn.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    matching = select(SearchIndexRow.case_id).where(text("search.words @@ CAST(:asked AS tsquery)"))
    return matching.order_by(SearchIndexRow.doc.desc()), _format_query(
        search_query, "'{}'", "'{}':*", (" & ", " | ")
    )


_MATCHING = {"sqlite": _match_in_sqlite, "postgresql": _match_in_postgresql}


def _format_query(search_query: SearchQuery, word: str, beginning: str, signs: tuple[str, str]) -> str:
    """The query in the database's own language. Only letters, digits and keys of e-services come into it."""
    both, either = signs

    def one(prefix: Prefix) -> str:
        return (word if prefix.is_whole_word else beginning).format(prefix.letters)

    def any_of(ways: Iterable[str]) -> str:
        return f"({either.join(ways)})"

    services = any_of(word.format(service_word(key)) for key in sorted(search_query.content_services))
    words = (
        any_of(
            [
                *(f"({both.join(map(one, way))})" for way in ways),
                *(word.format(service_word(key)) for key in sorted(named)),
            ]
        )
        for ways, named in zip_longest(search_query.words, search_query.named_services, fillvalue=())
    )
    return both.join([services, *words])
