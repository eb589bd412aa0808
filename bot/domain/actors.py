"""Who acts: an officer with their access, an applicant, or a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.catalog.models import Catalog
from bot.catalog.people import Access
from bot.catalog.services import EService
from bot.text import Words


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer of the catalog, with their access to each e-service today.

    `represented` are the absent officers for whom they stand in: their cases are the officer's to work with too.
    """

    key: str
    name: str
    access: Mapping[str, Access] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()
    represented: frozenset[str] = frozenset()

    @property
    def ref(self) -> str:
        return f"officer:{self.key}"

    @property
    def acting_keys(self) -> tuple[str, ...]:
        """The keys of the officer and of those for whom they stand in."""
        return (self.key, *sorted(self.represented))

    def may_see_all(self, service: str) -> bool:
        """Whether the officer has access to all cases of the e-service, not only to assigned ones."""
        access = self.access.get(service)
        return access is not None and access.level == "full"

    def may_see_protected(self, service: str) -> bool:
        """Whether the e-service names the officer for protected cases."""
        access = self.access.get(service)
        return access is not None and access.protected


@dataclass(frozen=True, slots=True)
class Applicant:
    """Someone who has proved that they read a mailbox, with the applicant ids of that mailbox."""

    ids: frozenset[str]
    mailbox: str
    """The mailbox's key (a keyed hash), never the address."""

    @property
    def ref(self) -> str:
        return "applicant"


@dataclass(frozen=True, slots=True)
class Machine:
    """A form, an API source, an import or the clock."""

    name: str

    @property
    def ref(self) -> str:
        return f"machine:{self.name}"


Actor = Officer | Applicant | Machine


def find_officer(
    catalog: Catalog, key: str, day: date, represented: frozenset[str] = frozenset()
) -> Officer | None:
    """The officer with their access on that day; None where the catalog has no such officer.

    `represented` are the absent officers for whom they stand in that day.
    """
    found = catalog.officer(key)
    if found is None:
        return None
    access = {
        service: granted
        for service in catalog.services
        if (granted := catalog.access(key, service, day)) is not None
    }
    groups = frozenset(group.key for group in catalog.groups_of_officer(key))
    return Officer(key=key, name=found.name, access=access, groups=groups, represented=represented)


def officer_services(officer: Officer, catalog: Catalog) -> list[EService]:
    """The e-services that the officer has access to."""
    found = (catalog.service(key) for key in officer.access)
    return [one for one in found if one is not None]


def officer_name(ref: str, catalog: Catalog) -> str:
    """The name to show for an actor reference; the key of an officer who is no longer in the catalog."""
    kind, _, key = ref.partition(":")
    if kind != "officer":
        return ""
    found = catalog.officer(key)
    return found.name if found is not None else key


def is_officer_ref(ref: str) -> bool:
    """Whether the actor reference is an officer's."""
    return ref.startswith("officer:")


def actor_name(ref: str, catalog: Catalog, words: Words) -> str:
    """The name to show for an actor reference within a sentence."""
    if ref == "applicant":
        return words("who.applicant")
    return officer_name(ref, catalog) or words("who.machine")


def writer_lines(writers: Iterable[tuple[str, datetime]], catalog: Catalog, words: Words) -> list[str]:
    """Anna Berg skriver ett svar, påbörjat 10.14: for each officer's key and the time since when."""
    return [
        words("draft.writer", name=officer_name(f"officer:{key}", catalog), time=words.moment(at))
        for key, at in writers
    ]
