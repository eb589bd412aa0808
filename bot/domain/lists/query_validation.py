"""What is wrong with a query for an officer today, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.lists.case_query import NOBODY, CaseQuery, SortColumn
from bot.domain.rules import Refused


class QueryRefused(Refused):
    """A query cannot be answered as it is."""


class NoSuchService(QueryRefused):
    """The query is limited to an e-service that the catalog no longer has."""

    key = "no.query.service"


class ServiceNotAccessible(QueryRefused):
    """The query is limited to an e-service to which the officer has no access today."""

    key = "no.query.access"


class NoSuchStatus(QueryRefused):
    """The query is limited to a status that none of its e-services has."""

    key = "no.query.status"


class NoSuchAssignee(QueryRefused):
    """The query is limited to an officer or a group that the catalog no longer has."""

    key = "no.query.assignee"


class TooManyToSort(QueryRefused):
    """There are too many cases for the sort."""

    key = "no.query.sort"

    def __init__(self, sort: SortColumn, limit: int) -> None:
        super().__init__(limit=f"{limit:,}".replace(",", "\u00a0"))
        self.sort = sort


def require_valid_query(query: CaseQuery, officer: Officer, catalog: Catalog) -> None:
    """Raise the first of `query_problems`."""
    for problem in query_problems(query, officer, catalog):
        raise problem


def query_problems(query: CaseQuery, officer: Officer, catalog: Catalog) -> Iterator[QueryRefused]:
    """Why the query cannot be answered for this officer today: each value that no longer means anything."""
    yield from _service_problems(query, officer, catalog)
    yield from _status_problems(query, officer, catalog)
    for ref in query.filter.assignees:
        if not _is_assignee(ref, catalog):
            yield NoSuchAssignee(name=ref.partition(":")[2] or ref)


def without_problems(query: CaseQuery, officer: Officer, catalog: Catalog) -> CaseQuery:
    """The query without the values that no longer mean anything for this officer."""
    chosen = query.filter
    services = [key for key in chosen.services if key in officer.access and catalog.service(key) is not None]
    remaining = query.narrowed(
        services=services,
        assignees=[ref for ref in chosen.assignees if _is_assignee(ref, catalog)],
    )
    known = _known_statuses(remaining, officer, catalog)
    return remaining.narrowed(statuses=[key for key in chosen.statuses if key in known])


def _service_problems(query: CaseQuery, officer: Officer, catalog: Catalog) -> Iterator[QueryRefused]:
    for key in query.filter.services:
        service = catalog.service(key)
        if service is None:
            yield NoSuchService(name=key)
        elif key not in officer.access:
            yield ServiceNotAccessible(service=service.name)


def _status_problems(query: CaseQuery, officer: Officer, catalog: Catalog) -> Iterator[QueryRefused]:
    known = _known_statuses(query, officer, catalog)
    for key in query.filter.statuses:
        if key not in known:
            yield NoSuchStatus(name=catalog.status_name(key) or key)


def _known_statuses(query: CaseQuery, officer: Officer, catalog: Catalog) -> set[str]:
    services = filter(None, map(catalog.service, query.filter.services or officer.access))
    return {status.key for service in services for status in service.statuses}


def _is_assignee(ref: str, catalog: Catalog) -> bool:
    kind, _, key = ref.partition(":")
    if kind == "officer":
        return catalog.officer(key) is not None
    return catalog.group(key) is not None if kind == "group" else ref == NOBODY
