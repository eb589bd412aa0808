"""The form that a list is filtered with, on the web and in Slack: from a query to its fields, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from bot.domain.lists.case_lists import CaseList
from bot.domain.lists.case_query import (
    LIST_QUERIES,
    SORT_COLUMNS,
    CaseFilter,
    CaseQuery,
    DayRange,
    SortColumn,
    direction,
)

DAY_RANGES = ("received", "changed", "closed")
"""Parts of a filter with two fields: `received_first` and `received_last`."""

CHECKS = ("own", "flagged", "overdue", "unread", "answer_overdue")
CHOICES = ("services", "kinds", "statuses", "assignees", "colours", "origins")
"""Parts of a filter of which one chooses any number of values."""

SINGLE_VALUES = ("text", "state", "audience", "due_before", "sort", "descending")

VALUES = (
    *SINGLE_VALUES,
    *(f"{name}_{end}" for name in DAY_RANGES for end in ("first", "last")),
    *CHECKS,
)
"""The fields with one value each; days are written 2026-11-30, a check that is ticked is "1"."""


@dataclass(frozen=True)
class FilledFilter:
    """A filter form as it was filled in, with its problems in words by field.

    What belongs to the tab is not part of it. A form may hold values of further fields.
    """

    tab: CaseList
    values: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    problems: Mapping[str, str] = field(default_factory=dict)


def fill_from_query(tab: CaseList, query: CaseQuery) -> FilledFilter:
    """The form of a tab's list."""
    chosen, of_tab = query.filter, LIST_QUERIES[tab].filter
    values = {
        "text": query.text,
        "state": (chosen.state or "") if chosen.state != of_tab.state else "",
        "audience": chosen.audience or "",
        "due_before": chosen.due_before.isoformat() if chosen.due_before else "",
        "sort": query.sort,
        "descending": "1" if query.is_descending else "",
    }
    for name in DAY_RANGES:
        days: DayRange = getattr(chosen, name)
        values[f"{name}_first"] = days.first.isoformat() if days.first else ""
        values[f"{name}_last"] = days.last.isoformat() if days.last else ""
    for name in CHECKS:
        values[name] = "1" if getattr(chosen, name) and not getattr(of_tab, name) else ""
    choices = {name: tuple(getattr(chosen, name)) for name in CHOICES}
    if chosen.assignees == of_tab.assignees:
        choices["assignees"] = ()
    return FilledFilter(tab, values, choices)


def read_query(filled: FilledFilter, base: CaseQuery) -> tuple[CaseQuery | None, dict[str, str]]:
    """The query of the form, with the columns of `base`; or None, and by field the key of what is wrong with it."""
    values, of_tab = filled.values, LIST_QUERIES[filled.tab]
    parts: dict[str, Any] = of_tab.filter.model_dump()
    parts |= {name: chosen for name, chosen in filled.choices.items() if chosen}
    parts |= {name: True for name in CHECKS if values[name]}
    parts |= {name: values[name] for name in ("state", "audience", "due_before") if values[name]}
    for name in DAY_RANGES:
        first, last = values[f"{name}_first"], values[f"{name}_last"]
        if first or last:
            parts[name] = {"first": first or None, "last": last or None}
    sort: SortColumn = next((one for one in SORT_COLUMNS if one == values["sort"]), of_tab.sort)
    sort = sort if sort != "urgency" or filled.tab == "todo" else "received"
    try:
        query = CaseQuery(
            filter=CaseFilter.model_validate(parts),
            text=values["text"],
            sort=sort,
            descending=direction(sort, descending=bool(values["descending"])),
            columns=base.columns,
        )
    except ValidationError as error:
        return None, {_field_of(one["loc"]): _problem_key(one["loc"]) for one in error.errors()}
    return query, {}


def _field_of(place: tuple[int | str, ...]) -> str:
    """The form's field of a value that is wrong."""
    name = str(place[0]) if place else "text"
    return f"{name}_first" if name in DAY_RANGES else name


def _problem_key(place: tuple[int | str, ...]) -> str:
    """The text of what is wrong: of a range as a whole, that its days are in the wrong order."""
    is_range = len(place) == 1 and place[0] in DAY_RANGES
    return "page.list.daysorder" if is_range else "page.list.badvalue"


def used_parts(filled: FilledFilter) -> Iterator[tuple[str, str]]:
    """What leaves something out: the parts of the form, with the value where a part may have several.

    A range of days is one part.
    """
    values = filled.values
    if values["text"]:
        yield "text", ""
    for name in CHOICES:
        yield from ((name, value) for value in filled.choices[name])
    for name in (*DAY_RANGES, "state", "audience", "due_before", *CHECKS):
        if any(values[one] for one in _fields_of(name)):
            yield name, ""


def without_part(filled: FilledFilter, part: str, value: str) -> FilledFilter:
    """The form without a part, or without one of its values."""
    emptied = {name: "" for name in _fields_of(part) if name in filled.values}
    remaining = {
        name: tuple(one for one in chosen if one != value) for name, chosen in filled.choices.items()
    }
    choices = {**filled.choices, part: remaining[part]} if part in CHOICES else filled.choices
    return replace(filled, values={**filled.values, **emptied}, choices=choices)


def _fields_of(part: str) -> tuple[str, ...]:
    return (f"{part}_first", f"{part}_last") if part in DAY_RANGES else (part,)
