"""The catalog: the municipality and its e-services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property

from pydantic import Field

from bot.catalog.base import Model, Text
from bot.catalog.directory import Directory
from bot.catalog.municipality import Municipality, Source
from bot.catalog.people import Access, Group, Officer, combine_grants
from bot.catalog.services import EService
from bot.text.mail_addresses import mailbox_of


class Catalog(Model):
    """The municipality and its e-services; created by `load`, which has checked them."""

    municipality: Municipality
    services: Mapping[str, EService]
    removed_statuses: Mapping[str, Text] = Field(default_factory=dict, exclude=True)
    """The names, by key, of statuses that cases still have and no e-service has any more. They are in no file."""

    @property
    def directory(self) -> Directory:
        """The index; created on first use, and anew for a copy with other people or e-services."""
        cached = self._cached_directory
        if not cached.is_built_from(self.municipality, self.services):
            cached = self.__dict__["_cached_directory"] = Directory(self.municipality, self.services)
        return cached

    @cached_property
    def _cached_directory(self) -> Directory:
        return Directory(self.municipality, self.services)

    def service(self, key: str) -> EService | None:
        """None for an e-service that the catalog no longer has."""
        return self.services.get(key)

    def status_name(self, key: str) -> Text | None:
        """The name of the first status with that key; of a removed one while cases have it, else None."""
        found = (service.status(key) for service in self.services.values())
        return next((status.name for status in found if status is not None), self.removed_statuses.get(key))

    def officer(self, key: str) -> Officer | None:
        """None for an officer that the catalog no longer has."""
        return self.directory.officers.get(key)

    def officer_by_email(self, email: str) -> Officer | None:
        """The officer with the mailbox of that address."""
        return self.directory.by_mailbox.get(mailbox_of(email))

    def group(self, key: str) -> Group | None:
        return self.directory.groups.get(key)

    def groups_of_officer(self, officer_key: str) -> tuple[Group, ...]:
        return self.directory.groups_of.get(officer_key, ())

    def source(self, key: str) -> Source | None:
        return next((source for source in self.municipality.sources if source.key == key), None)

    def access(self, officer_key: str, service_key: str, day: date) -> Access | None:
        """The officer's access on a day, their own and their groups' combined; None where they have none."""
        service = self.service(service_key)
        if service is None or self.officer(officer_key) is None:
            return None
        granted = self.directory.grants(service_key, officer_key)
        return combine_grants(
            [grant for grant in granted if grant.holds(day)],
            protected=officer_key in service.protected_officers,
        )

    def services_for(self, officer_key: str, day: date) -> tuple[EService, ...]:
        """The e-services where an officer has access on a day."""
        return tuple(
            service for service in self.services.values() if self.access(officer_key, service.key, day)
        )

    def officers_with_access(self, service_key: str, day: date) -> tuple[Officer, ...]:
        """The officers who have access to an e-service on a day, themselves or through a group."""
        officers = self.municipality.officers
        return tuple(officer for officer in officers if self.access(officer.key, service_key, day))

    def coordinators_of(self, service_key: str, day: date) -> tuple[Officer, ...]:
        """The e-service's coordinators on a day."""
        officers = self.officers_with_access(service_key, day)
        return tuple(
            one
            for one in officers
            if (access := self.access(one.key, service_key, day)) is not None and access.coordinator
        )

    def groups_with_access(self, service_key: str, day: date) -> tuple[Group, ...]:
        """The groups that a case of an e-service may be assigned to on a day."""
        service = self.service(service_key)
        granted = {grant.group for grant in service.officers if grant.holds(day)} if service else set()
        return tuple(group for group in self.municipality.groups if group.key in granted)

    @property
    def platforms(self) -> tuple[str, ...]:
        """The names of the installations of Open ePlatform that e-services belong to, in order."""
        theirs = (service.open_eplatform for service in self.services.values())
        return tuple(sorted({one.platform for one in theirs if one is not None}))

    def find_service_by_family(self, platform: str, family_id: int) -> EService | None:
        """The e-service that a family of a platform belongs to."""
        for service in self.services.values():
            theirs = service.open_eplatform
            if theirs and theirs.platform == platform and family_id in theirs.families:
                return service
        return None

    def channel_of(self, service: EService) -> str | None:
        """The channel for an e-service's cards, without the #."""
        return service.channel or self.municipality.channel

    def card_language_of(self, service: EService) -> str:
        return service.card_language or self.municipality.language

    def language_of(self, officer: Officer) -> str:
        """The officer's language until they choose one."""
        return officer.language or self.municipality.language

    @property
    def closed_days(self) -> frozenset[date]:
        return frozenset(self.municipality.closed_days)
