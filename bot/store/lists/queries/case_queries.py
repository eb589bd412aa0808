"""Queries of cases: pages, counts and neighbours.

    queries = CaseQueries(tx, context)
    page = queries.page(query, limit=20)
    page = queries.page(query, limit=20, after=page.next_key)

Every list goes through here, and finds only what the officer may see.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from typing import Any

from sqlalchemy import and_, select, true

from bot.domain.lists.case_query import (
    LIST_QUERIES,
    MAX_COUNTED,
    CaseCount,
    CaseKey,
    CaseQuery,
    searches_everywhere,
)
from bot.domain.lists.case_search import parse_search
from bot.domain.lists.query_validation import QueryRefused, require_valid_query
from bot.store.cases import indexing
from bot.store.engine.database import Tx
from bot.store.lists.queries import search
from bot.store.lists.queries.case_lists import to_listed_cases
from bot.store.lists.queries.paging import (
    CasePage,
    Found,
    FoundCases,
    PageSlice,
    PlacedCase,
    slice_after,
    slice_before,
    slice_numbered,
)
from bot.store.lists.queries.query_conditions import find_conditions, find_services
from bot.store.lists.queries.query_order import QueryOrder
from bot.store.lists.queries.query_plans import Scope
from bot.store.lists.queries.query_scopes import (
    ListedCases,
    QueryLimits,
    ScopedQuery,
    columns_of,
    find_officers,
    row_place,
)
from bot.store.lists.queries.query_walks import Budget, BudgetSpent, Reading, WalkedRow
from bot.store.lists.queries.worklists import ListContext, WaitingCase, find_waiting
from bot.store.tables import CASE, CaseRow

NO_LIMIT = 2**62
"""For counting all cases of a list, however many."""


PlacedNeighbour = tuple[str, CaseKey]
"""A case's id and key."""


@dataclass(frozen=True, slots=True)
class PlacedNeighbours:
    """The ids and keys of the cases before and after one in a query; None at the ends."""

    before: PlacedNeighbour | None = None
    after: PlacedNeighbour | None = None


