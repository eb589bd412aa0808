"""Queries of cases: which, in which order, with which columns. One model for every list, saved view and export."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.catalog.statuses import StatusKind
from bot.domain.case import Origin
from bot.domain.colour import COLOURS
from bot.domain.lists.case_lists import CaseList
from bot.text import clean

SortColumn = Literal[
    "received",
    "changed",
    "due",
    "number",
    "status",
    "service",
    "closed",
    "urgency",
    "officers",
    "colour",
    "origin",
]
"""What cases can be sorted by. `urgency` is the order of *Att göra*, for queries of what waits for the officer."""

SORT_COLUMNS: tuple[SortColumn, ...] = get_args(SortColumn)

UNLIMITED_SORTS: frozenset[SortColumn] = frozenset(
    {"received", "changed", "due", "number", "status", "service", "closed", "urgency"}
)
"""The sorts for any number of cases. The others are for at most `MAX_SORTED`."""

MAX_SORTED = 10_000

MAX_COUNTED = 1_000
"""Cases are counted exactly up to this; longer lists are shown as "more than" this."""

NEWEST_FIRST: frozenset[SortColumn] = frozenset({"received", "changed", "number", "closed"})
"""The sorts that begin with the last value unless the query says otherwise."""


def direction(sort: SortColumn, *, descending: bool) -> bool | None:
    """A query's direction: None for the sort's own, so that the same order is always the same query."""
    return None if descending == (sort in NEWEST_FIRST) else descending


ListColumn = Literal[
    "number",
    "applicants",
    "service",
    "status",
    "officers",
    "received",
    "changed",
    "due",
    "step_due",
    "case_due",
    "closed",
    "colour",
    "flagged",
    "origin",
    "audience",
]
"""What a list can show of a case."""

LIST_COLUMNS: tuple[ListColumn, ...] = get_args(ListColumn)

WEB_COLUMNS: frozenset[ListColumn] = frozenset({"applicants"})
"""The columns with personal data: on the web and in exports, never in Slack."""

SLACK_COLUMNS: tuple[ListColumn, ...] = tuple(one for one in LIST_COLUMNS if one not in WEB_COLUMNS)
DEFAULT_COLUMNS: tuple[ListColumn, ...] = ("number", "service", "status", "officers", "received", "due")
MAX_COLUMNS = 8

MAX_VALUES = 100
"""Values of one filter."""

MAX_TEXT = 300
"""Characters of a search text."""

NOBODY = "nobody"
"""Among a query's assignees: cases that no officer has, whether a group has them or not."""

