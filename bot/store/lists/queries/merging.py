"""An officer's cases in an order, merged from an index scan for each e-service that stops at the limit."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Select, select, union_all

from bot.domain.actors import Officer
from bot.store.engine.database import Tx
from bot.store.tables import CaseRow
from bot.store.visibility import assigned_ids, unindexed, visible_in, visible_to

ARMS = 50
"""E-services in one statement: SQLite allows 500, but its planning time grows faster than their number."""


class CaseOrder(NamedTuple):
    """Columns of `case` to order by, all in one direction. Needs an index on `service` followed by them."""

    columns: tuple[Any, ...]
    newest_first: bool = True


_Query = Select[Any] | CompoundSelect[Any]


def find_in_order(
    tx: Tx, officer: Officer, condition: ColumnElement[bool], order: CaseOrder, limit: int
) -> list[str]:
    """The ids of the first `limit` cases that the officer may see and for which the condition on `case` holds.

    A union of one query for each e-service: for an `IN` both databases would sort all matching cases.
    """
    found = [
        tx.conn.execute(_in_order(tx, arms, order, limit)).all()
        for arms in _batches(officer, condition, order)
    ]
    merged = heapq.merge(*found, key=lambda row: tuple(row)[1:], reverse=order.newest_first)
    return [row.id for row in islice(merged, limit)]


def _in_order(tx: Tx, arms: Sequence[Select[Any]], order: CaseOrder, limit: int) -> _Query:
    names = [column.name for column in order.columns]
    if len(arms) == 1:
        return arms[0].order_by(*_sorted_by(arms[0], names, order)).limit(limit)
    if tx.conn.dialect.name == "postgresql":
        # It takes the limit of all for none of theirs, and would read and sort each arm whole.
        arms = [arm.order_by(*_sorted_by(arm, names, order)).limit(limit) for arm in arms]
    found = union_all(*arms)
    return found.order_by(*_sorted_by(found, names, order)).limit(limit)


def _sorted_by(query: _Query, names: Sequence[str], order: CaseOrder) -> list[Any]:
    keys = (query.selected_columns[name] for name in names)
    return [key.desc() if order.newest_first else key for key in keys]


def _batches(
    officer: Officer, condition: ColumnElement[bool], order: CaseOrder
) -> Iterator[list[Select[Any]]]:
    arms = list(_arms(officer, condition, order))
    return (arms[start : start + ARMS] for start in range(0, len(arms), ARMS))


def _arms(officer: Officer, condition: ColumnElement[bool], order: CaseOrder) -> Iterator[Select[Any]]:
    """A query for each e-service whose cases the officer may see, and one for cases seen only when assigned."""
    query = select(CaseRow.id, *order.columns).where(condition)
    for key in sorted(filter(officer.may_see_all, officer.access)):
        yield query.where(visible_in(officer, key))
    if some := [key for key in sorted(officer.access) if not officer.may_see_all(key)]:
        service = unindexed(CaseRow.service)
        assigned = CaseRow.id.in_(assigned_ids(officer))
        yield query.where(assigned, service.in_(some), visible_to(officer, service))