class CaseQueries:
    """Answers an officer's queries within one transaction. Raises QueryRefused for a query that cannot be answered."""

    def __init__(self, tx: Tx, context: ListContext, limits: QueryLimits | None = None) -> None:
        self._tx, self._context, self._limits = tx, context, limits or QueryLimits()
        self._plans: dict[CaseQuery, _Plan] = {}

    def page(
        self, query: CaseQuery, *, limit: int, after: CaseKey | None = None, before: CaseKey | None = None
    ) -> CasePage:
        """At most `limit` cases: the first ones, those after a key, or the last ones before a key.

        A key of another order is none: the list may have been sorted anew since it was shown.
        """
        plan = self._plan(query)
        after, before = plan.known_key(after), plan.known_key(before)
        found, stopped_at = plan.read(after or before, limit + 1, backwards=before is not None)
        read = FoundCases(found, stopped_at)
        piece = slice_after(read, limit, after) if before is None else slice_before(read, limit, before)
        return self._page(plan, piece, is_partial=stopped_at is not None)

    def ids(self, query: CaseQuery, *, limit: int) -> list[str]:
        """The ids of the first cases, in order, however many must be looked at: for exports and batches."""
        unlimited = replace(self._limits, sorted=self._limits.sorted_at_last, walked=NO_LIMIT)
        queries = CaseQueries(self._tx, self._context, unlimited)
        return [case_id for _, case_id in queries._plan(query).read(None, limit)[0]]

    def numbered_page(self, query: CaseQuery, *, limit: int, page: int = 0) -> CasePage:
        """The page with that number, from 0; reads those before it too."""
        plan = self._plan(query)
        found, stopped_at = plan.read(None, limit * (page + 1) + 1)
        piece = slice_numbered(FoundCases(found, stopped_at), limit, page)
        return self._page(plan, piece, is_partial=stopped_at is not None)

    def _page(self, plan: _Plan, piece: PageSlice, *, is_partial: bool) -> CasePage:
        rows = self._placed(plan, piece.found)
        return CasePage(rows, piece.previous_key, piece.next_key, is_partial, plan.is_cut, plan.is_behind)

    def count(self, query: CaseQuery, *, limit: int = MAX_COUNTED + 1) -> CaseCount:
        """The number of cases, counted up to `limit`."""
        return self._plan(query).count(limit)

    def widened(self, query: CaseQuery) -> CaseQuery | None:
        """The query for its text in all cases, where one of `LIST_QUERIES` has none with it; None where nobody has any.

        Who looks for a case need not know which list has it. Who has narrowed the list themselves is not taken from it.
        """
        everywhere = CaseQuery(text=query.text, columns=query.columns)
        lists = [one.filter for one in LIST_QUERIES.values()]
        if not query.text.strip() or searches_everywhere(query) or query.filter not in lists:
            return None
        try:
            found, elsewhere = (self.count(one, limit=1) for one in (query, everywhere))
        except QueryRefused:
            return None
        return everywhere if not found.number and elsewhere.number else None

    def is_cut(self, query: CaseQuery) -> bool:
        """Whether so many cases have the query's text that only the newest `MAX_LISTED` of them are in the list."""
        return self._plan(query).is_cut

    def key_of(self, query: CaseQuery, case_id: str) -> CaseKey | None:
        """The case's key as it is now, for a list that was opened without one; None for an unknown case."""
        return self._plan(query).key_of(case_id)

    def known_key(self, query: CaseQuery, key: CaseKey | None) -> CaseKey | None:
        """The key where it is a place in the order of the query; None for one of another order."""
        return self._plan(query).known_key(key)

    def neighbours(self, query: CaseQuery, key: CaseKey, case_id: str) -> PlacedNeighbours:
        """The cases before and after the case that was opened at `key`, though it may have left since, or moved."""
        plan = self._plan(query)
        before, after = (
            [one for one in plan.read(key, 2, backwards=backwards)[0] if one[1] != case_id][:1]
            for backwards in (True, False)
        )
        return PlacedNeighbours(*((found[0][1], found[0][0]) if found else None for found in (before, after)))

    def _plan(self, query: CaseQuery) -> _Plan:
        plan = self._plans.get(query)
        if plan is None:
            require_valid_query(query, self._context.officer, self._context.catalog)
            plan = self._plans[query] = _Plan(self._tx, self._context, query, self._limits)
        return plan

    def _placed(self, plan: _Plan, found: Sequence[Found]) -> tuple[PlacedCase, ...]:
        ids = [case_id for _, case_id in found]
        rows = self._tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id.in_(ids))).all()
        listed = {
            one.id: one for one in to_listed_cases(self._tx, self._context.officer, rows, with_unread=True)
        }
        reasons = {one.id: one.reasons for one in plan.waiting}
        return tuple(
            PlacedCase(replace(listed[case_id], wait_reasons=reasons.get(case_id, ())), key)
            for key, case_id in found
        )


