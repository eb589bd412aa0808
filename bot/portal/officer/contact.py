"""Correction of an applicant's contact details on the case page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.answers.validation import FieldProblem, ValidationResult, validate_answers
from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.domain.contacts import (
    Contact,
    CorrectContact,
    NameOrAddressRequired,
    correction_count,
    find_contact_changes,
)
from bot.domain.editing import EditedMeanwhile, EditReasonRequired
from bot.domain.rules import ReasonTooLong, Refused
from bot.domain.submission import Person
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.form_questions import FormSection
from bot.portal.limits import OFFICERS_TEXT
from bot.portal.officer.actions import FilledForm
from bot.portal.officer.case_page import case_header
from bot.portal.officer.edit import refusal_of_case
from bot.portal.officer.flash import Flash, redirect_to_case
from bot.portal.officer.forms import read_officer_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.portal.uploads import FieldValues, PostedForm
from bot.text import words
from bot.web.post_limits import limited_by

router = APIRouter()

FORM = "contact"
PREFIX = "om-"


@dataclass(frozen=True)
class ContactForm:
    """The form: `version` is how many corrections the person had seen, `before` the contact details at that time."""

    n: int
    person: Person
    version: int
    before: Contact
    posted: PostedForm
    newer_answers: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[FieldProblem] = ()
    reason_problem: str = ""
    alert: str = ""
    key: str = ""

    def section(self) -> FormSection:
        return FormSection(
            _definition(), PREFIX, self.posted, {}, newer_answers=self.newer_answers, is_own=False
        )


@router.get("/handlaggare/{ref}/kontakt/{n}")
async def on_opened_contact(context: SignedInOfficer, ref: str, n: str) -> Response:
    view = await context.reveal(ref, {"answers"})
    if alert := refusal_of_case(context, view):
        return redirect_to_case(context, view.case.id, view.case.number, Flash(alert=alert))
    person = _find_person(view, n)
    typed = [(f"{PREFIX}{name}", getattr(person, name)) for name in ("name", "email", "phone")]
    return _page(context, view, _form(view, n, PostedForm(fields=typed)))


@router.post("/handlaggare/{ref}/kontakt/{n}", dependencies=limited_by(OFFICERS_TEXT))
async def on_sent_contact(page: CurrentPage, ref: str, n: str) -> Response:
    sent = await read_officer_form(page, ref, FORM, {"answers"})
    context, view = sent.context, sent.view
    form = _form(view, n, sent.posted)
    if sent.nonce is None:
        return _page(context, view, replace(form, alert=context.page.words("page.form.late")), 409)
    form = replace(form, key=sent.posted.get("key"))
    if alert := refusal_of_case(context, view):
        return _page(context, view, replace(form, alert=alert), 409)
    result = validate_answers(_definition(), form.section().raw_answers(), context.page.language)
    if not result.is_valid:
        return _page(context, view, replace(form, problems=result.problems), 422)
    return await _save(context, view, form, (result, sent.nonce))


async def _save(
    context: OfficerContext, view: CaseView, form: ContactForm, result_and_nonce: tuple[ValidationResult, str]
) -> Response:
    result, nonce = result_and_nonce
    answers = result.by_field()
    after = Contact(**{name: str(answers.get(name, "")) for name in ("name", "email", "phone")})
    command = CorrectContact(
        case_id=view.case.id,
        applicant=form.person.id,
        expected=form.version,
        before=form.before,
        after=after,
        reason=form.posted.get("reason"),
    )
    try:
        await context.page.deps.service.perform(
            command, context.officer, idempotency_key=f"page:contact:{nonce}"
        )
    except EditedMeanwhile as refusal:
        view = await context.reveal(view.case.number, {"answers"})
        return _page(context, view, _rebased(context, view, form, (after, refusal)), 409)
    except Refused as refusal:
        text = refusal_text(refusal, context.page.words)
        form = replace(form, key="")
        if isinstance(refusal, EditReasonRequired | ReasonTooLong):
            return _page(context, view, replace(form, reason_problem=text), 422)
        if isinstance(refusal, NameOrAddressRequired):
            problem = FieldProblem("name", "page.plain", {"text": text})
            return _page(context, view, replace(form, problems=(problem,)), 422)
        return _page(context, view, replace(form, alert=text), 422)
    return redirect_to_case(context, view.case.id, view.case.number, Flash("corrected"))


def _form(view: CaseView, n: str, posted: PostedForm) -> ContactForm:
    """The form as posted. Status 404 where the case has no such applicant."""
    person, version = _find_person(view, n), posted.get("version")
    latest = correction_count(view.case, person.id)
    return ContactForm(
        n=int(n),
        person=person,
        version=int(version) if version.isdecimal() and len(version) < 7 else latest,
        before=_contact(person),
        posted=posted,
    )


def _find_person(view: CaseView, n: str) -> Person:
    """The case's `n`th applicant, from 1."""
    place = int(n) if n.isdecimal() and len(n) < 4 else 0
    if not 1 <= place <= len(view.people):
        raise HTTPException(404)
    return view.people[place - 1]


def _contact(person: Person) -> Contact:
    return Contact(name=person.name, email=person.email, phone=person.phone)


def _rebased(
    context: OfficerContext, view: CaseView, form: ContactForm, typed_and_refusal: tuple[Contact, Refused]
) -> ContactForm:
    """The form with what was typed, and what a colleague has corrected meanwhile beside it."""
    (typed, refusal), w = typed_and_refusal, context.page.words
    person = _find_person(view, str(form.n))
    newer: dict[str, str] = {
        one.field: w("page.edit.newer", answer=one.after or w("answer.none"))
        for one in find_contact_changes(typed, _contact(person))
    }
    return replace(
        form,
        person=person,
        version=correction_count(view.case, person.id),
        before=_contact(person),
        newer_answers=newer,
        alert=f"{refusal_text(refusal, w)} {w('form.kept')}",
        key="",
    )


def _definition() -> Definition:
    """Name, mail address and telephone number, by the same rules as in the e-services' forms."""
    fields = (
        Field(key="name", kind="text", label=_text("page.person.name"), max_length=200),
        Field(key="email", kind="email", label=_text("page.person.email")),
        Field(key="phone", kind="phone", label=_text("page.person.phone")),
    )
    return Definition(service="contact", name=_text("btn.contact"), fields=fields)


def _text(key: str) -> Text:
    return Text(sv=words("sv")(key), en=words("en")(key))


def _page(context: OfficerContext, view: CaseView, form: ContactForm, status: int = 200) -> Response:
    questions = form.section().questions(form.problems, context.page.words)
    problems = [(question.focus_id, text) for question in questions for text in question.problems]
    if form.reason_problem:
        problems.append(("reason", form.reason_problem))
    reason_problems = {"reason": form.reason_problem} if form.reason_problem else {}
    return context.page.render(
        "officer/contact.html",
        status,
        **case_header(context, view),
        form=form,
        filled=FilledForm(values=FieldValues(reason=form.posted.get("reason")), problems=reason_problems),
        questions=questions,
        problems=problems,
        limits=context.page.catalog.municipality.files,
        key=form.key if status == 422 and form.key else context.create_form_key(FORM, view.case.id),
    )
