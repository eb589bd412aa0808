"""Representatives of an applicant (ombud), who are added to a case and end: as a power of attorney comes and goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from bot.domain.access import require_officer
from bot.domain.case import Case, with_changes
from bot.domain.contacts import (
    CONTACT_CHANGES,
    Contact,
    ContactChange,
    PersonEnded,
    correction_count,
    find_contact_changes,
    find_contact_refusals,
    require_latest_correction,
)
from bot.domain.editing import RecordElsewhere, find_edit_reason_refusal, is_record_elsewhere
from bot.domain.log_sentences import Sentence
from bot.domain.notices import CARD_AND_THREAD, ApplicantNotice, Notice
from bot.domain.protection import REASON_ON_PAGE, validate_reason
from bot.domain.rules import CaseCommand, Context, Event, Refused, erasable_field, raise_refusals, row_field
from bot.domain.submission import Person

FIRST_POSITION = 1_000
"""The places from here on are of those who were added, after all people of the submission."""


class NotARepresentative(Refused):
    """The person is an applicant, who stays in the case."""

    key = "no.representative.not"


class NobodyToRepresent(Refused):
    """The case has no applicant: it was reported anonymously."""

    key = "no.representative.anonymous"


def require_represented(case: Case) -> None:
    """Raise NobodyToRepresent where the case has no applicant whom a representative could act for."""
    if not case.applicants:
        raise NobodyToRepresent


def _notices(case: Case, ctx: Context, recipients: Iterable[str]) -> list[Notice]:
    """The card and its thread, and a mail to each of the `recipients`, where applicants can follow the case."""
    mails = [ApplicantNotice(one, "status") for one in recipients] if ctx.service.applicant_follows else []
    return [*CARD_AND_THREAD, *mails]


@dataclass(frozen=True, kw_only=True)
class RepresentativeAdded(Event):
    """A representative was added, with the id `applicant`; nobody has confirmed that the address is theirs.

    `position` is their place among the people of the case, which are shown in that order. `is_notified`: the others
    in the case are told of it, which events of older versions did not do.
    """

    applicant: str
    position: int
    has_address: bool
    is_notified: bool = False
    people: tuple[Person, ...] = row_field()
    changes: tuple[ContactChange, ...] = erasable_field()
    reason: str = erasable_field()

    log = (Sentence("history.representative.added"),)
    log_details = (CONTACT_CHANGES, REASON_ON_PAGE)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """The representative gets a mail that leads to the confirmation, and the others one that there is news."""
        is_mailed = {self.applicant: self.has_address}
        return _notices(case, ctx, [one for one in case.applicants if is_mailed.get(one, self.is_notified)])

    def change(self, case: Case) -> Case:
        unconfirmed = (*case.unconfirmed, self.applicant) if self.has_address else case.unconfirmed
        return with_changes(case, applicants=(*case.applicants, self.applicant), unconfirmed=unconfirmed)


@dataclass(frozen=True, kw_only=True)
class RepresentativeEnded(Event):
    """The representative no longer represents anyone in the case: their codes and sessions for it have ended.

    `is_notified`: those who remain in the case are told of it, which events of older versions did not do.
    """

    applicant: str
    is_notified: bool = False
    changes: tuple[ContactChange, ...] = erasable_field()
    reason: str = erasable_field()

    log = (Sentence("history.representative.ended"),)
    log_details = (CONTACT_CHANGES, REASON_ON_PAGE)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        return _notices(case, ctx, case.applicants if self.is_notified else ())

    def change(self, case: Case) -> Case:
        return with_changes(
            case,
            applicants=tuple(one for one in case.applicants if one != self.applicant),
            unconfirmed=tuple(one for one in case.unconfirmed if one != self.applicant),
            corrections=tuple(one for one in case.corrections if one.applicant != self.applicant),
        )


@dataclass(frozen=True, kw_only=True)
class AddRepresentative(CaseCommand):
    """Add a representative with valid contact details, in any status: one may be needed after the decision too."""

    contact: Contact
    language: str
    reason: str
    is_notified: bool = True

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        if is_record_elsewhere(case, ctx.service):
            raise RecordElsewhere
        require_represented(case)
        raise_refusals(find_contact_refusals(self.contact, self.reason))
        person = Person(
            id=ctx.new_id(),
            name=self.contact.name,
            email=self.contact.email,
            phone=self.contact.phone,
            role="representative",
            language=self.language,
        )
        return [
            RepresentativeAdded(
                at=ctx.now,
                by=officer.ref,
                applicant=person.id,
                position=FIRST_POSITION + case.seq,
                has_address=bool(person.email),
                is_notified=self.is_notified,
                people=(person,),
                changes=find_contact_changes(Contact(), self.contact),
                reason=validate_reason(self.reason),
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        known = with_changes(case, applicants=case.applicants or ("a",))
        return known, cls(case_id=case.id, contact=Contact(name="x"), language="sv", reason="x")


@dataclass(frozen=True, kw_only=True)
class EndRepresentative(CaseCommand):
    """End the representation by `person`, as the officer saw them after `expected` corrections, in any status."""

    person: Person
    expected: int
    reason: str
    is_notified: bool = True

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        if self.person.id not in case.applicants:
            raise PersonEnded
        if self.person.role != "representative":
            raise NotARepresentative
        require_latest_correction(case, self.person.id, self.expected, ctx)
        if refusal := find_edit_reason_refusal(self.reason):
            raise refusal
        contact = Contact(name=self.person.name, email=self.person.email, phone=self.person.phone)
        return [
            RepresentativeEnded(
                at=ctx.now,
                by=officer.ref,
                applicant=self.person.id,
                is_notified=self.is_notified,
                changes=find_contact_changes(contact, Contact()),
                reason=validate_reason(self.reason),
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        person = Person(id=(case.applicants or ("x",))[0], name="x", role="representative")
        command = cls(case_id=case.id, person=person, expected=correction_count(case, person.id), reason="x")
        return with_changes(case, applicants=case.applicants or ("x",)), command