class _Plan:
    """How one query is answered, and what has been read of it."""

    def __init__(self, tx: Tx, context: ListContext, query: CaseQuery, limits: QueryLimits) -> None:
        self._tx, self._context, self._query, self._limits = tx, context, query, limits
        self._order = QueryOrder(query, context.catalog)
        services, officer = find_services(query.filter, context), context.officer
        full = tuple(filter(officer.may_see_all, services))
        some = tuple(key for key in services if key not in full)
        scopes = [
            Scope(keys, is_restricted, query.filter, context)
            for keys, is_restricted in ((full, False), (some, True))
        ]
        self._parts = [
            ScopedQuery(tx, scope, self._order, limits, self._listed_cases)
            for scope in scopes
            if scope.services
        ]

    def read(
        self, key: CaseKey | None, most: int, *, backwards: bool = False
    ) -> tuple[list[Found], CaseKey | None]:
        """At most so many cases beyond the key; and where reading stopped early, the key to go on from."""
        limits = self._limits
        of_few = [part for part in self._parts if part.is_of_few]
        for part in of_few:
            if not part.is_walked_in_order:
                part.read_whole(limits.sorted)
        tried = 0 if of_few else limits.tried
        for walked, most_sorted in ((tried, limits.sorted), (limits.walked, limits.sorted_at_last)):
            found, stopped_at = self._read_within(Budget(walked), key, most, backwards=backwards)
            if stopped_at is None:
                return found, None
            if self._read_whole(most_sorted):
                return self._read_within(Budget(0), key, most, backwards=backwards)
        return found, stopped_at

    def _read_within(
        self, budget: Budget, key: CaseKey | None, most: int, *, backwards: bool
    ) -> tuple[list[Found], CaseKey | None]:
        found: list[Found] = []
        last = key
        try:
            for row_key, row in self._rows(key, budget, backwards=backwards, chunk=most):
                last = row_key
                if row.matches:
                    found.append((row_key, row.id))
                if len(found) == most:
                    break
        except BudgetSpent:
            return found, last
        return found, None

    def _rows(
        self, key: CaseKey | None, budget: Budget, *, backwards: bool, chunk: int
    ) -> Iterator[tuple[CaseKey, WalkedRow]]:
        labels = {label for part in self._parts for label in part.labels}
        for label in self._order.beyond(labels, key, backwards=backwards):
            newest_first = self._order.is_newest_first(label) is not backwards
            own_key = key if key is not None and key.segment == label else None
            reading = Reading(newest_first, own_key, budget, max(chunk, self._limits.chunk))
            sources = [rows for part in self._parts for rows in part.rows(label, reading)]
            last_id = ""
            for row in heapq.merge(*sources, key=row_place, reverse=newest_first):
                if row.id != last_id:  # a case that two of the assignees have comes twice
                    last_id = row.id
                    yield CaseKey(label, row.value, row.number), row

    def _read_whole(self, most: int) -> bool:
        """Whether what could not be walked is so little that it has now been read whole instead."""
        return all(part.read_whole(most) for part in self._parts)

    def count(self, limit: int) -> CaseCount:
        total, is_exact = 0, True
        for part in self._parts:
            number, is_part_exact = part.count(limit - total)
            total, is_exact = total + number, is_exact and is_part_exact
            if total >= limit:
                return CaseCount(limit)
        return CaseCount(total, is_exact and not self.is_cut)

    def known_key(self, key: CaseKey | None) -> CaseKey | None:
        return key if key is not None and self._order.has_place(key) else None

    def key_of(self, case_id: str) -> CaseKey | None:
        if self._query.sort == "urgency":
            return next((one.key for one in self.waiting if one.id == case_id), None)
        columns = (CaseRow.id, CaseRow.number, *self._order.set_columns)
        row = self._tx.conn.execute(select(*columns).where(CaseRow.id == case_id)).first()
        return self._order.place(row, find_officers(self._tx, [case_id]).get(case_id, ())) if row else None

    @cached_property
    def waiting(self) -> list[WaitingCase]:
        """The cases that wait for the officer, where the query is about them."""
        return find_waiting(self._tx, self._context) if self._query.filter.waiting else []

    @cached_property
    def _listed_cases(self) -> ListedCases | None:
        """The cases with the text, or that wait for the officer; None where neither is asked for."""
        query, waiting = self._query, {one.id: one.key for one in self.waiting}
        if not query.text.strip():
            services = {one.id: one.service for one in self.waiting}
            return ListedCases(waiting, services=services) if query.filter.waiting else None
        found = self._found[: self._limits.found]
        found = list(compress(found, columns_of(found, "matches")))
        if query.filter.waiting:
            found = [row for row in found if row.id in waiting]
        return ListedCases(waiting, rows=found)

    @cached_property
    def _found(self) -> list[Any]:
        """The newest cases with the query's text, one more than are looked at where there are more.

        Rows of what they are sorted by, and whether the filter's conditions hold (`matches`).
        """
        officer = self._context.officer
        search_query = parse_search(self._query.text, officer, self._context.catalog)
        held = and_(true(), *find_conditions(self._query.filter, self._context).values()).label("matches")
        columns = {column.name: column for column in (CASE.number, CASE.service, *self._order.set_columns)}
        most = self._limits.found + 1
        return search.find_rows(self._tx, officer, search_query, most, [*columns.values(), held])

    @property
    def is_cut(self) -> bool:
        """Whether the text is in more cases than are looked at."""
        return bool(self._query.text.strip()) and len(self._found) > self._limits.found

    @property
    def is_behind(self) -> bool:
        """Whether cases may be missing whose texts are not indexed yet."""
        return bool(self._query.text.strip()) and indexing.has_outdated(self._tx)
