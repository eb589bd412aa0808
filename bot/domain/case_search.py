"""What an officer looks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bot.catalog.base import Text
from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.case_numbers import TypedNumber, parse_typed_numbers
from bot.text import LANGUAGES
from bot.text.search_terms import SearchTerm, has_term, index_words, parse_query

MAX_RESULTS = 100
"""Cases that a search finds. Who would have more is asked to narrow it down."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """`words` of which a case must have all, if it is of an e-service `content_services`; or one of the `numbers`.

    `named_services` are, for each of the words, those of the e-services whose name has it: their cases have it too.
    Cases of strict e-services are known in Slack by their numbers alone, and so are those of protected persons.
    """

    words: tuple[SearchTerm, ...]
    numbers: tuple[TypedNumber, ...]
    services: frozenset[str]
    content_services: frozenset[str]
    named_services: tuple[frozenset[str], ...] = ()


def parse_search(typed: str, officer: Officer, catalog: Catalog, service_key: str = "") -> SearchQuery:
    """What was typed, to be looked for among the officer's e-services, or in that one."""
    services = {key: catalog.service(key) for key in officer.access if service_key in ("", key)}
    content_services = {key: one for key, one in services.items() if one is not None and not one.strict}
    words = parse_query(typed)
    return SearchQuery(
        words=words,
        numbers=parse_typed_numbers(typed),
        services=frozenset(services),
        content_services=frozenset(content_services),
        named_services=tuple(
            frozenset(key for key, one in content_services.items() if has_term(_name_words(one.name), term))
            for term in words
        ),
    )


@lru_cache(maxsize=1024)
def _name_words(name: Text) -> frozenset[str]:
    return frozenset(index_words(name.in_(language) for language in LANGUAGES))
