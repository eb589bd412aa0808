"""Correction of an applicant's contact details: their name, mail address and telephone number."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Literal, Self

from bot.domain.access import require_officer
from bot.domain.actors import Officer, officer_name
from bot.domain.case import Case, Correction, with_changes
from bot.domain.editing import (
    EditedByYourself,
    EditedMeanwhile,
    NothingEdited,
    find_edit_reason_refusal,
    require_editable,
)
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import CARD_AND_THREAD, ApplicantNotice, Notice
from bot.domain.protection import REASON_ON_PAGE, validate_reason
from bot.domain.rules import (
    CaseCommand,
    Context,
    Event,
    Refused,
    UnknownCase,
    erasable_field,
    raise_refusals,
    row_field,
)

ContactField = Literal["name", "email", "phone"]


class NameOrAddressRequired(Refused):
    """An applicant has at least a name or a mail address."""

    key = "no.contact.empty"


class PersonEnded(Refused):
    """The person is no longer in the case: a representative whom a colleague has ended."""

    key = "no.representative.ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The contact details of an applicant; empty strings for what they have not given."""

    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """A corrected contact detail: its values before and after."""

    field: ContactField
    before: str = dataclass_field(default="", repr=False)
    after: str = dataclass_field(default="", repr=False)


# They tell who the applicant is, so they are shown on the case page only.
CONTACT_CHANGES = Sentence(
    "history.changes",
    {"changes": Fact("contact_changes", "changes")},
    only_with="changes",
    only_on_page=True,
)


@dataclass(frozen=True, kw_only=True)
class ContactCorrected(Event):
    """The contact details of an applicant were corrected, for the `version`th time.

    With another address (`is_address_changed`) nobody has confirmed that it is theirs.
    """

    applicant: str
    version: int
    is_address_changed: bool
    name: str = row_field()
    email: str = row_field()
    phone: str = row_field()
    changes: tuple[ContactChange, ...] = erasable_field()
    reason: str = erasable_field()

    log = (Sentence("history.contactcorrected"),)
    log_details = (CONTACT_CHANGES, REASON_ON_PAGE)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """A new address gets a mail that leads to its confirmation, where the applicant can follow the case."""
        if not (self.is_address_changed and ctx.service.applicant_follows):
            return list(CARD_AND_THREAD)
        return [*CARD_AND_THREAD, ApplicantNotice(self.applicant, "status")]

    def change(self, case: Case) -> Case:
        latest = Correction(applicant=self.applicant, version=self.version, at=self.at, by=self.by)
        others = tuple(one for one in case.corrections if one.applicant != self.applicant)
        unconfirmed = case.unconfirmed
        if self.is_address_changed and self.applicant not in unconfirmed:
            unconfirmed = (*unconfirmed, self.applicant)
        return with_changes(case, corrections=(*others, latest), unconfirmed=unconfirmed)


@dataclass(frozen=True, kw_only=True)
class CorrectContact(CaseCommand):
    """Replace the contact details of an applicant, which have been corrected `expected` times, by valid ones.

    `before` are those that the person saw.
    """

    applicant: str
    expected: int
    before: Contact
    after: Contact
    reason: str

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        require_editable(case, ctx.service)
        if self.applicant not in case.applicants:
            raise PersonEnded
        require_latest_correction(case, self.applicant, self.expected, ctx)
        changes = find_contact_changes(self.before, self.after)
        if not changes:
            raise NothingEdited
        raise_refusals(find_contact_refusals(self.after, self.reason))
        return [
            ContactCorrected(
                at=ctx.now,
                by=officer.ref,
                applicant=self.applicant,
                version=self.expected + 1,
                is_address_changed=any(one.field == "email" for one in changes),
                name=self.after.name,
                email=self.after.email,
                phone=self.after.phone,
                changes=changes,
                reason=validate_reason(self.reason),
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        editable = next(one for one in ctx.service.statuses if one.may_edit)
        applicants = case.applicants or ("x",)
        command = cls(
            case_id=case.id,
            applicant=applicants[0],
            expected=correction_count(case, applicants[0]),
            before=Contact(name="x"),
            after=Contact(name="y"),
            reason="x",
        )
        return with_changes(case, status=editable.key, applicants=applicants), command


def find_contact_refusals(contact: Contact, reason: str) -> list[Refused]:
    """What is wrong in a form for contact details, which are valid one by one, in the order of its fields."""
    found = (
        None if contact.name or contact.email else NameOrAddressRequired(),
        find_edit_reason_refusal(reason),
    )
    return [one for one in found if one is not None]


def find_contact_changes(before: Contact, after: Contact) -> tuple[ContactChange, ...]:
    """The differences between two versions of someone's contact details."""
    names: tuple[ContactField, ...] = ("name", "email", "phone")
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return tuple(ContactChange(field=name, before=old, after=new) for name, old, new in pairs if old != new)


def find_correction(case: Case, applicant: str) -> Correction | None:
    """The latest correction of the applicant's contact details."""
    return next((one for one in case.corrections if one.applicant == applicant), None)


def correction_count(case: Case, applicant: str) -> int:
    """How many times the applicant's contact details have been corrected."""
    latest = find_correction(case, applicant)
    return latest.version if latest is not None else 0


def require_latest_correction(case: Case, applicant: str, expected: int, ctx: Context) -> None:
    """Raise EditedMeanwhile where the contact details are no longer those that the person saw."""
    latest = find_correction(case, applicant)
    if correction_count(case, applicant) == expected:
        return
    if latest is None:  # more corrections than there are: not what a page of ours has sent
        raise UnknownCase(number=case.number)
    if isinstance(ctx.actor, Officer) and latest.by == ctx.actor.ref:
        raise EditedByYourself(time=latest.at)
    raise EditedMeanwhile(name=officer_name(latest.by, ctx.catalog) or case.number, time=latest.at)
