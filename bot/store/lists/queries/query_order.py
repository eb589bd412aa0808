"""The orders of cases: the segments of each, and a case's place in them.

A segment is a part of the order that comes whole before or after the others, such as the cases of one status. Within it
cases are sorted by one column and, where that is equal, by number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, get_args

from sqlalchemy import and_, literal, type_coerce
from sqlalchemy.types import Date, String

from bot.catalog.models import Catalog
from bot.catalog.statuses import StatusKind
from bot.domain.colour import COLOURS
from bot.domain.lists.case_query import CaseKey, CaseQuery, SortColumn
from bot.store.tables import CASE
from bot.store.tables.base import UtcDateTime
from bot.text import sort_key

LAST = "~"
"""The segment of cases that have nothing to be sorted by; last in both directions."""

_KIND_ORDER = {kind: place for place, kind in enumerate(("new", *get_args(StatusKind)))}
_KIND_ORDER["closed"] = 9

VALUES: Mapping[SortColumn, Any] = {
    "changed": CASE.changed_at,
    "due": CASE.earliest_due_on,
    "closed": CASE.closed_at,
    "number": literal("", String),
}
"""The columns that cases are sorted by; for the sorts that are not here, and for `LAST`, when they were received."""


@dataclass(frozen=True)
class QueryOrder:
    """The order of one query."""

    query: CaseQuery
    catalog: Catalog

    @property
    def sort(self) -> SortColumn:
        return self.query.sort

    def is_newest_first(self, label: str) -> bool:
        """Whether the segment begins with the greatest value."""
        if self.sort == "urgency":
            return False
        within = self.sort in ("received", *VALUES) and label != LAST
        return self.query.is_descending if within else True

    def arrange(self, labels: Iterable[str], *, backwards: bool = False) -> list[str]:
        """The segments in their order."""
        found = set(labels)
        is_reversed = self.query.is_descending and self.sort != "urgency"
        arranged = [*sorted(found - {LAST}, reverse=is_reversed), *sorted(found & {LAST})]
        return arranged[::-1] if backwards else arranged

    def beyond(self, labels: Collection[str], key: CaseKey | None, *, backwards: bool) -> list[str]:
        """The segments from the key's on, in the order of reading, with that one first where it still exists."""
        if key is None:
            return self.arrange(labels, backwards=backwards)
        arranged = self.arrange([*labels, key.segment], backwards=backwards)
        return [one for one in arranged[arranged.index(key.segment) :] if one in labels]

    def status_label(self, service_key: str, status_key: str) -> str:
        """The segment of a status: those of all e-services that have its kind and name."""
        service = self.catalog.service(service_key)
        status = service.status(status_key) if service is not None else None
        if status is None:
            return LAST
        return f"{_KIND_ORDER[status.kind]}.{sort_key(status.name.in_(self.catalog.municipality.language))}"

    def service_label(self, service_key: str) -> str:
        service = self.catalog.service(service_key)
        name = service.name.in_(self.catalog.municipality.language) if service is not None else ""
        return f"{sort_key(name)}.{service_key}"

    def officers_label(self, officer_keys: Sequence[str]) -> str:
        """The segment of the cases that first were assigned to the same officer."""
        if not officer_keys:
            return LAST
        officer = self.catalog.officer(officer_keys[0])
        return f"{sort_key(officer.name)}.{officer.key}" if officer is not None else f"|{officer_keys[0]}"

    @property
    def set_columns(self) -> list[Any]:
        """The columns that `place` needs, labelled."""
        return [
            as_text(VALUES.get(self.sort, CASE.received_at)).label("sort_value"),
            *([] if self.sort in _ONE_SEGMENT else [as_text(CASE.received_at).label("received")]),
            *(column.label(name) for name, column in _LABEL_COLUMNS.get(self.sort, {}).items()),
        ]

    @property
    def label_columns(self) -> list[str]:
        """The names of those of `set_columns` that decide a case's segment: few values, however many cases."""
        return list(_LABEL_COLUMNS.get(self.sort, ()))

    def place(self, row: Any, officers: Sequence[str] = ()) -> CaseKey:
        """The place of a case by its row of `set_columns` and number."""
        label = self.label(row, officers)
        return CaseKey(label, value_text(row.received if label == LAST else row.sort_value), row.number)

    def has_place(self, key: CaseKey) -> bool:
        """Whether the key's value can stand in this order: one of another order is no place in it."""
        if self.sort == "urgency":
            return True
        column = CASE.received_at if key.segment == LAST else VALUES.get(self.sort, CASE.received_at)
        try:
            bound_value(column, key.value)
        except ValueError:
            return False
        return True

    def label(self, row: Any, officers: Sequence[str] = ()) -> str:
        """The label of the segment of a case, by its row of `set_columns`."""
        label = ""
        match self.sort:
            case "status":
                label = self.status_label(row.service, row.status)
            case "service":
                label = self.service_label(row.service)
            case "officers":
                label = self.officers_label(officers)
            case "colour":
                label = str(COLOURS.index(row.colour)) if row.colour in COLOURS[1:] else LAST
            case "origin":
                label = row.origin
            case "due" | "closed":
                label = "" if row.has_value else LAST
        return label


_ONE_SEGMENT = ("received", "changed", "number")
"""The sorts that have all cases in the segment without a label."""

_LABEL_COLUMNS: Mapping[SortColumn, Mapping[str, Any]] = {
    "status": {"service": CASE.service, "status": CASE.status},
    "service": {"service": CASE.service},
    "colour": {"colour": CASE.colour},
    "origin": {"origin": CASE.origin},
    "due": {"has_value": and_(CASE.earliest_due_on.is_not(None), CASE.closed_at.is_(None))},
    "closed": {"has_value": CASE.closed_at.is_not(None)},
}


def as_text(column: Any) -> Any:
    """The column as it is stored: making times of thousands of rows would take longer than reading them."""
    return type_coerce(column, String)


def value_text(raw: Any) -> str:
    """A value of `as_text` in the form in which SQLite stores it."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, datetime):
        return raw.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return raw.isoformat() if isinstance(raw, date) else str(raw)


def raw_value(text: str, like: Any) -> Any:
    """What `value_text` made the text of, to compare it with a value of the same column.

    ValueError where the text is not of its kind.
    """
    if isinstance(like, datetime):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return date.fromisoformat(text) if isinstance(like, date) else text


def bound_value(column: Any, text: str) -> Any:
    """The value of a key to compare the column with. ValueError where the text is not of its kind."""
    if isinstance(column.type, UtcDateTime):
        return literal(datetime.fromisoformat(text).replace(tzinfo=UTC), UtcDateTime)
    return literal(date.fromisoformat(text), Date) if isinstance(column.type, Date) else literal(text)
