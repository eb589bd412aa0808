"""Officers, groups and grants, indexed by their keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from bot.catalog.municipality import Municipality
from bot.catalog.people import Grant, Group, Officer
from bot.catalog.services import EService
from bot.text.mail_addresses import mailbox_of


@dataclass(frozen=True)
class Directory:
    """The index of one municipality and its e-services."""

    municipality: Municipality
    services: Mapping[str, EService]

    def is_built_from(self, municipality: Municipality, services: Mapping[str, EService]) -> bool:
        return self.municipality is municipality and self.services is services

    @cached_property
    def officers(self) -> dict[str, Officer]:
        return _first_by_key(self.municipality.officers)

    @cached_property
    def by_mailbox(self) -> dict[str, Officer]:
        return {mailbox_of(officer.email): officer for officer in reversed(self.municipality.officers)}

    @cached_property
    def groups(self) -> dict[str, Group]:
        return _first_by_key(self.municipality.groups)

    @cached_property
    def groups_of(self) -> dict[str, tuple[Group, ...]]:
        """The groups of each officer who is in any, by the officer's key."""
        found: dict[str, list[Group]] = {}
        for group in self.municipality.groups:
            for member in dict.fromkeys(group.members):
                found.setdefault(member, []).append(group)
        return {key: tuple(groups) for key, groups in found.items()}

    @cached_property
    def _grants(self) -> dict[str, dict[tuple[str, str], list[Grant]]]:
        return {key: _by_grantee(service.officers) for key, service in self.services.items()}

    def grants(self, service: str, officer: str) -> list[Grant]:
        """The grants of an e-service to the officer and their groups, whatever their days."""
        granted = self._grants.get(service, {})
        found = list(granted.get(("officer", officer), ()))
        for group in self.groups_of.get(officer, ()):
            found += granted.get(("group", group.key), ())
        return found


def _by_grantee(grants: Iterable[Grant]) -> dict[tuple[str, str], list[Grant]]:
    grants_by_grantee: dict[tuple[str, str], list[Grant]] = {}
    for grant in grants:
        grantee = ("officer", grant.officer) if grant.officer else ("group", grant.group or "")
        grants_by_grantee.setdefault(grantee, []).append(grant)
    return grants_by_grantee


Keyed = TypeVar("Keyed", Officer, Group)


def _first_by_key(entries: Iterable[Keyed]) -> dict[str, Keyed]:
    """The entries by key; of two with the same key, the first."""
    found: dict[str, Keyed] = {}
    for entry in entries:
        found.setdefault(entry.key, entry)
    return found
