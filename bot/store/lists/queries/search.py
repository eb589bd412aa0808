"""Search of cases by number and by content."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
)

from bot.domain.actors import Officer
from bot.domain.lists.case_search import MAX_RESULTS, SearchQuery
from bot.store.cases.indexing import service_word
from bot.store.engine.database import Tx
from bot.store.lists.queries.merging import CaseOrder, find_in_order
from bot.store.tables import CASE, CaseNumberRow, CaseRow, SearchIndexRow
from bot.store.visibility import IS_PRESENT, assigned_ids, unindexed, visible_to
from bot.text.search_terms import Prefix

RECENT = 4_000
"""The number of newest cases that PostgreSQL scans one by one. Where one in ten of them has the words, it goes on to
twice as many before them, and so on; else the words are so rare that their index is faster."""

INDEXED_LETTERS = 5
"""SQLite has an index of its own of the beginnings of words, up to so many letters."""

MAX_WORDS = 50
"""Words with the same longer beginning that are asked for one by one."""

PAGE_SIZE = 300
"""Rows that are fetched at once, where no more are to be found; some of them the officer may not see."""

_YEARS = select(CaseNumberRow.year).order_by(CaseNumberRow.year.desc())


def find(tx: Tx, officer: Officer, search_query: SearchQuery, most: int = MAX_RESULTS) -> list[str]:
    """Ids of at most `most` cases that the officer may see: those found by number, then by content, newest first."""
    return [row.id for row in find_rows(tx, officer, search_query, most)]


def find_rows(
    tx: Tx, officer: Officer, search_query: SearchQuery, most: int, columns: Sequence[Any] = ()
) -> list[Row[Any]]:
    """What `find` finds, as rows of `doc`, `id` and these columns of `case`: none is looked up a second time.

    `doc` is the place in the index of words, and 0 for what was found by its number. All rows have the columns in the
    same places, which is where their readers take them from.
    """
    found: dict[str, Row[Any]] = {}
    if search_query.numbers:
        ids = _by_number(tx, officer, search_query, most)
        numbered = select(literal_column("0").label("doc"), CASE.id, *columns).where(CASE.id.in_(ids))
        rows = {row.id: row for row in tx.conn.execute(numbered)}
        found = {case_id: rows[case_id] for case_id in ids}
    if search_query.words and search_query.content_services:
        by_content = _by_content(tx, officer, search_query, most, columns)
        return [*found.values(), *(row for row in by_content if not found or row.id not in found)][:most]
    return list(found.values())[:most]


def _limited_to(officer: Officer, services: Collection[str]) -> Officer:
    """The officer with access to only these e-services."""
    return replace(officer, access={key: one for key, one in officer.access.items() if key in services})


# --- by number ---


def _by_number(tx: Tx, officer: Officer, search_query: SearchQuery, most: int) -> list[str]:
    """Cases with exactly that number, then those whose number begins so, in the typed year or any."""
    years = [str(year) for year in tx.conn.execute(_YEARS).scalars()]
    typed = [
        (typed_number, year)
        for typed_number in search_query.numbers
        for year in ([typed_number.year] if typed_number.year else years)
    ]
    whole_numbers = [
        whole_number for typed_number, year in typed if (whole_number := typed_number.complete(year))
    ]
    # By code points, whatever collation the database has, so that a prefix is a range of the index.
    number = CaseRow.number if tx.conn.dialect.name == "sqlite" else CaseRow.number.collate("C")
    order, searcher = CaseOrder((number.label("number"),)), _limited_to(officer, search_query.services)
    by_beginning = (
        and_(number >= f"{year}-{typed_number.running}", number < f"{year}-{typed_number.running}:")
        for typed_number, year in typed
    )
    visible = visible_to(searcher, unindexed(CaseRow.service))
    whole = select(CaseRow.id).where(CaseRow.number.in_(whole_numbers), visible)
    found = dict.fromkeys(tx.conn.execute(whole.order_by(number.desc()).limit(most)).scalars())
    # One query at a time: each is read from the index's end, and only until there are enough.
    for begins_so in by_beginning:
        if len(found) < most:
            found |= dict.fromkeys(find_in_order(tx, searcher, begins_so, order, most))
    return list(found)


# --- by content ---


def _by_content(
    tx: Tx, officer: Officer, search_query: SearchQuery, most: int, columns: Sequence[Any]
) -> Sequence[Row[Any]]:
    """Cases by their words; never protected ones or those of strict e-services, whatever is in the index."""
    searcher = _limited_to(officer, search_query.content_services)
    return _FINDING[tx.conn.dialect.name](tx, searcher, search_query, most, columns)


def _split_services(officer: Officer) -> tuple[frozenset[str], frozenset[str]]:
    """The e-services of which the officer may see all cases, and those of which only assigned ones."""
    full = frozenset(filter(officer.may_see_all, officer.access))
    return full, frozenset(officer.access) - full


def _is_shown(services: Collection[str]) -> ColumnElement[bool]:
    """The condition that a case of these e-services, which the officer may see or are theirs, is found by its words."""
    return and_(unindexed(CASE.service).in_(sorted(services)), IS_PRESENT, CASE.protected.is_(False))


_INDEX = table("search_index", column("rowid"))
_NEXT_WORD = text("SELECT term FROM search_terms WHERE term >= :place AND term < :end LIMIT 1")


def _find_in_sqlite(
    tx: Tx, officer: Officer, search_query: SearchQuery, most: int, columns: Sequence[Any]
) -> Sequence[Row[Any]]:
    """Matches among the e-services of which the officer may see all cases, and among their own cases of others.

    Of those they may see few, for which the index would be read past the matches in everybody's.
    """
    full, some = _split_services(officer)
    found: list[Any] = []
    if full:
        found += _match_in_sqlite(tx, replace(search_query, content_services=full), most, columns)
    if some:
        own = (
            select(SearchIndexRow.doc, CASE.id, *columns)
            # So that the words are looked at first, and only cases that have them are looked up.
            .join(CaseRow, CaseRow.id == unindexed(SearchIndexRow.case_id))
            .where(_has_words(replace(search_query, content_services=some)), _is_shown(some))
            .order_by(SearchIndexRow.doc.desc())
        )
        found += _find_own(tx, officer, most, lambda docs: tx.conn.execute(own.where(docs)).all())
        found.sort(key=itemgetter(0), reverse=True)
    return found[:most]


def _find_own(
    tx: Tx, officer: Officer, most: int, load: Callable[[ColumnElement[bool]], Sequence[Row[Any]]]
) -> Sequence[Row[Any]]:
    """The newest of the officer's own cases that match; `load` gets a condition on rows of words, and reads those.

    Where few are to be found, it is so many at a time: of a common word the newest have enough, and the others' words,
    which lie on a page each, are not read.
    """
    assigned = SearchIndexRow.case_id.in_(assigned_ids(officer))
    if most > PAGE_SIZE:
        return load(assigned)
    newest_first = select(SearchIndexRow.doc).where(assigned).order_by(SearchIndexRow.doc.desc())
    docs = tx.conn.execute(newest_first).scalars()
    found: list[Row[Any]] = []
    for some in docs.partitions(PAGE_SIZE):
        found += load(SearchIndexRow.doc.in_(some))
        if len(found) >= most:
            break
    return found


def _has_words(search_query: SearchQuery) -> ColumnElement[bool]:
    """The condition on a row of words that it matches, as `_format_query` says it to an index."""
    words = literal(" ").concat(SearchIndexRow.words).concat(" ")

    def has(word: str) -> ColumnElement[bool]:
        return func.instr(words, f" {word}") > 0

    def has_service(key: str) -> ColumnElement[bool]:
        return has(f"{service_word(key)} ")

    def has_all(way: Iterable[Prefix]) -> ColumnElement[bool]:
        return and_(*(has(f"{one.letters} " if one.is_whole_word else one.letters) for one in way))

    terms = (
        or_(*map(has_all, ways), *map(has_service, sorted(named)))
        for ways, named in zip_longest(search_query.words, search_query.named_services, fillvalue=())
    )
    return and_(or_(*map(has_service, sorted(search_query.content_services))), *terms)


def _match_in_sqlite(
    tx: Tx, search_query: SearchQuery, most: int, columns: Sequence[Any]
) -> Sequence[Row[Any]]:
    """Rows (doc, id and the columns) of cases with the words, newest first."""
    query = (
        select(SearchIndexRow.doc, CASE.id, *columns)
        .select_from(_INDEX)
        .join(SearchIndexRow, SearchIndexRow.doc == _INDEX.c.rowid)
        .join(CaseRow, CaseRow.id == SearchIndexRow.case_id)
        .where(text("search_index MATCH :asked"), _is_shown(search_query.content_services))
    )
    begins = partial(_format_beginning, tx)
    match_query = _format_query(search_query, '"{}"', begins, (" AND ", " OR "))
    return tx.conn.execute(query.order_by(_INDEX.c.rowid.desc()).limit(most), {"asked": match_query}).all()


def _format_beginning(tx: Tx, letters: str) -> str:
    """The words that begin so, where they are few.

    Of a longer beginning SQLite would gather all cases that have it, before it gives the first of them.
    """
    beginning = f'"{letters}"*'
    if len(letters) <= INDEXED_LETTERS:
        return beginning
    words: list[str] = []
    place, end = letters, letters + chr(sys.maxunicode)
    while word := tx.conn.execute(_NEXT_WORD, {"place": place, "end": end}).scalar():
        words.append(f'"{word}"')
        place = f"{word}\x01"  # before any longer word
        if len(words) > MAX_WORDS:
            return beginning
    return f"({' OR '.join(words)})" if words else beginning


_HAS_WORDS = "search.words @@ CAST(:asked AS tsquery)"


def _find_in_postgresql(
    tx: Tx, officer: Officer, search_query: SearchQuery, most: int, columns: Sequence[Any]
) -> Sequence[Row[Any]]:
    """Matches among the e-services of which the officer may see all cases, and among their own cases of others."""
    # A generic plan is bad here: the best plan depends on how many cases have the words.
    tx.conn.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    full, some = _split_services(officer)
    found: list[Any] = []
    if full:
        found = _match_in_postgresql(tx, replace(search_query, content_services=full), most, columns)
    if some:
        limited = replace(search_query, content_services=some)
        # As a value, for which no index of words is read past the matches in everybody's.
        own = select(SearchIndexRow.doc, SearchIndexRow.case_id).where(text(f"({_HAS_WORDS}) IS TRUE"))
        found += _find_own(
            tx, officer, most, lambda docs: _keep_shown(_load_cases(tx, own.where(docs), limited, columns))
        )
        found.sort(key=itemgetter(0), reverse=True)
    return found[:most]


def _match_in_postgresql(
    tx: Tx, search_query: SearchQuery, most: int, columns: Sequence[Any]
) -> list[Row[Any]]:
    """Rows (doc, id and the columns) of cases with the words, newest first.

    Common words are found among the newest cases, one by one; others by the index of words, all at once. Left to
    itself, PostgreSQL goes through the cases one by one for any word that it does not know to be rare, and so through
    all of them for one that is nowhere.
    """
    place = SearchIndexRow.doc
    matching = select(place, SearchIndexRow.case_id).where(text(_HAS_WORDS))
    below = (tx.conn.execute(select(func.max(place))).scalar() or 0) + 1
    found, is_common, recent = list[Row[Any]](), True, RECENT
    while below > 0 and len(found) < most:
        page_size = max(PAGE_SIZE, most - len(found))
        if is_common:
            end = below - recent
            matches = matching.where(place < below, place >= end).order_by(place.desc())
        else:
            end = 0
            older = matching.where(place < below).cte("older").prefix_with("MATERIALIZED")
            matches = select(older).order_by(older.c.doc.desc())
        rows = _load_cases(tx, matches.limit(page_size), search_query, columns)
        found += _keep_shown(rows)
        is_common = is_common and len(rows) >= min(page_size, recent // 10)
        below, recent = rows[-1].doc if len(rows) == page_size else end, 2 * recent
    return found


def _load_cases(
    tx: Tx, matches: Select[int, str], search_query: SearchQuery, columns: Sequence[Any]
) -> Sequence[Row[Any]]:
    """Rows of all that `matches` (doc, case_id) finds: doc, and id and the columns of a case that is shown, else None.

    Each is looked up by itself: for a plain join with `case` the planner reads the whole table.
    """
    found = matches.subquery("found")
    is_found = CASE.id == found.c.case_id, _is_shown(search_query.content_services)
    case = select(CASE.id, *columns).where(*is_found).offset(literal_column("0")).lateral("shown")
    query = select(found.c.doc, *case.c).select_from(found.outerjoin(case, true()))
    match_query = _format_query(search_query, "'{}'", "'{}':*".format, (" & ", " | "))
    return tx.conn.execute(query.order_by(found.c.doc.desc()), {"asked": match_query}).all()


def _keep_shown(rows: Sequence[Any]) -> list[Any]:
    return [row for row in rows if row[1] is not None]


_FINDING = {"sqlite": _find_in_sqlite, "postgresql": _find_in_postgresql}


def _format_query(
    search_query: SearchQuery, word: str, begins: Callable[[str], str], signs: tuple[str, str]
) -> str:
    """The query in the database's full-text syntax. It contains only letters, digits and keys of e-services."""
    both, either = signs

    def one(prefix: Prefix) -> str:
        return word.format(prefix.letters) if prefix.is_whole_word else begins(prefix.letters)

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
