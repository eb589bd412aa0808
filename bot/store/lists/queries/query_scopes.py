"""One part of a query: the e-services of which the officer sees all cases, or those of which only assigned ones."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select, true

from bot.domain.lists.case_query import MAX_SORTED, UNLIMITED_SORTS, CaseKey
from bot.domain.lists.case_search import MAX_LISTED
from bot.domain.lists.query_validation import TooManyToSort
from bot.store.engine.database import Tx
from bot.store.lists.queries.case_lists import load_assignees
from bot.store.lists.queries.query_conditions import Condition, find_conditions
from bot.store.lists.queries.query_order import LAST, QueryOrder, raw_value, value_text
from bot.store.lists.queries.query_plans import (
    IdDriver,
    Scope,
    Segments,
    assigned_walk,
    closed_walk,
    count_ids,
    find_segments,
    id_drivers,
    index_drivers,
    own_ids,
)
from bot.store.lists.queries.query_walks import (
    ARMS,
    Reading,
    Scan,
    Walk,
    WalkedRow,
    count_walk,
    read_walk,
    walk_statement,
)
from bot.store.tables import CASE
from bot.store.visibility import IS_PRESENT, is_assigned_to, is_unprotected_for, unindexed


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """How many rows a query may read: walked by an index, or sorted after reading whole what a filter leaves.

    First so many are walked as `tried`. Where they do not fill the page, it is read whole if that is at most `sorted`;
    else up to `walked` are, and then at most `sorted_at_last` are read whole. Where there are more, what has been found
    is returned, and the next page goes on from there. `chunk` rows are walked at first. Of the cases with a text the
    newest `found` are looked at.
    """

    tried: int = 600
    sorted: int = 3_000
    walked: int = 4_000
    sorted_at_last: int = 20_000
    chunk: int = 60
    found: int = MAX_LISTED


class ListedCases(NamedTuple):
    """The cases that a query is limited to by a text, or as waiting for the officer.

    The officer may see them all. Of those that wait, by id: their keys in the order of urgency, and their e-services.
    Those with a text have been read (`rows`), and all of the filter holds for them.
    """

    keys: Mapping[str, CaseKey]
    services: Mapping[str, str] = {}
    rows: Sequence[Any] | None = None


class _KnownCase(NamedTuple):
    """A case of which no more is needed than its key."""

    id: str


_SortedCase = tuple[Any, str, str]
"""What a case is sorted by, as the database gives it; its number, and its id."""

_SortedCases = dict[str, list[_SortedCase]]
"""Cases by segment, each with the least value first."""


class ScopedQuery:
    """The cases of one scope, either all read and sorted, or walked by an index.

    `listed` is None where the query is not limited to some cases beforehand.
    """

    def __init__(
        self,
        tx: Tx,
        scope: Scope,
        order: QueryOrder,
        limits: QueryLimits,
        listed: ListedCases | None,
    ) -> None:
        self._tx, self._scope, self._order, self._limits = tx, scope, order, limits
        self._listed = listed
        self._conditions = find_conditions(scope.chosen, scope.context)
        if scope.is_restricted:
            officer = scope.context.officer
            self._conditions["access"] = is_assigned_to(officer)
            self._conditions["presence"] = IS_PRESENT
            self._conditions["protection"] = is_unprotected_for(officer, unindexed(CASE.service))
        self._whole: Sequence[Any] | None = None
        """All cases, unsorted, where they have been read whole."""
        self._more_than = 0
        self._prepare()

    def _prepare(self) -> None:
        if self._listed is not None:
            self._whole = self._rows_of_listed(self._listed)
        elif (own := own_ids(self._scope)) is not None:
            self._whole = self._rows_of_ids(own)
        elif self._order.sort not in UNLIMITED_SORTS:
            self.read_whole(self._limits.sorted_at_last)
        if self._order.sort not in UNLIMITED_SORTS and not self._is_sortable:
            raise TooManyToSort(self._order.sort, MAX_SORTED)

    @cached_property
    def _sorted(self) -> _SortedCases:
        return self._sort(self._whole or ())

    @property
    def _is_sortable(self) -> bool:
        return self._whole is not None and self.count(MAX_SORTED + 1)[0] <= MAX_SORTED

    @cached_property
    def _segments(self) -> Segments:
        return find_segments(self._tx, self._scope, self._order)

    @property
    def labels(self) -> Sequence[str]:
        """The labels of the segments that have, or may have, cases."""
        return list(self._segments if self._whole is None else self._sorted)

    def rows(self, label: str, reading: Reading) -> Iterator[Iterator[WalkedRow]]:
        """Iterators of a segment's rows, to be merged; those that walk an index raise BudgetSpent."""
        if self._whole is not None:
            yield _beyond(self._sorted.get(label, []), reading)
            return
        for walk in self._segments.get(label, []):
            yield from read_walk(self._tx, walk, self._remaining(walk), reading)

    def count(self, limit: int) -> tuple[int, bool]:
        """The number of cases, counted up to `limit`, and whether it is exact."""
        if self._whole is not None:
            return min(limit, len(self._whole)), True
        most = self._limits.sorted_at_last
        for driver in self._id_drivers:
            number, is_exact = self._count_of_ids(driver, limit, most)
            if is_exact:
                return number, True
        walk = next(index_drivers(self._scope))
        if not walk.is_limited and not self._conditions and self._has_closed(limit):
            return limit, True
        remaining, budget = self._remaining(walk), self._limits.walked
        number, is_exact = count_walk(self._tx, walk, remaining, limit=limit, budget=budget)
        if is_exact or not self.read_whole(most):
            return number, is_exact
        return self.count(limit)

    def _has_closed(self, number: int) -> bool:
        """Whether that many cases are closed: their index tells who may see them, so that none is looked up."""
        closed = closed_walk(self._scope)
        return count_walk(self._tx, closed, (), limit=number, budget=number)[0] >= number

    def _count_of_ids(self, driver: IdDriver, limit: int, most: int) -> tuple[int, bool]:
        """The number of cases among the first `most` ids, counted up to `limit`, and whether it is exact."""
        some = driver._replace(ids=driver.ids.limit(most))
        found = self._of_ids(some, [CASE.id]).limit(limit).subquery()
        number = self._tx.conn.execute(select(func.count()).select_from(found)).scalar_one()
        return number, number >= limit or count_ids(self._tx, driver, most + 1) <= most

    @property
    def is_of_few(self) -> bool:
        """Whether the filter tells of few cases among many: those that somebody has, or late answers."""
        has_ids = next(id_drivers(self._scope), None) is not None
        return self._whole is None and (has_ids or self._scope.chosen.answer_overdue)

    @property
    def is_walked_in_order(self) -> bool:
        """Whether an index of assignees has all that the filter leaves in the order that is asked for."""
        walk = assigned_walk(self._scope) if self._order.sort == "received" else None
        return walk is not None and self._conditions.keys() <= walk.covered | {"presence", "protection"}

    @cached_property
    def _id_drivers(self) -> Sequence[IdDriver]:
        """Those of the scope, the one of the fewest cases first: what others have may be a thousand times their own."""
        fewest, first = self._limits.sorted + 1, 0
        drivers = list(id_drivers(self._scope))
        for place, driver in enumerate(drivers if len(drivers) > 1 else ()):
            number = count_ids(self._tx, driver, fewest)
            if number < fewest:
                fewest, first = number, place
        return [*drivers[first:], *drivers[:first]]

    def read_whole(self, most: int) -> bool:
        """Read and sort all cases, where at most so many must be looked at. Returns whether that has been done."""
        if self._whole is None and most > self._more_than:
            self._read_by_ids(most) or self._read_by_index(most)
            self._more_than = most
        return self._whole is not None

    def _read_by_ids(self, most: int) -> bool:
        for driver in self._id_drivers:
            if count_ids(self._tx, driver, most + 1) <= most:
                self._whole = self._rows_of_ids(driver)
                return True
        return False

    def _read_by_index(self, most: int) -> bool:
        for walk in index_drivers(self._scope):
            if not walk.is_limited and most < self._limits.walked:
                continue  # walking it costs no more than counting and reading it
            if count_walk(self._tx, walk, (), limit=most + 1, budget=most + 1)[0] <= most:
                self._whole = self._rows_of_walk(walk)
                return True
        return False

    def _rows_of_listed(self, listed: ListedCases) -> Sequence[Any]:
        """The rows of those for which the conditions hold; they are not read again where no more is asked for."""
        is_more_required = self._conditions.keys() - {"waiting", "access", "presence", "protection"}
        if listed.rows is not None:
            is_in_scope = map(self._scope.services.__contains__, columns_of(listed.rows, "service"))
            return list(compress(listed.rows, is_in_scope))
        if is_more_required or self._order.sort != "urgency":
            return self._rows_of_ids(IdDriver(list(listed.keys)))
        return [_KnownCase(one) for one in listed.keys if listed.services[one] in self._scope.services]

    def _rows_of_ids(self, driver: IdDriver) -> list[Any]:
        columns = (CASE.id, CASE.number, *self._order.set_columns)
        return list(self._tx.conn.execute(self._of_ids(driver, columns)).all())

    def _of_ids(self, driver: IdDriver, columns: Sequence[Any]) -> Select[Any]:
        is_unprotected = is_unprotected_for(self._scope.context.officer, CASE.service)
        known = driver.covered | {"presence", "protection"}  # they stand below, for every scope
        conditions = (one for part, one in self._conditions.items() if part not in known)
        # As one value, so that no index but that of the ids is used.
        held = and_(CASE.service.in_(self._scope.services), is_unprotected, IS_PRESENT, *conditions).is_(
            true()
        )
        query = select(*columns).where(held)
        if not isinstance(driver.ids, Select):
            return query.where(CASE.id.in_(driver.ids))
        # Joined: an `IN` would gather all ids before the first of them is looked up.
        ids = driver.ids.subquery()
        return query.join(ids, ids.c.case_id == CASE.id)

    def _rows_of_walk(self, walk: Walk) -> list[Any]:
        held = and_(true(), *self._remaining(walk)).label("matches")
        columns = [*self._order.set_columns, held]
        found: list[Any] = []
        for start in range(0, len(walk.arms), ARMS):
            arms = walk.arms[start : start + ARMS]
            scan = Scan(most=self._limits.sorted_at_last + 1)
            walked = walk_statement(self._tx, walk, arms, columns, scan).subquery()
            found += self._tx.conn.execute(select(walked).where(walked.c.matches)).all()
        return found

    def _sort(self, rows: Sequence[Any]) -> _SortedCases:
        if not rows:
            return {}
        by_label = self._by_urgency(rows) if self._order.sort == "urgency" else self._by_label(rows)
        for some in by_label.values():
            some.sort()
        return by_label

    def _by_urgency(self, rows: Sequence[Any]) -> _SortedCases:
        assert self._listed is not None
        by_label: _SortedCases = {}
        for row in rows:
            key = self._listed.keys[row.id]
            by_label.setdefault(key.segment, []).append((key.value, key.number, row.id))
        return by_label

    def _by_label(self, rows: Sequence[Any]) -> _SortedCases:
        """The cases of rows of `set_columns` by segment. There may be thousands: little is done for each."""
        order, by_label = self._order, dict[str, list[_SortedCase]]()
        if order.sort == "officers":
            officers = find_officers(self._tx, list(columns_of(rows, "id")))
            labels = [order.label(row, officers.get(row.id, ())) for row in rows]
            groups = _group(rows, labels)
        elif names := order.label_columns:
            groups = {}
            for some in _group(rows, columns_of(rows, *names)).values():
                groups.setdefault(order.label(some[0]), []).extend(some)
        else:
            groups = {"": list(rows)}
        for label, some in groups.items():
            value = "received" if label == LAST else "sort_value"
            by_label[label] = list(columns_of(some, value, "number", "id"))
        return by_label

    def _remaining(self, walk: Walk) -> list[Condition]:
        """The conditions that do not hold for every row of the walk."""
        return [one for part, one in self._conditions.items() if part not in walk.covered] + [*walk.extra]


