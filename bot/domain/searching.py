"""What an officer looks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.text import fold
from bot.text.searching import Wanted, wanted

_NUMBER = re.compile(r"(?:(?P<year>20\d\d)\s?[-\u2010-\u2014]?\s?)?(?P<running>\d{0,9})", re.ASCII)
_AS_LONG_AS_A_NUMBER = 20


MOST = 100
"""Cases that a search finds. Who would have more is asked to narrow it down."""


@dataclass(frozen=True, slots=True)
class Number:
    """A case number as someone types it: with or without its `year`, `running` whole, short or begun."""

    year: str
    running: str

    @property
    def whole(self) -> str:
        """What follows the year and its hyphen, were it the whole number."""
        return f"{int(self.running):06d}" if self.running else ""


@dataclass(frozen=True, slots=True)
class Sought:
    """`words` of which a case must have all, if it is of an e-service `by_content`; or one of the `numbers`.

    Cases of strict e-services are known in Slack by their numbers alone, and so are those of protected persons.
    """

    words: tuple[Wanted, ...]
    numbers: tuple[Number, ...]
    services: frozenset[str]
    by_content: frozenset[str]


def sought(typed: str, officer: Officer, catalog: Catalog, only: str = "") -> Sought:
    """What was typed, to be looked for among the officer's e-services, or in that one."""
    services = {key: catalog.service(key) for key in officer.access if only in ("", key)}
    return Sought(
        words=wanted(typed),
        numbers=_numbers(typed),
        services=frozenset(services),
        by_content=frozenset(key for key, one in services.items() if one is not None and not one.strict),
    )


def _numbers(typed: str) -> tuple[Number, ...]:
    """Four digits may be a year, and a year may be the first of so many digits."""
    plain = fold(typed[:_AS_LONG_AS_A_NUMBER]).strip()
    found = _NUMBER.fullmatch(plain)
    if found is None or not plain:
        return ()
    with_year = Number(found["year"] or "", found["running"])
    if plain.isdecimal() and found["year"] and len(plain) <= 9:
        return (with_year, Number("", plain))
    return (with_year,)
