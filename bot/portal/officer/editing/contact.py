"""Correction of an applicant's contact details on the case page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.validation import FieldProblem
from bot.domain.contacts import (
    Contact,
    CorrectContact,
    correction_count,
    find_contact_changes,
    find_contact_refusals,
)
from bot.domain.editing import EditedByYourself, EditedMeanwhile
from bot.domain.rules import Refused
from bot.domain.submission import Person
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.form_questions import FormSection
from bot.portal.forms.limits import OFFICERS_TEXT
from bot.portal.forms.posted_form import FieldValues, PostedForm
from bot.portal.officer.case_page import case_header
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.editing.contact_fields import (
    contact_of,
    contact_section,
    find_person,
    posted_contact,
    sort_refusals,
    validate_contact,
)
from bot.portal.officer.editing.edit import refusal_of_case
from bot.portal.officer.forms import FilledForm, OfficerForm, read_officer_form, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.text.typed_values import parse_count
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

FORM = "contact"


@dataclass(frozen=True)
class ContactForm:
    """The form: `version` is how many corrections the person had seen, `before` the contact details at that time."""

    n: str
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
        return contact_section(self.posted, self.newer_answers)


@router.get("/handlaggare/{ref}/kontakt/{n}")
async def on_opened_contact(context: SignedInOfficer, ref: str, n: str) -> Response:
    view = await reveal_for_form(context, ref, {"answers"}, "contact")
    typed = posted_contact(contact_of(find_person(view, n)))
    return _page(context, view, _form(view, n, typed))


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
    result, after = validate_contact(context, form.posted)
    if not result.is_valid:
        refusals = find_contact_refusals(after, form.posted.get("reason"))
        _, reason_problem = sort_refusals(refusals, context.page.words)
        form = replace(form, problems=result.problems, reason_problem=reason_problem)
        return _page(context, view, form, 422)
    return await _save(sent, form, after)


async def _save(sent: OfficerForm, form: ContactForm, after: Contact) -> Response:
    context, view = sent.context, sent.view
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
            command, context.officer, idempotency_key=sent.make_idempotency_key("contact")
        )
    except EditedMeanwhile as refusal:
        view = await context.reveal(view.case.number, {"answers"})
        return _page(context, view, _rebased(context, view, form, (after, refusal)), 409)
    except Refused as refusal:
        form = replace(form, key="")
        problems, reason_problem = sort_refusals(refusal.parts, context.page.words)
        if problems or reason_problem:
            form = replace(form, problems=problems, reason_problem=reason_problem)
            return _page(context, view, form, 422)
        return _page(context, view, replace(form, alert=refusal_text(refusal, context.page.words)), 422)
    return redirect_to_case(context, view.case.id, view.case.number, Flash("corrected"))


def _form(view: CaseView, n: str, posted: PostedForm) -> ContactForm:
    """The form as posted. Status 404 where the case has no such applicant."""
    person, version = find_person(view, n, posted.get("person")), posted.get("version")
    latest = correction_count(view.case, person.id)
    return ContactForm(
        n=n,
        person=person,
        version=parse_count(version, latest),
        before=contact_of(person),
        posted=posted,
    )


def _rebased(
    context: OfficerContext, view: CaseView, form: ContactForm, typed_and_refusal: tuple[Contact, Refused]
) -> ContactForm:
    """The form with what was typed, and what has been corrected meanwhile beside it."""
    (typed, refusal), w = typed_and_refusal, context.page.words
    person = find_person(view, form.n, form.person.id)
    sentence = "page.edit.newer.you" if isinstance(refusal, EditedByYourself) else "page.edit.newer"
    newer: dict[str, str] = {
        one.field: w(sentence, answer=one.after or w("answer.none"))
        for one in find_contact_changes(typed, contact_of(person))
    }
    return replace(
        form,
        person=person,
        version=correction_count(view.case, person.id),
        before=contact_of(person),
        newer_answers=newer,
        alert=f"{refusal_text(refusal, w)} {w('form.kept')}",
        key="",
    )


def _page(context: OfficerContext, view: CaseView, form: ContactForm, status: int = 200) -> Response:
    questions = form.section().questions(form.problems, context.page.words, local_day(context.page.now))
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
