"""Search of officers, groups and templates by parts of their names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import islice

from bot.catalog.models import Catalog
from bot.catalog.people import Group, Officer
from bot.catalog.templates import Template
from bot.text import fold, sort_key
from bot.text.folding import without_genitive

Assignable = Officer | Group


@lru_cache(maxsize=16_384)
def _folded(name: str) -> str:
    """The folded name; cached, since it is needed for every officer at every keystroke."""
    return fold(name)


@lru_cache(maxsize=16_384)
def _sort_key(name: str) -> str:
    return sort_key(name)


def find_officers(catalog: Catalog, service_key: str, day: date, typed: str, limit: int) -> list[Officer]:
    """At most `limit` officers with access that day whose name contains every typed word, sorted by name."""
    matching = find_officers_by_name(catalog, typed)
    permitted = (officer for officer in matching if catalog.access(officer.key, service_key, day) is not None)
    return list(islice(permitted, limit))


def find_officers_by_name(catalog: Catalog, typed: str) -> list[Officer]:
    """All officers whose name contains every typed word, sorted by name; where none does, those in the genitive."""
    folded = fold(typed).strip()
    matching = _with_words(catalog, folded) or _with_words(catalog, without_genitive(folded))
    return sorted(matching, key=lambda officer: _sort_key(officer.name))


def _with_words(catalog: Catalog, folded: str) -> list[Officer]:
    words = folded.split()
    return [
        officer
        for officer in catalog.municipality.officers
        if all(word in _folded(officer.name) for word in words)
    ]


def find_assignee(catalog: Catalog, typed: str, language: str) -> str | None:
    """The reference of the officer or group with that name, or that reference; None where there is none, or several."""
    if is_assignable(catalog, typed):
        return typed
    folded = fold(typed)
    groups = [one for one in catalog.municipality.groups if fold(one.name.in_(language)) == folded]
    refs = [f"group:{one.key}" for one in groups]
    officers = find_officers_by_name(catalog, typed)
    # Anna Berg is not Anna Bergström, whose name begins with hers.
    exact = [one for one in officers if fold(one.name) == folded]
    refs += [f"officer:{one.key}" for one in exact or officers]
    return refs[0] if len(refs) == 1 else None


def is_assignable(catalog: Catalog, ref: str) -> bool:
    """Whether the catalog has the officer or group with that reference."""
    kind, _, key = ref.partition(":")
    return bool((kind == "officer" and catalog.officer(key)) or (kind == "group" and catalog.group(key)))


def find_groups(catalog: Catalog, service_key: str, day: date, typed: str) -> list[Group]:
    """Groups that may have a case of the e-service that day and whose name, in either language, matches."""
    return _named(catalog.groups_with_access(service_key, day), typed)


def find_groups_by_name(catalog: Catalog, typed: str) -> list[Group]:
    """All groups whose name, in either language, contains every typed word."""
    return _named(catalog.municipality.groups, typed)


def _named(groups: Iterable[Group], typed: str) -> list[Group]:
    words = fold(typed).split()
    return [
        group
        for group in groups
        if all(word in f"{fold(group.name.sv)} {fold(group.name.en)}" for word in words)
    ]


def find_templates(templates: Iterable[Template], typed: str) -> list[Template]:
    """The templates whose name in either language contains every typed word."""
    words = fold(typed).split()
    return [
        template
        for template in templates
        if all(word in f"{_folded(template.name.sv)} {_folded(template.name.en)}" for word in words)
    ]


class AssigneeNames:
    """Possible assignees of the e-service's cases that day, by name."""

    def __init__(self, catalog: Catalog, service_key: str, day: date) -> None:
        self._catalog, self._service, self._day = catalog, service_key, day
        self._by_name: dict[str, list[Assignable]] = {}
        self._by_word: dict[str, list[Assignable]] = {}
        for group in catalog.groups_with_access(service_key, day):
            self._add(group, {group.key, fold(group.name.sv), fold(group.name.en)})
        for officer in catalog.municipality.officers:
            self._add(officer, {officer.key, _folded(officer.name), _folded(officer.email)})

    def _add(self, candidate: Assignable, names: set[str]) -> None:
        for name in names:
            self._by_name.setdefault(name, []).append(candidate)
        for word in {word for name in names for word in name.split()}:
            self._by_word.setdefault(word, []).append(candidate)

    def find(self, name: str) -> list[Assignable]:
        """Those with exactly that key or name; several may share a name."""
        return self._permitted(self._by_name.get(fold(name), []))

    def find_by_part(self, words: str) -> list[Assignable]:
        """Those whose name contains all the words, such as a first name."""
        first, *others = [self._by_word.get(word, []) for word in fold(words).split()] or [[]]
        return self._permitted([one for one in first if all(one in other for other in others)])

    def _permitted(self, candidates: list[Assignable]) -> list[Assignable]:
        return [
            one
            for one in candidates
            if isinstance(one, Group) or self._catalog.access(one.key, self._service, self._day) is not None
        ]
