"""Parsing of an officer's search."""

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
"""The most cases that a search returns. Beyond them the person is asked to narrow it down."""

MAX_LISTED = 2_000
"""The most cases with a text that a list with other conditions is made of: the newest of them."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search finds cases of `content_services` with all of the `words`, and cases with one of the `numbers`.

    `named_services` holds for each word the e-services whose name contains it, which counts as a word of all their
    cases. Strict e-services' cases and protected cases are found in Slack by their numbers only.
    """

    words: tuple[SearchTerm, ...]
    numbers: tuple[TypedNumber, ...]
    services: frozenset[str]
    content_services: frozenset[str]
    named_services: tuple[frozenset[str], ...] = ()


def parse_search(typed: str, officer: Officer, catalog: Catalog, service_key: str = "") -> SearchQuery:
    """Parse what was typed into a search of the officer's e-services, or of the one given."""
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
