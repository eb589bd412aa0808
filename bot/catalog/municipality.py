"""The municipality: its people, hours and limits."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints, WithJsonSchema, model_validator
from pydantic import Field as Given

from bot.catalog.base import Email, Key, Language, Model, Text
from bot.catalog.people import Group, Officer
from bot.catalog.services import Channel

_MB = 1024 * 1024


class Contact(Model):
    """Where people get help: applicants from the contact centre, officers from those who run the program."""

    name: Text
    email: Email | None = None
    phone: str | None = None
    web: str | None = None


def _require_no_zone(value: time) -> time:
    """Reject a time with a zone: pydantic reads a number as a time in UTC, which cannot be compared with the others."""
    if value.tzinfo is not None:
        raise ValueError("should be a time such as 08:00")
    return value


def _check_web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("is not a web address: https://…")
    return value


WebAddress = Annotated[str, AfterValidator(_check_web_address)]

# JSON Schema's own "time" wants seconds and a zone.
TimeOfDay = Annotated[
    time,
    AfterValidator(_require_no_zone),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}),
]


class WorkingHours(Model):
    opens: TimeOfDay = time(8)
    closes: TimeOfDay = time(16, 30)
    # When the day's summary is sent.
    morning: TimeOfDay = time(7, 30)

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError(f"opens {self.opens:%H:%M} is not before closes {self.closes:%H:%M}")
        return self


SAME_FORMAT = (
    frozenset({"jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp"}),
    frozenset({"tif", "tiff"}),
    frozenset({"heic", "heif", "hif"}),
)
"""File name endings that mean the same format."""


class FileLimits(Model):
    max_mb: int = Given(default=25, ge=1, le=500)
    max_files: int = Given(default=20, ge=1, le=100)
    # Name endings, without the dot.
    kinds: tuple[str, ...] = ("pdf", "jpg", "jpeg", "png", "heic", "tif", "docx", "odt", "xlsx", "ods", "txt")

    @property
    def endings(self) -> tuple[str, ...]:
        """The kinds and the other endings of the same formats: where jpg is allowed, jfif is."""
        others = {one for group in SAME_FORMAT if group.intersection(self.kinds) for one in group}
        return (*self.kinds, *sorted(others.difference(self.kinds)))

    @property
    def max_bytes(self) -> int:
        return self.max_mb * _MB


class RetentionLimits(Model):
    # How many of an e-service's cases may be disposed of in one night without being confirmed: a share of those that
    # it has, and so many in any case.
    max_percent: int = Given(default=10, ge=0, le=100)
    always_allowed: int = Given(default=25, ge=0, le=100_000)

    def limit_of(self, cases: int) -> int:
        """How many cases may be disposed of in one night, of so many."""
        return max(self.always_allowed, cases * self.max_percent // 100)


class Source(Model):
    """A machine that may open cases over the HTTP API."""

    key: Key
    name: Text
    token_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    services: tuple[Key, ...]
    # Whether it has made sure that the applicants' mail addresses are theirs.
    confirmed_addresses: bool = False


class Municipality(Model):
    name: Text
    short_name: Text
    language: Language = "sv"
    # Whom applicants ask, and whom officers ask.
    contact: Contact
    support: Contact
    hours: WorkingHours = WorkingHours()
    closed_days: tuple[date, ...] = ()
    # Where cards go for e-services that name no channel.
    channel: Channel | None = None
    officers: tuple[Officer, ...]
    groups: tuple[Group, ...] = ()
    sources: tuple[Source, ...] = ()
    files: FileLimits = FileLimits()
    retention: RetentionLimits = RetentionLimits()
    # Where "Lämna sidan snabbt" on the pages of strict e-services leads: a page that anyone might look at.
    leave_to: WebAddress = "https://www.smhi.se/"
