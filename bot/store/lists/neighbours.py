"""The cases before and after one, in the list it was opened from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import ColumnElement, and_, or_, select

from bot.domain.actors import Officer
from bot.domain.views import Around, InList
from bot.store.engine.database import Tx
from bot.store.lists import search_results
from bot.store.lists.case_lists import Tab, in_tab
from bot.store.lists.worklists import Asker, Worklists
from bot.store.tables import CaseRow
from bot.store.visibility import visible_to

Order = Callable[[Tx, Asker, str], Sequence[str]]
"""The ids of a list's cases in its order, as the officer may see them now; of the list with that id, where there are
several of its name."""

MOST_WAITING = 1_000


def _todo(tx: Tx, asker: Asker, _: str) -> Sequence[str]:
    return Worklists(tx, asker).ids("todo", limit=MOST_WAITING)


def _search(tx: Tx, asker: Asker, hits_id: str) -> Sequence[str]:
    return search_results.kept(tx, asker.officer, hits_id)


ORDERS: Mapping[str, Order] = {"todo": _todo, "search": _search}
"""Lists with an order of their own, by name. The others are the tabs of `lists`, newest first."""

TABS: Mapping[str, Tab] = {tab: tab for tab in get_args(Tab)}


def around(tx: Tx, asker: Asker, place: InList, case_id: str) -> Around:
    """The cases before and after the one that was opened at that place, as the list is now.

    A case that has left the list, because it was taken or closed, leaves its place to those that follow. Nothing is
    around a case in a list that there is none of, nor in one that is not the officer's.
    """
    if place.name in TABS:
        return _by_date(tx, asker.officer, place, case_id)
    if place.name in ORDERS:
        return _by_place(ORDERS[place.name](tx, asker, place.id), place, case_id)
    return Around()


def _by_place(ids: Sequence[str], place: InList, case_id: str) -> Around:
    at, left = (ids.index(case_id), False) if case_id in ids else (min(place.place, len(ids)), True)
    after = at if left else at + 1
    return Around(
        before=(ids[at - 1], InList(place.name, at - 1, place.id)) if at > 0 else None,
        after=(ids[after], InList(place.name, after, place.id)) if after < len(ids) else None,
    )


def _by_date(tx: Tx, officer: Officer, place: InList, case_id: str) -> Around:
    """A case keeps its place among the others by its date and number, whether or not it is still in the list."""
    own = tx.conn.execute(select(CaseRow.received_at, CaseRow.number).where(CaseRow.id == case_id)).first()
    if own is None:
        return Around()
    in_list = and_(visible_to(officer), in_tab(TABS[place.name], officer))
    newer = select(CaseRow.id).where(in_list, _is_newer(own.received_at, own.number))
    older = select(CaseRow.id).where(in_list, _is_older(own.received_at, own.number))
    before = _first(tx, newer.order_by(CaseRow.received_at, CaseRow.number))
    after = _first(tx, older.order_by(CaseRow.received_at.desc(), CaseRow.number.desc()))
    return Around(
        before=(before, InList(place.name, max(0, place.place - 1))) if before else None,
        after=(after, InList(place.name, place.place + 1)) if after else None,
    )


def _first(tx: Tx, query: Any) -> str | None:
    found: str | None = tx.conn.execute(query.limit(1)).scalar()
    return found


def _is_newer(at: datetime, number: str) -> ColumnElement[bool]:
    return or_(CaseRow.received_at > at, and_(CaseRow.received_at == at, CaseRow.number > number))


def _is_older(at: datetime, number: str) -> ColumnElement[bool]:
    return or_(CaseRow.received_at < at, and_(CaseRow.received_at == at, CaseRow.number < number))
