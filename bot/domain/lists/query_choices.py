"""What an officer can choose in each part of a filter, and the orders of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import get_args

from bot.catalog.models import Catalog
from bot.catalog.statuses import StatusKind
from bot.domain.actors import Officer
from bot.domain.case import Origin
from bot.domain.colour import COLOURS
from bot.text import Words, sort_key

Choices = list[tuple[str, str]]
"""Values with their labels."""

MAX_NAMED = 2
"""E-services that are named after a status, where several have one of that name."""


def service_choices(officer: Officer, catalog: Catalog, words: Words) -> Choices:
    """The officer's e-services, by name."""
    found = [
        (key, service.name.in_(words.language))
        for key, service in catalog.services.items()
        if key in officer.access
    ]
    return _by_label(found)


def status_choices(
    officer: Officer, catalog: Catalog, words: Words, services: Collection[str] = ()
) -> Choices:
    """The statuses of these e-services, or of all that the officer has, by name; one for each key.

    Those of the same name, which are different ones in different e-services, have their e-services after it.
    """
    names: dict[str, str] = {}
    service_names: dict[str, list[str]] = {}
    for key, service in catalog.services.items():
        if key in officer.access and (not services or key in services):
            for status in service.statuses:
                names.setdefault(status.key, status.name.in_(words.language))
                service_names.setdefault(status.key, []).append(service.name.in_(words.language))
    shared = {name for name, number in Counter(names.values()).items() if number > 1}
    return _by_label(
        [
            (key, f"{name} ({_some_of(service_names[key])})" if name in shared else name)
            for key, name in names.items()
        ]
    )


def _some_of(names: Sequence[str]) -> str:
    """The first names, and that there are more."""
    return ", ".join(names[:MAX_NAMED]) + (" …" if len(names) > MAX_NAMED else "")


def kind_choices(words: Words) -> Choices:
    return [(kind, words(f"statuskind.{kind}")) for kind in get_args(StatusKind)]


def colour_choices(words: Words) -> Choices:
    return [(colour, words(f"colour.{colour}")) for colour in COLOURS if colour]


def origin_choices(words: Words) -> Choices:
    return [(origin, words(f"origin.{origin}")) for origin in get_args(Origin)]


def _by_label(choices: Choices) -> Choices:
    return sorted(choices, key=lambda one: sort_key(one[1]))
