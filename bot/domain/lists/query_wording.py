"""What a query is called, the parts of its filter in the reader's language; and how many cases it finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.catalog.models import Catalog
from bot.domain.actors import officer_name
from bot.domain.lists.case_query import (
    MAX_COUNTED,
    NOBODY,
    SORT_COLUMNS,
    CaseCount,
    CaseFilter,
    CaseQuery,
    DayRange,
    SortColumn,
)
from bot.text import Words

_VALUE_PARTS = ("services", "audience", "state", "kinds", "statuses", "assignees", "colours", "origins")
_VALUE_TEXTS = {
    "audience": "audience",
    "state": "query.state",
    "kinds": "statuskind",
    "colours": "colour",
    "origins": "origin",
}
_PART_TITLES = {
    "services": "column.service",
    "kinds": "page.list.kinds",
    "statuses": "label.status",
    "assignees": "label.officers",
    "colours": "column.colour",
    "origins": "column.origin",
    "audience": "column.audience",
}
_TIME_PARTS = ("received", "changed", "closed", "due_before")
_YES_PARTS = ("own", "waiting", "flagged", "overdue", "unread", "answer_overdue")


_ORDERS: Mapping[SortColumn, str] = {
    "received": "day",
    "changed": "day",
    "closed": "day",
    "due": "due",
    "number": "number",
    "status": "status",
    "service": "name",
    "officers": "name",
    "colour": "colour",
    "origin": "origin",
}
"""How the two directions of a sort are called."""


def sort_choices(words: Words, *, has_urgency: bool) -> list[tuple[str, str]]:
    """What a list can be sorted by: `received:1` for the last value first, `received:0` for the first, and in words.

    `has_urgency`: the list is of what waits for the officer.
    """
    return [
        (f"{sort}:{descending:d}", _sort_label(sort, words, descending=descending))
        for sort in SORT_COLUMNS
        if sort != "urgency" or has_urgency
        for descending in ((False,) if sort == "urgency" else (True, False))
    ]


def describe_order(query: CaseQuery, words: Words) -> str:
    """What the query is sorted by, and what comes first."""
    return _sort_label(query.sort, words, descending=query.is_descending)


def _sort_label(sort: SortColumn, words: Words, *, descending: bool) -> str:
    if sort == "urgency":
        return words("sort.urgency")
    order = words(f"home.order.{_ORDERS[sort]}.{'last' if descending else 'first'}")
    return words("home.order", sort=words(f"sort.{sort}"), order=order)


def describe_query(query: CaseQuery, catalog: Catalog, words: Words) -> str:
    """Bygglov, försenade, Anna Berg, med sökord; empty for a query of all cases.

    The search text itself, which may be somebody's name, is not in it.
    """
    text = [words("query.text")] if query.text else []
    return ", ".join([*describe_filter(query.filter, catalog, words), *text])


def query_title(query: CaseQuery, catalog: Catalog, words: Words) -> str:
    """`describe_query` where it stands by itself, as in a heading: with a capital; "Alla ärenden" for all cases."""
    described = describe_query(query, catalog, words) or words("list.all")
    return described[:1].upper() + described[1:]


def describe_filter(chosen: CaseFilter, catalog: Catalog, words: Words) -> Iterator[str]:
    """The parts of the filter that are set, one after the other."""
    for part in _VALUE_PARTS:
        values = getattr(chosen, part) or ()
        several = values if isinstance(values, tuple) else (values,)
        if several:
            yield words.either(_value_name(part, value, catalog, words) for value in several)
    yield from (_describe_time(chosen, part, words) for part in _TIME_PARTS if getattr(chosen, part))
    yield from (words(f"query.part.{name}") for name in _YES_PARTS if getattr(chosen, name))


def describe_part(query: CaseQuery, part: str, value: str, catalog: Catalog, words: Words) -> str:
    """One part of the query by itself: "Färg: Röd", "Försenade"; `value` where the part may have several."""
    if part in _YES_PARTS:
        return words(f"query.part.{part}")
    if part in _TIME_PARTS:
        return _describe_time(query.filter, part, words)
    if part == "state":
        return _value_name(part, str(query.filter.state), catalog, words)
    if part == "text":
        return words("query.chip", part=words("query.chip.text"), value=query.text)
    name = _value_name(part, value or str(getattr(query.filter, part)), catalog, words)
    return words("query.chip", part=words(_PART_TITLES[part]), value=name)


def _value_name(part: str, value: str, catalog: Catalog, words: Words) -> str:
    match part:
        case "services":
            return service_name(value, catalog, words)
        case "statuses":
            return status_name(value, catalog, words)
        case "assignees":
            return assignee_name(value, catalog, words)
        case _:
            return words(f"{_VALUE_TEXTS[part]}.{value}")


def _describe_time(chosen: CaseFilter, part: str, words: Words) -> str:
    value = getattr(chosen, part)
    if part == "due_before":
        return words("query.due_before", date=value)
    return words(f"query.{part}", days=_describe_days(value, words))


def _describe_days(days: DayRange, words: Words) -> str:
    if days.first == days.last:
        return words("query.days.one", date=days.first)
    if days.last is None:
        return words("query.days.since", date=days.first)
    if days.first is None:
        return words("query.days.until", date=days.last)
    return words("query.days.between", first=days.first, last=days.last)


def service_name(key: str, catalog: Catalog, words: Words) -> str:
    """The e-service's name; its key where the catalog no longer has it."""
    service = catalog.service(key)
    return service.name.in_(words.language) if service is not None else key


def status_name(key: str, catalog: Catalog, words: Words) -> str:
    """The name of the first status with that key; the key where neither the catalog nor a case has it."""
    name = catalog.status_name(key)
    return name.in_(words.language) if name is not None else key


def assignee_name(ref: str, catalog: Catalog, words: Words) -> str:
    """The name of an officer or a group, or that nobody has the case."""
    if ref == NOBODY:
        return words("query.nobody")
    group = catalog.group(ref.removeprefix("group:")) if ref.startswith("group:") else None
    return group.name.in_(words.language) if group is not None else officer_name(ref, catalog) or ref


def count_text(count: CaseCount, words: Words) -> str:
    """ "214", "1 000+", or "minst 40" where more may match than could be looked at."""
    if count.is_many:
        return words("page.list.many", n=words.number(MAX_COUNTED))
    return (
        words.number(count.number)
        if count.is_exact
        else words("page.list.atleast", n=words.number(count.number))
    )
