"""The fields for a person's contact details on the case page, by the same rules as in the e-services' forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from starlette.exceptions import HTTPException

from bot.catalog.answers.validation import FieldProblem, ValidationResult, validate_answers
from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.domain.contacts import Contact, NameOrAddressRequired, PersonEnded
from bot.domain.editing import EditReasonRequired
from bot.domain.rules import ReasonTooLong, Refused
from bot.domain.submission import Person
from bot.domain.views import CaseView
from bot.portal.applicant.submission.contacts import name_field
from bot.portal.errors import refusal_text
from bot.portal.forms.form_questions import FormSection, typed_fields
from bot.portal.forms.posted_form import PostedForm
from bot.portal.officer.officer_context import OfficerContext
from bot.text import Words, words
from bot.text.typed_values import parse_count

PREFIX = "om-"
_NAMES = ("name", "email", "phone")


def contact_section(posted: PostedForm, newer_answers: Mapping[str, str] | None = None) -> FormSection:
    """Name, mail address and telephone number, as posted; `newer_answers` are shown beside them, by field."""
    return FormSection(_definition(), PREFIX, posted, {}, newer_answers=newer_answers or {}, is_own=False)


def posted_contact(contact: Contact) -> PostedForm:
    """The contact details as if they had been posted."""
    return PostedForm(fields=typed_fields(_definition(), asdict(contact), PREFIX))


def validate_contact(context: OfficerContext, posted: PostedForm) -> tuple[ValidationResult, Contact]:
    """The problems of the posted contact details, and those that are valid. Raises HTTPException 400 without them."""
    posted.require(*(f"{PREFIX}{name}" for name in _NAMES))
    result = validate_answers(_definition(), contact_section(posted).raw_answers(), context.page.language)
    answers = result.by_field()
    return result, Contact(**{name: str(answers.get(name, "")) for name in _NAMES})


def sort_refusals(refusals: Sequence[Refused], w: Words) -> tuple[list[FieldProblem], str]:
    """Of what is refused, the problems of the fields and that of the reason; what is about neither is left out."""
    texts = [(one, refusal_text(one, w)) for one in refusals]
    fields = [
        FieldProblem("name", "page.plain", {"text": text})
        for one, text in texts
        if isinstance(one, NameOrAddressRequired)
    ]
    reasons = [text for one, text in texts if isinstance(one, EditReasonRequired | ReasonTooLong)]
    return fields, next(iter(reasons), "")


def contact_of(person: Person) -> Contact:
    """The person's contact details."""
    return Contact(name=person.name, email=person.email, phone=person.phone)


def find_person(view: CaseView, n: str, person_id: str = "") -> Person:
    """The case's `n`th person, from 1; or the one with that id, wherever they stand now.

    Raises PersonEnded where the one with that id is no longer there; status 404 where nobody is the `n`th.
    """
    if person_id:
        found = next((one for one in view.people if one.id == person_id), None)
        if found is None:
            raise PersonEnded
        return found
    place = parse_count(n, 0)
    if not 1 <= place <= len(view.people):
        raise HTTPException(404)
    return view.people[place - 1]


def _definition() -> Definition:
    fields = (
        name_field("name"),
        Field(key="email", kind="email", label=_text("page.person.email")),
        Field(key="phone", kind="phone", label=_text("page.person.phone")),
    )
    return Definition(service="contact", name=_text("btn.contact"), fields=fields)


def _text(key: str) -> Text:
    return Text(sv=words("sv")(key), en=words("en")(key))
