"""What an officer looks for."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.case_numbers import TypedNumber, parse_typed_numbers
from bot.text.search_terms import SearchTerm, parse_query

MAX_RESULTS = 100
"""Cases that a search finds. Who would have more is asked to narrow it down."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """`words` of which a case must have all, if it is of an e-service `content_services`; or one of the `numbers`.

    Cases of strict e-services are known in Slack by their numbers alone, and so are those of protected persons.
    """

    words: tuple[SearchTerm, ...]
    numbers: tuple[TypedNumber, ...]
    services: frozenset[str]
    content_services: frozenset[str]


def parse_search(typed: str, officer: Officer, catalog: Catalog, service_key: str = "") -> SearchQuery:
    """What was typed, to be looked for among the officer's e-services, or in that one."""
    services = {key: catalog.service(key) for key in officer.access if service_key in ("", key)}
    return SearchQuery(
        words=parse_query(typed),
        numbers=parse_typed_numbers(typed),
        services=frozenset(services),
        content_services=frozenset(
            key for key, one in services.items() if one is not None and not one.strict
        ),
    )
