"""Cases found by their numbers and by what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, column, select, table, text

from bot.domain.actors import Officer
from bot.domain.searching import MOST, Sought
from bot.store.cases.indexing import service_word
from bot.store.engine.database import Tx
from bot.store.tables import CaseRow, NumberRow, SearchRow
from bot.store.visibility import visible_to
from bot.text.searching import Beginning

_YEARS = select(NumberRow.year).order_by(NumberRow.year.desc())


def find(tx: Tx, officer: Officer, sought: Sought, most: int = MOST) -> list[str]:
    """Ids of cases that the officer may see: first those with such a number, then those opened last."""
    by_number = _by_number(tx, officer, sought, most) if sought.numbers else []
    by_content = _by_content(tx, officer, sought, most) if sought.words and sought.by_content else []
    return list(dict.fromkeys([*by_number, *by_content]))[:most]


# --- by number ---


def _by_number(tx: Tx, officer: Officer, sought: Sought, most: int) -> list[str]:
    """The numbers that were meant, then those that begin so, of the year that was typed or of every year."""
    years = [str(year) for year in tx.conn.execute(_YEARS).scalars()]
    typed = [(one, year) for one in sought.numbers for year in ([one.year] if one.year else years)]
    wholes = [whole for one, year in typed if (whole := one.whole_in(year))]
    may_see = select(CaseRow.id).where(visible_to(officer), CaseRow.service.in_(sought.services))
    # Letter by letter, whatever the language the database sorts by.
    number = CaseRow.number if tx.conn.dialect.name == "sqlite" else CaseRow.number.collate("C")
    begun = (
        may_see.where(number >= f"{year}-{one.running}", number < f"{year}-{one.running}:")
        for one, year in typed
    )
    found: dict[str, None] = {}
    # One after another, for each is then read from its end, and no further than there is room.
    for query in (may_see.where(CaseRow.number.in_(wholes)), *begun):
        if len(found) < most:
            found |= dict.fromkeys(tx.conn.execute(query.order_by(number.desc()).limit(most)).scalars())
    return list(found)


# --- by content ---


def _by_content(tx: Tx, officer: Officer, sought: Sought, most: int) -> list[str]:
    """Protected cases are not among them, nor those of strict e-services, whatever is in the index."""
    query, asked = _MATCHING[tx.conn.dialect.name](tx, sought)
    query = query.join(CaseRow, CaseRow.id == SearchRow.case_id).where(
        visible_to(officer), CaseRow.protected.is_(False), CaseRow.service.in_(sought.by_content)
    )
    return list(tx.conn.execute(query.limit(most), {"asked": asked}).scalars())


_INDEX = table("search_index", column("rowid"))


def _in_sqlite(_: Tx, sought: Sought) -> tuple[Select[Any], str]:
    query = select(SearchRow.case_id).select_from(_INDEX).join(SearchRow, SearchRow.doc == _INDEX.c.rowid)
    matching = query.where(text("search_index MATCH :asked")).order_by(_INDEX.c.rowid.desc())
    return matching, _written(sought, '"{}"', '"{}"*', (" AND ", " OR "))


def _in_postgresql(tx: Tx, sought: Sought) -> tuple[Select[Any], str]:
    # A plan made for any words is bad for these: it matters most how many cases have them.
    tx.conn.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    matching = select(SearchRow.case_id).where(text("search.words @@ CAST(:asked AS tsquery)"))
    return matching.order_by(SearchRow.doc.desc()), _written(sought, "'{}'", "'{}':*", (" & ", " | "))


_MATCHING = {"sqlite": _in_sqlite, "postgresql": _in_postgresql}


def _written(sought: Sought, word: str, beginning: str, signs: tuple[str, str]) -> str:
    """The query in the database's own language. Only letters, digits and keys of e-services come into it."""
    both, either = signs

    def one(wanted: Beginning) -> str:
        return (word if wanted.whole else beginning).format(wanted.letters)

    def any_of(ways: Iterable[str]) -> str:
        return f"({either.join(ways)})"

    services = any_of(word.format(service_word(key)) for key in sorted(sought.by_content))
    words = (any_of(f"({both.join(map(one, way))})" for way in ways) for ways in sought.words)
    return both.join([services, *words])
