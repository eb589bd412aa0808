"""Walks: index scans over the cases of some e-services, in the order of the index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
    union_all,
)

from bot.domain.lists.case_query import CaseKey
from bot.store.engine.database import Tx
from bot.store.lists.queries.query_order import as_text, bound_value, value_text
from bot.store.tables import CASE, AssigneeRow, CaseRow

ARMS = 50
"""Scans in one statement: SQLite allows 500, but its planning time grows faster than their number."""

GROWTH, MAX_CHUNK = 4, 4_000
"""By which the rows read at once grow, and up to how many: many are read only where many do not match."""

Condition = ColumnElement[bool]
_Query = Select[Any] | CompoundSelect[Any]
_Rows = TypeVar("_Rows", Select[Any], CompoundSelect[Any])


class WalkedRow(NamedTuple):
    """A case at its place in a segment; `matches` says whether the conditions that the index does not know hold."""

    value: str
    number: str
    id: str
    matches: bool


@dataclass(frozen=True)
class Walk:
    """Scans of one index, each in the same order.

    `arms` are the conditions of each scan; `value` is the index's column before the number, None for the order of the
    numbers alone. `covered` are the parts of the filter that hold for every row of it; `extra` is a condition on those
    that belong to the segment, where others are walked too. With `is_sorted` False the
    database sorts what it finds: the open cases, by when they were changed. `is_limited` is False for a walk over so
    large a part of all cases that it is not worth counting. With `of_assignees` the indexes are theirs: a case comes as
    often as it has assignees that are asked for. `indexed` is what an index holds of each arm's condition, beside what
    stands in `arms`.
    """

    arms: Sequence[Condition]
    value: Any
    covered: frozenset[str] = frozenset()
    extra: tuple[Condition, ...] = ()
    is_sorted: bool = True
    is_limited: bool = True
    of_assignees: bool = False
    indexed: Condition = field(default_factory=true)

    @property
    def number(self) -> Any:
        """The index's column of case numbers."""
        return AssigneeRow.number if self.of_assignees else CASE.number


class BudgetSpent(Exception):
    """So many rows have been walked that the rest must wait for the next request."""


@dataclass
class Budget:
    """How many rows may still be walked."""

    rows: int

    def take(self, most: int) -> int:
        """At most so many rows. Raises BudgetSpent where none are left."""
        if self.rows <= 0:
            raise BudgetSpent
        return min(most, self.rows)


@dataclass
class Reading:
    """How to read a segment: the direction, the key to go on from, what it may cost, and rows read first."""

    newest_first: bool
    key: CaseKey | None
    budget: Budget
    chunk: int


def read_walk(
    tx: Tx, walk: Walk, conditions: Sequence[Condition], reading: Reading
) -> Iterator[Iterator[WalkedRow]]:
    """An iterator of rows for each statement that the walk needs; all are in the same order, to be merged.

    They raise BudgetSpent where there may be more rows than the budget lets them read.
    """
    for start in range(0, len(walk.arms), ARMS):
        yield _read_arms(tx, walk, walk.arms[start : start + ARMS], conditions, reading)


def _read_arms(
    tx: Tx, walk: Walk, arms: Sequence[Condition], conditions: Sequence[Condition], reading: Reading
) -> Iterator[WalkedRow]:
    if not walk.is_sorted:
        arms, conditions = [and_(_in_table_order(tx, walk.indexed), arm, *conditions) for arm in arms], ()
    held = and_(true(), *conditions).label("matches")
    key, most = reading.key, reading.chunk  # the first rows are read in any case, so that reading goes on
    while True:
        statement = walk_statement(tx, walk, arms, [held], Scan(reading.newest_first, most, key))
        found = [
            WalkedRow(value_text(row.value), row.number, row.id, bool(row.matches))
            for row in tx.conn.execute(statement).all()
        ]
        yield from found
        if len(found) < most:
            return
        key = CaseKey("", found[-1].value, found[-1].number)
        reading.budget.rows -= len(found) if conditions else 0
        most = reading.budget.take(min(most * GROWTH, MAX_CHUNK))


_ROWID: Any = literal_column('"case".rowid')


def _in_table_order(tx: Tx, indexed: Condition) -> Condition:
    """The condition, so that SQLite looks cases up in the order in which they lie, as PostgreSQL does by itself.

    In the order of the index it would read a page of the table for each case, and most pages several times.
    """
    if tx.locks_rows:
        return indexed
    found: Condition = _ROWID.in_(select(_ROWID).select_from(CaseRow).where(indexed).correlate(None))
    return found