def _group(rows: Sequence[Any], keys: Iterable[Hashable]) -> dict[Any, list[Any]]:
    """The rows by their keys, which stand in the same order."""
    groups: dict[Any, list[Any]] = {}
    for row, key in zip(rows, keys, strict=True):
        groups.setdefault(key, []).append(row)
    return groups


def columns_of(rows: Sequence[Any], *names: str) -> Iterator[Any]:
    """The column with that name of each row, or a tuple of those.

    Of thousands of rows each name is looked up once: as attributes of each row they take five times as long.
    """
    fields = rows[0]._fields if rows else names
    return map(itemgetter(*map(fields.index, names)), rows)


def _beyond(rows: Sequence[_SortedCase], reading: Reading) -> Iterator[WalkedRow]:
    """The rows beyond the key; of those that nobody asks for nothing is made."""
    place = None
    if reading.key is not None and rows:
        place = raw_value(reading.key.value, like=rows[0][0]), reading.key.number
    if reading.newest_first:
        end = bisect_left(rows, place, key=itemgetter(0, 1)) if place else len(rows)
        some: Iterable[_SortedCase] = reversed(rows[:end])
    else:
        some = rows[bisect_right(rows, place, key=itemgetter(0, 1)) if place else 0 :]
    return (WalkedRow(value_text(value), number, case_id, matches=True) for value, number, case_id in some)


def row_place(row: WalkedRow) -> tuple[str, str]:
    """The row's place in its segment."""
    return row.value, row.number


def find_officers(tx: Tx, ids: Sequence[str]) -> dict[str, list[str]]:
    """The keys of the officers that have the cases, by case id, in the order of assignment."""
    return {
        case_id: [one.key for one in assignees if one.kind == "officer"]
        for case_id, assignees in load_assignees(tx, ids).items()
    }
