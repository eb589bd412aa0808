"""Officers, groups, and what an e-service lets them do."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field as Given
from pydantic import StringConstraints, model_validator

from bot.catalog.base import Email, Key, Language, Model, Text
from bot.catalog.faults import FaultError, fault
from bot.catalog.statuses import Status

Level = Literal["full", "restricted"]

_RANKS = {"restricted": 1, "full": 2, "coordinator": 3}


class Officer(Model):
    """Someone who works with cases."""

    key: Key
    """The name by which the log and the e-services know the person. Never change it."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
    """The person's name."""
    email: Email
    """The person's mail address, the same as in Slack: by it Slack's users are recognised."""
    language: Language | None = None
    """The language of the person's screens and mails; the municipality's where it is left out."""
    title: Text | None = None
    """The person's title, as applicants read it."""
    unit: Text
    """The unit the person works at."""


class Group(Model):
    """A team, which rights and cases can be given to as one."""

    key: Key
    """The name by which rights and rules know it."""
    name: Text
    """What people call it."""
    members: tuple[Key, ...]
    """Keys of its officers."""


class Grant(Model):
    """Access for one officer or one group, from the first day (`from`) to the last (`until`), both included."""

    officer: Key | None = None
    """The officer's key; or"""
    group: Key | None = None
    """the group's."""
    access: Level = "full"
    """`full`: all of the e-service's cases. `restricted`: only those one is assigned to."""
    coordinator: bool = False
    """Whether they may also reopen, delete, restore, dispose of, and see the statistics."""
    may_reassign: bool = True
    """Whether they may give a case to others."""
    from_: date | None = Given(default=None, alias="from")
    """The first day of the access."""
    until: date | None = None
    """Its last day."""

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if (self.officer is None) == (self.group is None):
            raise FaultError(fault("fault.either_grantee"))
        if self.from_ and self.until and self.from_ > self.until:
            raise FaultError(fault("fault.from_after_until", first=f"{self.from_}", last=f"{self.until}"))
        if self.coordinator and self.access != "full":
            raise FaultError(fault("fault.coordinator_access"))
        return self

    def holds(self, day: date) -> bool:
        return (self.from_ is None or self.from_ <= day) and (self.until is None or day <= self.until)


class Access(Model):
    """What one officer may do in one e-service on one day."""

    level: Level
    coordinator: bool = False
    may_reassign: bool = True
    # Whether it includes protected cases, among those that the level gives.
    protected: bool = False

    def may_set(self, status: Status) -> bool:
        """Whether this access is enough to set the status; `targets_from` says from which others."""
        if status.set_by == "applicant":
            return False
        own_level = "coordinator" if self.coordinator else self.level
        return _RANKS[own_level] >= _RANKS[status.set_by]


def combine_grants(grants: list[Grant], *, protected: bool = False) -> Access | None:
    """The rights of several grants combined; None without grants, whether `protected` or not."""
    if not grants:
        return None
    return Access(
        level="full" if any(grant.access == "full" for grant in grants) else "restricted",
        coordinator=any(grant.coordinator for grant in grants),
        may_reassign=any(grant.may_reassign for grant in grants),
        protected=protected,
    )