def count_walk(
    tx: Tx, walk: Walk, conditions: Sequence[Condition], *, limit: int, budget: int
) -> tuple[int, bool]:
    """The number of cases for which the conditions hold, counted up to `limit`, and whether all were looked at."""
    total, left = 0, budget
    for start in range(0, len(walk.arms), ARMS):
        arms = walk.arms[start : start + ARMS]
        if conditions and walk.is_sorted:
            total += _count_matching(tx, walk, arms, conditions, (limit - total, left))
            left -= _count(tx, walk, arms, left) if total < limit else 0
        else:
            total += _count(tx, walk, arms, limit - total, conditions)
        if total >= limit or left <= 0:
            return total, total >= limit
    return total, True


_ONE: Any = literal_column("1").label("one")
"""Counted in place of the ids, for which each case would be looked up though the index holds all that is asked."""


def _count(
    tx: Tx, walk: Walk, arms: Sequence[Condition], limit: int, conditions: Sequence[Condition] = ()
) -> int:
    found = _one_after_another(walk, [and_(arm, *conditions) for arm in arms], _ONE, limit)
    return tx.conn.execute(select(func.count()).select_from(found.subquery())).scalar_one()


def _count_matching(
    tx: Tx, walk: Walk, arms: Sequence[Condition], conditions: Sequence[Condition], limits: tuple[int, int]
) -> int:
    limit, budget = limits
    held = and_(true(), *conditions).label("matches")
    walked = _one_after_another(walk, arms, held, budget).subquery()
    matching = select(walked.c.matches).where(walked.c.matches).limit(limit).subquery()
    return tx.conn.execute(select(func.count()).select_from(matching)).scalar_one()


def _one_after_another(walk: Walk, arms: Sequence[Condition], column: Any, most: int) -> _Query:
    """A query of at most so many rows of the arms, one arm after the other, for counting: nothing is merged.

    Each arm is in the order of its index, by which the databases find that index.
    """
    order = (CASE.number,) if walk.value is None else (walk.value, CASE.number)
    scans = (select(column).where(arm).order_by(*order).limit(most).subquery() for arm in arms)
    queries = [select(scan) for scan in scans]
    return queries[0] if len(queries) == 1 else union_all(*queries).limit(most)


class Scan(NamedTuple):
    """Which rows of a walk, in which direction: at most so many, beyond the key."""

    newest_first: bool = True
    most: int = 1
    key: CaseKey | None = None


def walk_statement(
    tx: Tx, walk: Walk, arms: Sequence[Condition], columns: Sequence[Any], scan: Scan
) -> _Query:
    """A query of id, number, `value` and the columns: a union of one query for each arm, in order.

    For an `IN` both databases would sort all matching cases. The order decides the index: without it SQLite uses any
    that begins with the e-service.
    """
    number = walk.number.collate("C") if walk.value is None and tx.locks_rows else walk.number
    value = literal("") if walk.value is None else as_text(walk.value)
    selected = (CASE.id, number.label("number"), value.label("value"), *columns)
    bound = _bound(walk, number, scan)
    queries = [select(*selected).where(arm, *bound) for arm in arms]
    if walk.of_assignees:
        is_assigned = AssigneeRow.case_id == CASE.id
        queries = [query.join_from(AssigneeRow, CaseRow, is_assigned) for query in queries]
    if len(queries) == 1:
        return _first_rows(queries[0], walk, scan)
    if tx.locks_rows:
        # It takes the limit of all for none of theirs, and would read and sort each arm whole.
        queries = [_first_rows(query, walk, scan) for query in queries]
    return _first_rows(union_all(*queries), walk, scan)


def _first_rows(query: _Rows, walk: Walk, scan: Scan) -> _Rows:
    names = ("number",) if walk.value is None else ("value", "number")
    keys = (query.selected_columns[name] for name in names)
    return query.order_by(*(key.desc() if scan.newest_first else key for key in keys)).limit(scan.most)


def _bound(walk: Walk, number: Any, scan: Scan) -> list[Condition]:
    if scan.key is None:
        return []
    if walk.value is None:
        return [number < scan.key.number if scan.newest_first else number > scan.key.number]
    # As a row value the pair is one range of the index.
    place = tuple_(walk.value, number)
    own = tuple_(bound_value(walk.value, scan.key.value), literal(scan.key.number))
    return [place < own if scan.newest_first else place > own]
