"""A representative (ombud) is added and ended on the case page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.answers.validation import FieldProblem
from bot.domain.contacts import correction_count, find_contact_refusals
from bot.domain.representatives import AddRepresentative, EndRepresentative
from bot.domain.rules import Command, Refused
from bot.domain.submission import Person
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.limits import OFFICERS_TEXT
from bot.portal.forms.posted_form import FieldValues, PostedForm
from bot.portal.officer.case_page import case_header, is_reachable
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.editing.contact_fields import (
    contact_section,
    find_person,
    sort_refusals,
    validate_contact,
)
from bot.portal.officer.forms import FilledForm, OfficerForm, read_officer_form, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.text.typed_values import parse_count
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

ADD_FORM, END_FORM = "representative", "end_representative"


@dataclass(frozen=True)
class RepresentativeForm:
    """The form of either page; `person` is the one who is to end, and None where one is added."""

    posted: PostedForm
    person: Person | None = None
    n: str = ""
    version: int = 0
    problems: Sequence[FieldProblem] = ()
    reason_problem: str = ""
    alert: str = ""
    key: str = ""

    @property
    def is_notified(self) -> bool:
        """Whether the others in the case are told of it: unless it was unticked."""
        return self.posted.get("notify") == "yes" or not self.posted.get("key")


@router.get("/handlaggare/{ref}/ombud")
async def on_opened_addition(context: SignedInOfficer, ref: str) -> Response:
    view = await reveal_for_form(context, ref, {"answers"}, "represent")
    return _page(context, view, RepresentativeForm(PostedForm()))


@router.post("/handlaggare/{ref}/ombud", dependencies=limited_by(OFFICERS_TEXT))
async def on_sent_addition(page: CurrentPage, ref: str) -> Response:
    sent = await read_officer_form(page, ref, ADD_FORM, {"answers"})
    form = RepresentativeForm(sent.posted, key=sent.posted.get("key"))
    result, contact = validate_contact(sent.context, sent.posted)
    if sent.nonce is not None and not result.is_valid:
        refusals = find_contact_refusals(contact, sent.posted.get("reason"))
        _, reason_problem = sort_refusals(refusals, page.words)
        form = replace(form, problems=result.problems, reason_problem=reason_problem)
        return _page(sent.context, sent.view, form, 422)
    command = AddRepresentative(
        case_id=sent.view.case.id,
        contact=contact,
        language=sent.view.people[0].language if sent.view.people else page.catalog.municipality.language,
        reason=sent.posted.get("reason"),
        is_notified=form.is_notified,
    )
    return await _save(sent, form, command, "represented")


@router.get("/handlaggare/{ref}/ombud/{n}")
async def on_opened_ending(context: SignedInOfficer, ref: str, n: str) -> Response:
    """The form about a representative. Raises status 404 about anybody else, who could not be ended."""
    view = await reveal_for_form(context, ref, {"answers"}, "unrepresent")
    form = _ending_form(view, n, PostedForm())
    if form.person is None or form.person.role != "representative":
        raise HTTPException(404)
    return _page(context, view, form)


@router.post("/handlaggare/{ref}/ombud/{n}", dependencies=limited_by(OFFICERS_TEXT))
async def on_sent_ending(page: CurrentPage, ref: str, n: str) -> Response:
    sent = await read_officer_form(page, ref, END_FORM, {"answers"})
    form = _ending_form(sent.view, n, sent.posted)
    assert form.person is not None
    command = EndRepresentative(
        case_id=sent.view.case.id,
        person=form.person,
        expected=form.version,
        reason=sent.posted.get("reason"),
        is_notified=form.is_notified,
    )
    return await _save(sent, form, command, "unrepresented")


def _ending_form(view: CaseView, n: str, posted: PostedForm) -> RepresentativeForm:
    """The form about the `n`th person, or the one whom it was drawn for. Raises PersonEnded, or status 404."""
    person, version = find_person(view, n, posted.get("person")), posted.get("version")
    latest = correction_count(view.case, person.id)
    seen = parse_count(version, latest)
    return RepresentativeForm(posted, person, n, seen, key=posted.get("key"))


async def _save(sent: OfficerForm, form: RepresentativeForm, command: Command, done: str) -> Response:
    context, view, w = sent.context, sent.view, sent.context.page.words
    if sent.nonce is None:
        return _page(context, view, replace(form, alert=w("page.form.late")), 409)
    kind = END_FORM if form.person else ADD_FORM
    try:
        await context.page.deps.service.perform(
            command, context.officer, idempotency_key=sent.make_idempotency_key(kind)
        )
    except Refused as refusal:
        # The key is used: the refusal is stored under it.
        form = replace(form, key="", version=_latest_version(view, form))
        problems, reason_problem = sort_refusals(refusal.parts, w)
        if problems or reason_problem:
            form = replace(form, problems=problems, reason_problem=reason_problem)
            return _page(context, view, form, 422)
        return _page(context, view, replace(form, alert=refusal_text(refusal, w)), 409)
    return redirect_to_case(context, view.case.id, view.case.number, Flash(done))


def _latest_version(view: CaseView, form: RepresentativeForm) -> int:
    return correction_count(view.case, form.person.id) if form.person else 0


def _others_reachable(context: OfficerContext, view: CaseView, form: RepresentativeForm) -> bool:
    """Whether anyone but the representative would get a mail about it."""
    others = (one for one in view.people if form.person is None or one.id != form.person.id)
    return is_reachable(context, view) and any(one.email for one in others)


def _page(context: OfficerContext, view: CaseView, form: RepresentativeForm, status: int = 200) -> Response:
    w, today = context.page.words, local_day(context.page.now)
    questions = [] if form.person else contact_section(form.posted).questions(form.problems, w, today)
    problems = [(question.focus_id, text) for question in questions for text in question.problems]
    if form.reason_problem:
        problems.append(("reason", form.reason_problem))
    reason_problems = {"reason": form.reason_problem} if form.reason_problem else {}
    kind = END_FORM if form.person else ADD_FORM
    return context.page.render(
        "officer/representative.html",
        status,
        **case_header(context, view),
        form=form,
        title=w("btn.representative.end" if form.person else "btn.representative.add"),
        filled=FilledForm(values=FieldValues(reason=form.posted.get("reason")), problems=reason_problems),
        questions=questions,
        problems=problems,
        others_reachable=_others_reachable(context, view, form),
        limits=context.page.catalog.municipality.files,
        key=form.key if status == 422 and form.key else context.create_form_key(kind, view.case.id),
    )
