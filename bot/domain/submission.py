"""Opening of cases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Literal, Self

from bot.domain.actors import Officer
from bot.domain.automatic_assignment import assign_new_case
from bot.domain.case import AddressState, Case, Origin
from bot.domain.deadline import compute_due_day
from bot.domain.internal_forms import fits_slack
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import ApplicantNotice, CardPost, Notice
from bot.domain.rules import Audience, Context, Event, NoAccess, Refused, row_field
from bot.text import Words
from bot.text.working_days import local_day, local_noon

MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far another system's clock may be ahead of ours."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Earlier times of receipt are rejected."""


ScanState = Literal["", "waiting", "clean", "infected", "unscannable"]
"""What the virus scanner has said of a file: nothing where it was stored without one, `waiting` until it answers."""

STOPPED: frozenset[ScanState] = frozenset({"infected", "unscannable"})
"""The states of a file that the scanner has stopped."""


PICTURE_KINDS = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
PDF_KIND = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRef:
    """A file in the file store: `size` in bytes, `kind` a MIME type, `sha256` the hex digest of the content."""

    id: str
    name: str
    size: int
    kind: str
    sha256: str
    field: str = ""
    scan: ScanState = ""

    @property
    def is_offered(self) -> bool:
        """Whether people may open the file."""
        return self.scan in ("", "clean")

    @property
    def is_picture(self) -> bool:
        """Whether browsers show it as a picture, which runs nothing: no SVG."""
        return self.kind in PICTURE_KINDS

    @property
    def is_shown(self) -> bool:
        """Whether people may open the file, and browsers can show it."""
        return self.is_offered and (self.is_picture or self.kind == PDF_KIND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An applicant as submitted, with at least a name or an address; `language` is that of mails to them.

    `address_state` says nothing where there is no address.
    """

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    role: Literal["applicant", "representative"] = "applicant"
    language: str = "sv"
    external_id: str = ""
    address_state: AddressState = "unconfirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers: `definition` is the digest of the frozen form, `values` maps field key to value."""

    definition: str
    values: dict[str, Any]


REGISTERED_ORIGINS: tuple[Origin, ...] = ("phone", "visit", "letter", "email")
"""How a case that an officer registers has come to the municipality."""

MAX_ARRIVAL_AGE = timedelta(days=5 * 366)
"""How far back the day of arrival may be: further back it is more likely a wrong year."""


class ServiceClosed(Refused):
    """The e-service does not accept cases this way."""

    key = "no.closedservice"


class KeyReused(Refused):
    """The idempotency key or external id was used before with other content, for the case `case_id`, `number`.

    Where not `is_compared`, only e-service and time were: the earlier request's content is not known.
    """

    key = "no.keyreused"


class ArrivalDayRequired(Refused):
    """A registered case has its day of arrival: today, or a day in the last years."""

    key = "no.arrival"


@dataclass(frozen=True, kw_only=True)
class CaseSubmitted(Event):
    """The case was opened. `received_at` is when the applicant sent it: for imports, earlier than `at`.

    `arrived_on` is the day that the officer who registered it chose. `step_due_on` is the due day of its status, and
    `addresses` has the state of each applicant's address by their id; events of older versions have neither.
    """

    case_id: str
    number: str
    service: str
    origin: Origin
    received_at: datetime
    status: str
    status_name: str
    due_on: date | None
    step_due_on: date | None = None
    definition: str
    applicants: tuple[str, ...]
    protected: bool
    external: str
    silent: bool
    addresses: dict[str, AddressState] | None = None
    arrived_on: date | None = None
    people: tuple[Person, ...] = row_field()
    answers: dict[str, Any] = row_field()
    files: tuple[FileRef, ...] = row_field()

    log = (
        Sentence(
            "history.registered",
            {"way": Fact("origin", "origin"), "date": Fact("day", "arrived_on")},
            only_with="arrived_on",
        ),
        Sentence("history.submitted"),
    )

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """Applicants are not notified of imported cases: the other platform does that."""
        if self.silent:
            return []
        if self.origin == "open_eplatform":
            return [CardPost()]
        return [CardPost(), *(ApplicantNotice(applicant, "received") for applicant in case.applicants)]

    def apply(self, case: Case | None) -> Case:
        addresses = self.addresses or {}
        return Case(
            id=self.case_id,
            number=self.number,
            service=self.service,
            origin=self.origin,
            received_at=self.received_at,
            status=self.status,
            status_since=self.at,
            status_by=self.by,
            status_name=self.status_name,
            applicants=self.applicants,
            due_on=self.due_on,
            step_due_on=self.step_due_on,
            protected=self.protected,
            # In the order of the applicants: the log sorts the addresses by their ids.
            unconfirmed=tuple(one for one in self.applicants if addresses.get(one) == "unconfirmed"),
            seq=1,
        )


@dataclass(frozen=True, kw_only=True)
class SubmitCase:
    """Open a case of an e-service.

    With `arrived_on` an officer registers it for the applicant, and days are counted from that day. `external` is its
    id in the system it comes from (`source:id` or `platform:id`), or empty. `number` is allocated by the service.
    `silent` opens it without notifying anyone.
    """

    service: str
    answers: Answers
    people: tuple[Person, ...]
    files: tuple[FileRef, ...] = ()
    origin: Origin = "web"
    received_at: datetime | None = None
    external: str = ""
    protected: bool = False
    silent: bool = False
    arrived_on: date | None = None
    number: str = ""
    case_id: str | None = None

    audience: ClassVar[Audience] = "opens"

    def with_number(self, number: str, case_id: str) -> SubmitCase:
        """The same command with the allocated number and id."""
        return replace(self, number=number, case_id=case_id)

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        assert case is None and self.case_id is not None
        service = ctx.service
        if service.record == "open_eplatform" and self.origin in ("web", *REGISTERED_ORIGINS):
            raise ServiceClosed(service=service.name)
        if self.origin == "slack" and not fits_slack(service):
            raise ServiceClosed(service=service.name)
        if self.origin in REGISTERED_ORIGINS:
            self._require_registrable(ctx)
        status = service.initial_status
        received = self.received_at or _arrival_time(self.arrived_on, ctx.now)
        return [
            CaseSubmitted(
                at=ctx.now,
                by=ctx.actor.ref,
                case_id=self.case_id,
                number=self.number,
                service=self.service,
                origin=self.origin,
                received_at=received,
                status=status.key,
                status_name=status.name.sv,
                due_on=compute_due_day(service.working_days, received, ctx),
                step_due_on=compute_due_day(status.working_days, received, ctx),
                definition=self.answers.definition,
                applicants=tuple(person.id for person in self.people),
                protected=self.protected,
                external=self.external,
                silent=self.silent,
                addresses={person.id: person.address_state for person in self.people if person.email},
                arrived_on=self.arrived_on,
                people=self.people,
                answers=self.answers.values,
                files=self.files,
            ),
            *assign_new_case(ctx, self.answers.values, silent=self.silent, protected=self.protected),
        ]

    def _require_registrable(self, ctx: Context) -> None:
        """Raise NoAccess for all but officers who may see the case afterwards, and ArrivalDayRequired."""
        if not isinstance(ctx.actor, Officer) or not ctx.actor.may_see_all(self.service):
            raise NoAccess(service=ctx.service.name, contact=ctx.catalog.municipality.support)
        if self.arrived_on is None or not is_arrival_day(self.arrived_on, local_day(ctx.now)):
            raise ArrivalDayRequired

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        """A command that opens such a case."""
        answers = Answers(definition="", values={})
        return case, cls(service=case.service, answers=answers, people=(), number="1", case_id=case.id)


def is_arrival_day(day: date, today: date) -> bool:
    """Whether a case that is registered today can have come that day."""
    return today - MAX_ARRIVAL_AGE <= day <= today


def _arrival_time(arrived_on: date | None, now: datetime) -> datetime:
    """When the case was received: now, or at noon of an earlier day, whose time nobody knows."""
    if arrived_on is None or arrived_on == local_day(now):
        return now
    return local_noon(arrived_on)


def has_arrival_time(origin: str, received_at: datetime) -> bool:
    """Whether the time of day is known: of an earlier day that an officer registered it is not, and noon is stored."""
    return origin not in REGISTERED_ORIGINS or received_at != local_noon(local_day(received_at))


def arrival_text(case: Case, words: Words) -> str:
    """When the case was received: the day and the time, or the day alone where nobody knows the time."""
    is_timed = has_arrival_time(case.origin, case.received_at)
    return words.moment(case.received_at) if is_timed else words.day(local_day(case.received_at))


def may_be_received(at: datetime, now: datetime) -> bool:
    """Whether `at`, from another system's clock, is a plausible time of receipt. Both times are aware."""
    return EARLIEST <= at <= now + MAX_CLOCK_SKEW
