"""The form that a list is filtered and sorted with: from a query to its fields, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from bot.catalog.models import Catalog
from bot.domain.assignment import assignee_labels
from bot.domain.case_lists import CaseList
from bot.domain.case_query import (
    LIST_QUERIES,
    NOBODY,
    SORT_COLUMNS,
    CaseFilter,
    CaseQuery,
    DayRange,
    SortColumn,
)
from bot.domain.name_search import find_assignee
from bot.portal.uploads import PostedForm
from bot.store.officers.open_lists import OpenList
from bot.text import Words, fold

PAGE_SIZES = (50, 200)

MAX_SUGGESTED = 300
"""Officers whose names the form suggests; with more of them one types the whole name."""

DAY_RANGES = ("received", "changed", "closed")
CHECKS = ("own", "flagged", "overdue", "unread", "answer_overdue")
CHOICES = ("services", "kinds", "statuses", "colours", "origins")
"""Parts of a filter of which one chooses any number of values."""


@dataclass(frozen=True)
class FilledFilter:
    """A filter form as it was filled in, with its problems by field."""

    tab: CaseList
    values: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_used(self) -> bool:
        """Whether it leaves something out."""
        ignored = ("sort", "descending", "page_size")
        return any(value for name, value in self.values.items() if name not in ignored) or any(
            self.choices.values()
        )


def fill_from_query(opened: OpenList, catalog: Catalog, words: Words) -> FilledFilter:
    """The form of a list. What belongs to its tab is not part of it."""
    tab, query = opened.tab, opened.query
    chosen, of_tab = query.filter, LIST_QUERIES[tab].filter
    values = {
        "text": query.text,
        "assignee": _assignee_text(chosen, of_tab, catalog, words),
        "state": (chosen.state or "") if chosen.state != of_tab.state else "",
        "audience": chosen.audience or "",
        "due_before": chosen.due_before.isoformat() if chosen.due_before else "",
        "sort": query.sort,
        "descending": "1" if query.is_descending else "",
        "page_size": str(opened.page_size),
    }
    for name in DAY_RANGES:
        days: DayRange = getattr(chosen, name)
        values[f"{name}_first"] = days.first.isoformat() if days.first else ""
        values[f"{name}_last"] = days.last.isoformat() if days.last else ""
    for name in CHECKS:
        values[name] = "1" if getattr(chosen, name) and not getattr(of_tab, name) else ""
    return FilledFilter(tab, values, {name: tuple(getattr(chosen, name)) for name in CHOICES})


def fill_from_form(tab: CaseList, posted: PostedForm) -> FilledFilter:
    """The form as posted."""
    names = (
        *("text", "assignee", "state", "audience", "due_before", "sort", "descending", "page_size"),
        *(f"{name}_{end}" for name in DAY_RANGES for end in ("first", "last")),
        *CHECKS,
    )
    return FilledFilter(
        tab,
        {name: posted.get(name).strip() for name in names},
        {name: tuple(filter(None, posted.get_all(name))) for name in CHOICES},
    )


def read_query(
    filled: FilledFilter, base: CaseQuery, catalog: Catalog, words: Words
) -> tuple[CaseQuery | None, dict[str, str]]:
    """The query of the form, with the columns of `base`; or None and what is wrong, by field."""
    problems: dict[str, str] = {}
    values, of_tab = filled.values, LIST_QUERIES[filled.tab]
    parts: dict[str, Any] = of_tab.filter.model_dump()
    parts |= {name: values_ for name, values_ in filled.choices.items() if values_}
    parts |= {name: True for name in CHECKS if values[name]}
    parts |= {name: values[name] for name in ("state", "audience", "due_before") if values[name]}
    for name in DAY_RANGES:
        first, last = values[f"{name}_first"], values[f"{name}_last"]
        if first or last:
            parts[name] = {"first": first or None, "last": last or None}
    if values["assignee"]:
        ref = _find_assignee(values["assignee"], catalog, words)
        if ref is None:
            problems["assignee"] = words("page.list.noassignee")
        else:
            parts["assignees"] = (ref,)
    sort: SortColumn = next((one for one in SORT_COLUMNS if one == values["sort"]), of_tab.sort)
    try:
        query = CaseQuery(
            filter=CaseFilter.model_validate(parts),
            text=values["text"],
            sort=sort if sort != "urgency" or filled.tab == "todo" else "received",
            descending=bool(values["descending"]),
            columns=base.columns,
        )
    except ValidationError as error:
        problems |= {_field_of(one["loc"]): words("page.list.badvalue") for one in error.errors()}
        return None, problems
    return (query, {}) if not problems else (None, problems)


def _field_of(place: tuple[int | str, ...]) -> str:
    """The form's field of a value that is wrong."""
    name = str(place[0]) if place else "text"
    return f"{name}_first" if name in DAY_RANGES else name


def read_page_size(filled: FilledFilter) -> int:
    size = filled.values["page_size"]
    return next((one for one in PAGE_SIZES if str(one) == size), PAGE_SIZES[0])


def _find_assignee(typed: str, catalog: Catalog, words: Words) -> str | None:
    """The reference of the officer or group with that name, or of nobody; None where none is called so, or several."""
    if fold(typed) == fold(words("page.list.nobody")):
        return NOBODY
    return find_assignee(catalog, typed, words.language)


def assignee_suggestions(catalog: Catalog, words: Words) -> list[str]:
    """Names to choose from; none of officers where they are too many for a list."""
    officers = [one.name for one in catalog.municipality.officers]
    groups = [one.name.in_(words.language) for one in catalog.municipality.groups]
    return [words("page.list.nobody"), *groups, *(officers if len(officers) <= MAX_SUGGESTED else [])]


def _assignee_text(chosen: CaseFilter, of_tab: CaseFilter, catalog: Catalog, words: Words) -> str:
    if chosen.assignees == of_tab.assignees or not chosen.assignees:
        return ""
    ref = chosen.assignees[0]
    return words("page.list.nobody") if ref == NOBODY else assignee_labels([ref], catalog, words)[0]
