"""The municipality: its people, hours and limits."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints, WithJsonSchema, model_validator
from pydantic import Field as Given

from bot.catalog.base import Email, Key, Language, Model, Text
from bot.catalog.faults import FaultError, fault
from bot.catalog.people import Group, Officer
from bot.catalog.services import Channel

_MB = 1024 * 1024


class Contact(Model):
    """Where people get help: applicants from the contact centre, officers from those who run the program."""

    name: Text
    """What it is called, so that it can stand in a sentence."""
    email: Email | None = None
    """Its mail address."""
    phone: str | None = None
    """Its telephone number, as people write it."""
    web: str | None = None
    """Its page."""


def _require_no_zone(value: time) -> time:
    """Reject a time with a zone: pydantic reads a number as a time in UTC, which cannot be compared with the others."""
    if value.tzinfo is not None:
        raise FaultError(fault("fault.time_zone"))
    return value


def _check_web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise FaultError(fault("fault.web_address"))
    return value


WebAddress = Annotated[str, AfterValidator(_check_web_address)]

# JSON Schema's own "time" wants seconds and a zone.
TimeOfDay = Annotated[
    time,
    AfterValidator(_require_no_zone),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}),
]


class WorkingHours(Model):
    """Its hours, and when the day begins."""

    opens: TimeOfDay = time(8)
    """When the working day begins."""
    closes: TimeOfDay = time(16, 30)
    """When it ends: what comes later has come on the next working day."""
    morning: TimeOfDay = time(7, 30)
    """When the day's summary is sent."""

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.opens >= self.closes:
            opens, closes = f"{self.opens:%H:%M}", f"{self.closes:%H:%M}"
            raise FaultError(fault("fault.opens_closes", opens=opens, closes=closes))
        return self


SAME_FORMAT = (
    frozenset({"jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp"}),
    frozenset({"tif", "tiff"}),
    frozenset({"heic", "heif", "hif"}),
)
"""File name endings that mean the same format."""


class FileLimits(Model):
    """Which files are taken, from applicants and officers."""

    max_mb: int = Given(default=25, ge=1, le=500)
    """Megabytes of one file."""
    max_files: int = Given(default=20, ge=1, le=100)
    """Files of one case's form or message."""
    kinds: tuple[str, ...] = ("pdf", "jpg", "jpeg", "png", "heic", "tif", "docx", "odt", "xlsx", "ods", "txt")
    """File name endings that are taken, without the dot. What a file holds must agree with its ending."""

    @property
    def endings(self) -> tuple[str, ...]:
        """The kinds and the other endings of the same formats: where jpg is allowed, jfif is."""
        others = {one for group in SAME_FORMAT if group.intersection(self.kinds) for one in group}
        return (*self.kinds, *sorted(others.difference(self.kinds)))

    @property
    def max_bytes(self) -> int:
        return self.max_mb * _MB


class RetentionLimits(Model):
    """How much is disposed of without a question."""

    max_percent: int = Given(default=10, ge=0, le=100, examples=[10])
    """The share of an e-service's cases that one night may dispose of without being confirmed, in percent."""
    always_allowed: int = Given(default=25, ge=0, le=100_000, examples=[25])
    """So many cases a night need no confirmation in any case."""

    def limit_of(self, cases: int) -> int:
        """How many cases may be disposed of in one night, of so many."""
        return max(self.always_allowed, cases * self.max_percent // 100)


SHA256_PATTERN = r"^[0-9a-f]{64}$"


class Source(Model):
    """A machine that may open cases over the HTTP API."""

    key: Key
    """The name by which the log knows it."""
    name: Text
    """What people call it."""
    token_sha256: Annotated[str, StringConstraints(pattern=SHA256_PATTERN)]
    """The SHA-256 of its token, in hexadecimal; the token itself is not in the catalog."""
    services: tuple[Key, ...]
    """Keys of the e-services that it may open cases in."""
    confirmed_addresses: bool = False
    """Whether it has made sure that the applicants' mail addresses are theirs."""


class Accessibility(Model):
    """What the page about accessibility says, as lagen om tillgänglighet till digital offentlig service asks for."""

    compliance: Literal["full", "partial", "none"]
    """How far the pages fulfil the law's requirements."""
    shortcomings: tuple[Text, ...] = Given(
        default=(), examples=[["Ritningar som andra har skickat in kan inte alltid läsas upp."]]
    )
    """What does not yet work for everyone, a sentence each."""
    method: Text
    """How it was assessed, so that it can stand after "The pages were assessed"."""
    assessed_on: date
    """When it was assessed."""
    updated_on: date
    """When this was last looked through."""
    authority: Contact
    """Who supervises the law, and can be turned to by who is not content with the municipality's answer."""


class PersonalData(Model):
    """What the page about personal data says."""

    controller: Text
    """Who is responsible for the personal data, so that it can stand in a sentence."""
    officer: Contact
    """The data protection officer."""
    basis: Text
    """Why the municipality may handle the data: the legal basis."""


class Municipality(Model):
    """The municipality: its people, hours and limits."""

    name: Text
    """The municipality's full name."""
    short_name: Text
    """Its name as it is said, as in the titles of the pages' windows."""
    language: Language = "sv"
    """The language of what nobody has chosen a language for."""
    contact: Contact
    """Whom applicants ask."""
    support: Contact
    """Whom officers ask."""
    hours: WorkingHours = WorkingHours()
    """When the town hall works."""
    closed_days: tuple[date, ...] = ()
    """Days that the town hall is closed, besides weekends and public holidays."""
    channel: Channel | None = Given(default=None, examples=["arenden"])
    """Where cards go for e-services that name no channel."""
    officers: tuple[Officer, ...]
    """Everyone who works with cases."""
    groups: tuple[Group, ...] = ()
    """Teams, which rights and cases can be given to as one."""
    sources: tuple[Source, ...] = ()
    """Machines that may open cases over the HTTP API."""
    files: FileLimits = FileLimits()
    """Which files are taken."""
    retention: RetentionLimits = RetentionLimits()
    """How much one night may dispose of."""
    accessibility: Accessibility | None = None
    """What the page about accessibility says; there is none where it is left out."""
    personal_data: PersonalData | None = None
    """What the page about personal data says; there is none where it is left out."""
    leave_to: WebAddress = Given(default="https://www.smhi.se/", examples=["https://www.smhi.se/"])
    """Where *Lämna sidan snabbt* on the pages of strict e-services leads: a page that anyone might look at."""