Audience = Literal["external", "internal"]
CaseState = Literal["open", "closed"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DayRange(_Part):
    """Days in the municipality's time zone, both included; without an end there is no limit."""

    first: date | None = None
    last: date | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError("the first day is after the last")
        return self

    def __bool__(self) -> bool:
        return self.first is not None or self.last is not None

    def contains(self, day: date | None) -> bool:
        """Whether the day is in the range; None is only in the unlimited one."""
        if day is None:
            return not self
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


ANY_DAY = DayRange()


def _sort_values(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


Name = Annotated[str, Field(min_length=1, max_length=80)]
Names = Annotated[tuple[Name, ...], Field(max_length=MAX_VALUES), AfterValidator(_sort_values)]


class CaseFilter(_Part):
    """Which cases: those that match every part. Within a part with several values, one of them is enough.

    `statuses` are keys of the catalog, of whichever e-service. The kind `closed` is every closed case, other kinds open
    cases whose status is of that kind in the catalog. `assignees` are references (`officer:anna.berg`,
    `group:bygglov`) and `NOBODY`. `own` are the officer's open cases, and those of their groups that no officer has;
    `waiting` those of *Att göra*; `flagged` by the officer. `overdue`, `due_before` and `answer_overdue` (the applicant
    was to answer by a day that has passed) are about open cases, `due_before` without its day.
    """

    services: Names = ()
    audience: Audience | None = None
    state: CaseState | None = None
    kinds: Annotated[tuple[StatusKind, ...], AfterValidator(_sort_values)] = ()
    statuses: Names = ()
    assignees: Names = ()
    colours: Annotated[tuple[Literal[COLOURS[1:]], ...], AfterValidator(_sort_values)] = ()  # type: ignore[valid-type]
    origins: Annotated[tuple[Origin, ...], AfterValidator(_sort_values)] = ()
    received: DayRange = ANY_DAY
    changed: DayRange = ANY_DAY
    closed: DayRange = ANY_DAY
    due_before: date | None = None
    own: bool = False
    waiting: bool = False
    flagged: bool = False
    overdue: bool = False
    unread: bool = False
    answer_overdue: bool = False


class CaseQuery(_Part):
    """A filter, a search text, an order and columns; immutable, and comparable.

    `descending` is None for the column's own direction (`NEWEST_FIRST`).
    """

    filter: CaseFilter = CaseFilter()
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    sort: SortColumn = "received"
    descending: bool | None = None
    columns: Annotated[tuple[ListColumn, ...], Field(min_length=1, max_length=MAX_COLUMNS)] = DEFAULT_COLUMNS

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.sort == "urgency" and not self.filter.waiting:
            raise ValueError("only cases that wait for the officer have an urgency")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("a column stands twice")
        return self

    @property
    def is_descending(self) -> bool:
        return self.sort in NEWEST_FIRST if self.descending is None else self.descending

    def narrowed(self, **parts: Any) -> CaseQuery:
        """The query with other parts of the filter; pydantic's ValidationError for values that there are not."""
        given = self.filter.model_dump() | parts
        return CaseQuery.model_validate(self.model_dump() | {"filter": given})

    def to_json(self) -> str:
        """As it is stored: what differs from an empty query, under names that never change."""
        parts = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def parse_columns(names: Iterable[str]) -> tuple[ListColumn, ...]:
    """The columns with these names, as many as a list may have; the usual ones where there are none."""
    known: dict[str, ListColumn] = {column: column for column in LIST_COLUMNS}
    chosen = [known[name] for name in dict.fromkeys(names) if name in known]
    return tuple(chosen[:MAX_COLUMNS]) or DEFAULT_COLUMNS


class UnreadableQuery(ValueError):
    """A stored query is of another version, or damaged."""


def parse_query(stored: str) -> CaseQuery:
    """The query of `to_json`. Raises UnreadableQuery, without what was stored in it."""
    try:
        return CaseQuery.model_validate_json(stored)
    except ValidationError:
        raise UnreadableQuery from None


QUERY_LIST = "query"
"""The name of the lists of stored queries in positions and button values, where the list's id is that of the query."""

LIST_QUERIES: Mapping[CaseList, CaseQuery] = {
    "todo": CaseQuery(filter=CaseFilter(waiting=True), sort="urgency"),
    "mine": CaseQuery(filter=CaseFilter(own=True)),
    "unassigned": CaseQuery(filter=CaseFilter(state="open", assignees=(NOBODY,))),
    "overdue": CaseQuery(filter=CaseFilter(overdue=True), sort="due"),
    "flagged": CaseQuery(filter=CaseFilter(flagged=True)),
    "all": CaseQuery(),
    "closed": CaseQuery(filter=CaseFilter(state="closed"), sort="closed"),
}
"""The lists that every officer has, as queries."""


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A query that has been stored under an id, so that buttons can refer to it."""

    id: str
    query: CaseQuery


def list_of_query(query: CaseQuery) -> CaseList | None:
    """The list that the query is; None for any other query."""
    return next((name for name, one in LIST_QUERIES.items() if one == query), None)


def base_list(query: CaseQuery) -> CaseList:
    """The list that the query narrows: of those whose filter it keeps whole, the one with the most parts."""
    given = query.filter.model_dump(exclude_defaults=True)
    parts = {name: one.filter.model_dump(exclude_defaults=True) for name, one in LIST_QUERIES.items()}
    included = [name for name, of_list in parts.items() if of_list.items() <= given.items()]
    return max(included, key=lambda name: len(parts[name]))


def slack_columns(columns: Iterable[ListColumn]) -> tuple[ListColumn, ...]:
    """Those of the columns that Slack may show."""
    return tuple(one for one in columns if one not in WEB_COLUMNS)


def replace_slack_columns(
    columns: Sequence[ListColumn], chosen: Sequence[ListColumn]
) -> tuple[ListColumn, ...]:
    """`columns` after others were chosen in Slack: those for the web alone stay in their places, if there is room."""
    merged = list(chosen)
    for place, column in enumerate(columns):
        if column in WEB_COLUMNS and len(merged) < MAX_COLUMNS:
            merged.insert(place, column)
    return tuple(merged)


def with_columns(query: CaseQuery, columns: tuple[ListColumn, ...]) -> CaseQuery:
    """The query with these columns."""
    return query.model_copy(update={"columns": columns})


def read_search_text(typed: str) -> str:
    """What was typed, as a query has it: on one line, and no longer than it may be."""
    return " ".join(clean(typed).split())[:MAX_TEXT].rstrip()


def with_text(query: CaseQuery, text: str) -> CaseQuery:
    """The query with this search text, empty for none."""
    return query.model_copy(update={"text": text})


def searches_everywhere(query: CaseQuery) -> bool:
    """Whether the query looks for its text in all cases."""
    return query.filter == CaseFilter()


@dataclass(frozen=True, slots=True)
class CaseCount:
    """The number of cases, up to `MAX_COUNTED` + 1; not `is_exact` where more may match than could be looked at."""

    number: int
    is_exact: bool = True

    @property
    def is_many(self) -> bool:
        return self.number > MAX_COUNTED


@dataclass(frozen=True, slots=True)
class CaseKey:
    """A case's place in the order of a query. Pages and neighbours go on from it, though the case may have left.

    `segment` is the part of the order, empty where there is only one; `value` what the case is sorted by within it, as
    text. Holds nothing that applicants wrote.
    """

    segment: str
    value: str
    number: str

    def encode(self) -> str:
        """As text, for button values and addresses."""
        return "|".join((self.segment, self.value, self.number))


def parse_case_key(encoded: str) -> CaseKey | None:
    """The key of `CaseKey.encode`; None for any other text."""
    parts = encoded.split("|")
    return CaseKey(*parts) if len(parts) == 3 else None
