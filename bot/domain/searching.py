"""What an officer looks for."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.case_numbers import TypedNumber, numbers_in
from bot.text.searching import Wanted, wanted

MOST = 100
"""Cases that a search finds. Who would have more is asked to narrow it down."""


@dataclass(frozen=True, slots=True)
class Sought:
    """`words` of which a case must have all, if it is of an e-service `by_content`; or one of the `numbers`.

    Cases of strict e-services are known in Slack by their numbers alone, and so are those of protected persons.
    """

    words: tuple[Wanted, ...]
    numbers: tuple[TypedNumber, ...]
    services: frozenset[str]
    by_content: frozenset[str]


def sought(typed: str, officer: Officer, catalog: Catalog, only: str = "") -> Sought:
    """What was typed, to be looked for among the officer's e-services, or in that one."""
    services = {key: catalog.service(key) for key in officer.access if only in ("", key)}
    return Sought(
        words=wanted(typed),
        numbers=numbers_in(typed),
        services=frozenset(services),
        by_content=frozenset(key for key, one in services.items() if one is not None and not one.strict),
    )
