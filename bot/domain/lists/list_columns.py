"""The columns of lists of cases: their titles, their values, and how they read; and why a case waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from bot.catalog.models import Catalog
from bot.domain.assignment import assignee_labels
from bot.domain.due_days import due_days, first_due
from bot.domain.lists.case_query import SORT_COLUMNS, ListColumn, SortColumn
from bot.domain.status import current_status_name
from bot.domain.views import ListedCase, WaitReason
from bot.text import Words

ColumnValue = str | bool | date | datetime | None
"""A datetime is aware UTC."""

DUE_REASONS: frozenset[WaitReason] = frozenset({"overdue", "soon"})
"""The reasons to wait that name the due day that comes first."""


def column_title(column: ListColumn, words: Words) -> str:
    return words(f"column.{column}")


def column_width(column: ListColumn) -> int:
    """The column's width in a spreadsheet, in characters."""
    return _WIDTHS[column]


def sort_of(column: ListColumn) -> SortColumn | None:
    """What a list is sorted by under the column's heading; None where it cannot be."""
    return next((sort for sort in SORT_COLUMNS if sort == column), None)


def column_value(row: ListedCase, column: ListColumn, catalog: Catalog, words: Words) -> ColumnValue:
    """The column's value of a case, for a table; names are in the language of `words`."""
    return _VALUES[column](row, catalog, words)


def column_text(row: ListedCase, column: ListColumn, catalog: Catalog, words: Words) -> str:
    """The value as it reads in a sentence or a cell; empty where there is none."""
    value = column_value(row, column, catalog, words)
    if isinstance(value, bool):
        return words("column.yes") if value else ""
    if isinstance(value, date):
        return words.day(value)
    return value or ""


def wait_reason_text(reason: WaitReason, row: ListedCase, words: Words) -> str:
    """One of the reasons why the case waits: Nästa steg senast 4 dec., Nytt meddelande från sökanden."""
    kind = first_due(row)
    if reason not in DUE_REASONS or kind is None:
        return words(f"why.{reason}")
    key = f"why.{reason}" if kind == "case" else f"why.{reason}.{kind}"
    return words(key, date=words.day_short(due_days(row)[kind]))


def _due(row: ListedCase, _catalog: Catalog, _words: Words) -> ColumnValue:
    """The due day that comes first."""
    kind = first_due(row)
    return due_days(row)[kind] if kind is not None else None


def _service(row: ListedCase, catalog: Catalog, words: Words) -> ColumnValue:
    service = catalog.service(row.service)
    return service.name.in_(words.language) if service is not None else row.service


def _status(row: ListedCase, catalog: Catalog, words: Words) -> ColumnValue:
    return current_status_name(catalog.service(row.service), row, words)


def _assignees(row: ListedCase, catalog: Catalog, words: Words) -> ColumnValue:
    refs = [*(f"officer:{key}" for key in row.officers), *(f"group:{key}" for key in row.groups)]
    return ", ".join(assignee_labels(refs, catalog, words))


def _audience(row: ListedCase, catalog: Catalog, words: Words) -> ColumnValue:
    service = catalog.service(row.service)
    return words(f"audience.{service.audience}") if service is not None else ""


_VALUES: Mapping[ListColumn, Callable[[ListedCase, Catalog, Words], ColumnValue]] = {
    "number": lambda row, _catalog, _words: row.number,
    "applicants": lambda row, _catalog, _words: ", ".join(row.applicants),
    "service": _service,
    "status": _status,
    "officers": _assignees,
    "received": lambda row, _catalog, _words: row.received_at,
    "changed": lambda row, _catalog, _words: row.changed_at,
    "due": _due,
    "step_due": lambda row, _catalog, _words: due_days(row).get("step"),
    "case_due": lambda row, _catalog, _words: due_days(row).get("case"),
    "closed": lambda row, _catalog, _words: row.closed_at,
    "colour": lambda row, _catalog, words: words(f"colour.{row.colour}") if row.colour else "",
    "flagged": lambda row, _catalog, _words: row.flagged,
    "origin": lambda row, _catalog, words: words(f"origin.{row.origin}"),
    "audience": _audience,
}

_WIDTHS: Mapping[ListColumn, int] = {
    "number": 14,
    "applicants": 28,
    "service": 28,
    "status": 26,
    "officers": 28,
    "received": 18,
    "changed": 18,
    "due": 16,
    "step_due": 18,
    "case_due": 14,
    "closed": 18,
    "colour": 10,
    "flagged": 10,
    "origin": 16,
    "audience": 12,
}
