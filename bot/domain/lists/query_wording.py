"""What a query is called, the parts of its filter in the reader's language; and how many cases it finds."""

from __future__ import annotations

from collections.abc import Iterator

from bot.catalog.models import Catalog
from bot.domain.actors import officer_name
from bot.domain.lists.case_query import MAX_COUNTED, NOBODY, CaseCount, CaseFilter, CaseQuery, DayRange
from bot.text import Words

_YES_PARTS = ("own", "waiting", "flagged", "overdue", "unread", "answer_overdue")


def describe_query(query: CaseQuery, catalog: Catalog, words: Words) -> str:
    """Bygglov, försenade, Anna Berg; empty for a query of all cases. The text that is searched for is not in it."""
    return ", ".join(describe_filter(query.filter, catalog, words))


def describe_filter(chosen: CaseFilter, catalog: Catalog, words: Words) -> Iterator[str]:
    """The parts of the filter that are set, one after the other."""
    values = (
        (service_name(key, catalog, words) for key in chosen.services),
        (words(f"audience.{one}") for one in filter(None, [chosen.audience])),
        (words(f"query.state.{one}") for one in filter(None, [chosen.state])),
        (words(f"statuskind.{kind}") for kind in chosen.kinds),
        (status_name(key, catalog, words) for key in chosen.statuses),
        (assignee_name(ref, catalog, words) for ref in chosen.assignees),
        (words(f"colour.{colour}") for colour in chosen.colours),
        (words(f"origin.{origin}") for origin in chosen.origins),
        _describe_times(chosen, words),
    )
    *alternatives, times = map(list, values)
    yield from (words.either(some) for some in alternatives if some)
    yield from times
    yield from (words(f"query.part.{name}") for name in _YES_PARTS if getattr(chosen, name))


def _describe_times(chosen: CaseFilter, words: Words) -> Iterator[str]:
    for name in ("received", "changed", "closed"):
        if days := getattr(chosen, name):
            yield words(f"query.{name}", days=_describe_days(days, words))
    if chosen.due_before is not None:
        yield words("query.due_before", date=chosen.due_before)


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
    """The name of the first status with that key; the key where there is none."""
    found = (service.status(key) for service in catalog.services.values())
    return next((status.name.in_(words.language) for status in found if status is not None), key)


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
