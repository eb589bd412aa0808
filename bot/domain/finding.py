"""Officers, groups and templates found by what someone types of their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import islice

from bot.catalog.models import Catalog
from bot.catalog.people import Group, Officer
from bot.catalog.templates import Template
from bot.text import fold, sort_key

Holder = Officer | Group


@lru_cache(maxsize=16_384)
def _folded(name: str) -> str:
    """A name as it is searched; asked for at every keystroke, for every officer."""
    return fold(name)


@lru_cache(maxsize=16_384)
def _order(name: str) -> str:
    return sort_key(name)


def officers_like(catalog: Catalog, service_key: str, on: date, typed: str, most: int) -> list[Officer]:
    """At most so many of those who have access that day, whose name has every typed word; in order of name."""
    alike = named_like(catalog, typed)
    may = (officer for officer in alike if catalog.access(officer.key, service_key, on) is not None)
    return list(islice(may, most))


def named_like(catalog: Catalog, typed: str) -> list[Officer]:
    """All officers whose name has every typed word, in order of name."""
    wanted = fold(typed).split()
    alike = [
        officer
        for officer in catalog.municipality.officers
        if all(word in _folded(officer.name) for word in wanted)
    ]
    return sorted(alike, key=lambda officer: _order(officer.name))


def groups_like(catalog: Catalog, service_key: str, on: date, typed: str) -> list[Group]:
    """The groups that may have a case of the e-service that day, whose name in either language fits."""
    wanted = fold(typed).split()
    return [
        group
        for group in catalog.groups_with_access(service_key, on)
        if all(word in f"{fold(group.name.sv)} {fold(group.name.en)}" for word in wanted)
    ]


def templates_like(templates: Iterable[Template], typed: str) -> list[Template]:
    """The templates whose name in either language has every typed word."""
    wanted = fold(typed).split()
    return [
        template
        for template in templates
        if all(word in f"{_folded(template.name.sv)} {_folded(template.name.en)}" for word in wanted)
    ]


def holders_called(catalog: Catalog, service_key: str, on: date, called: str) -> list[Holder]:
    """Those who may have a case that day and are called just that, by key or by name; several may share a name."""
    wanted = fold(called)
    return [one for one in _holders(catalog, service_key, on, wanted) if wanted in _names(one)]


def _holders(catalog: Catalog, service_key: str, on: date, wanted: str) -> Iterator[Holder]:
    yield from catalog.groups_with_access(service_key, on)
    for officer in catalog.municipality.officers:
        named = wanted in (officer.key, _folded(officer.name))
        if named and catalog.access(officer.key, service_key, on) is not None:
            yield officer


def _names(one: Holder) -> set[str]:
    if isinstance(one, Officer):
        return {one.key, fold(one.name)}
    return {one.key, fold(one.name.sv), fold(one.name.en)}
