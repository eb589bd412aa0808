"""An e-service's form: showing, reviewing and submitting."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.validation import ValidationResult
from bot.catalog.answers.values import to_stored
from bot.catalog.definition import create_definition
from bot.catalog.services import EService
from bot.domain.actors import Machine
from bot.domain.submission import Answers, SubmitCase
from bot.portal.applicant.submission import confirmation, contacts
from bot.portal.applicant.submission.confirmation import ConfirmedMailbox
from bot.portal.applicant.submission.filled_form import ANSWER_PREFIX, Form, group_by_person
from bot.portal.applicant.submission.form_reading import (
    NO_PROBLEMS,
    Problems,
    apply_button,
    read_filled_form,
    refused_files,
    require_published,
    validate_form,
)
from bot.portal.applicant.submission.receipt import redirect_to_receipt
from bot.portal.applicant.submission.resubmission import find_opened_case, idempotency_key, resubmission_page
from bot.portal.applicant.submission.review import review_page
from bot.portal.forms.form_questions import visibility_css
from bot.portal.forms.limits import SERVICE_FORM, rate_limit_of
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.forms.retained_uploads import discard_files, late_refusal
from bot.portal.page_context import CurrentPage, PageContext
from bot.portal.signing import create_form_key, verify_form_key
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by
from bot.web.rate_limit import RateLimitResult

router = APIRouter()


@router.get("/e-tjanster/{key}")
async def on_opened_form(page: CurrentPage, key: str) -> Response:
    service = require_published(page, key)
    if key != service.slug:
        query = page.request.url.query
        return page.redirect(f"/e-tjanster/{service.slug}{'?' if query else ''}{query}")
    fresh = create_form_key(page.deps.keys, ["form", service.key], page.now)
    form = Form(service, create_definition(service), PostedForm(), fresh, "", 1, {})
    response = _form_page(page, form)
    if not service.strict:
        # The empty form holds nothing personal, and without no-store browsers restore what was typed at Back.
        response.headers["cache-control"] = "private, no-cache"
    return response


@router.get("/e-tjanster/{key}/villkor.css")
async def on_requested_style(page: CurrentPage, key: str) -> Response:
    """The style sheet that hides conditional questions of the e-service's form."""
    service = require_published(page, key)
    contact_definition = contacts.contact_definition(service, contacts.MAX_PERSONS)
    rules = [
        visibility_css(contact_definition, contacts.PREFIX),
        visibility_css(create_definition(service), ANSWER_PREFIX),
    ]
    return Response("\n".join(rules), media_type="text/css")


@router.post("/e-tjanster/{key}", dependencies=limited_by(SERVICE_FORM))
async def on_sent_form(page: CurrentPage, key: str) -> Response:
    service = require_published(page, key)
    rate_limit = rate_limit_of(page.request)
    posted = await read_form(page, lambda given: _nonce(page, service, given))
    form = await read_filled_form(page, service, posted, _nonce(page, service, posted.get("key")))
    if not rate_limit.is_allowed:
        return _rate_limited_page(page, form, rate_limit)
    action = posted.get("do")
    if action == "discard":
        await discard_files(page, list(form.files))
        return page.redirect(f"/e-tjanster/{service.slug}")
    if action.startswith(("lang", "edit:", "add_person", "remove_")) or not form.nonce:
        alert = late_refusal(page, posted) if not form.nonce and posted.fields else ""
        if not form.nonce:
            form = replace(form, key=create_form_key(page.deps.keys, ["form", service.key], page.now))
        return _form_page(page, apply_button(form, action), alert=alert)
    contact_result, service_result = validate_form(page, form)
    if opened_case := await find_opened_case(page, form.nonce):
        return await resubmission_page(page, form, opened_case, contact_result, service_result)
    problems = Problems(contact_result.problems, [*service_result.problems, *refused_files(page, form)])
    if problems.has_any:
        return _form_page(page, form, problems, status=422)
    return await _review_or_submit(page, form, contact_result, service_result)


async def _review_or_submit(
    page: PageContext, form: Form, contact_result: ValidationResult, service_result: ValidationResult
) -> Response:
    """What comes of a form without problems, by the button that was pressed."""
    if form.posted.get("do") not in (*confirmation.ACTIONS, "send"):
        return review_page(page, form, contact_result, service_result)
    confirmed = await confirmation.confirm_address(page, form, contact_result)
    return (
        confirmed
        if isinstance(confirmed, Response)
        else await _submit(page, form, contact_result, service_result, confirmed)
    )


def _rate_limited_page(page: PageContext, form: Form, rate_limit: RateLimitResult) -> Response:
    """The form with what was typed, to be sent again later."""
    alert = page.words("page.form.wait", n=rate_limit.wait_minutes)
    response = _form_page(page, form, status=429, alert=alert)
    response.headers["retry-after"] = str(rate_limit.wait_minutes * 60)
    return response


def _nonce(page: PageContext, service: EService, key: str) -> str:
    return verify_form_key(page.deps.keys, ["form", service.key], key, page.now) or ""


async def _submit(
    page: PageContext,
    form: Form,
    contact_result: ValidationResult,
    service_result: ValidationResult,
    confirmed: ConfirmedMailbox,
) -> Response:
    answers = contact_result.by_field()
    people = contacts.parse_people(answers, page.language)
    values = {key: to_stored(value) for key, value in service_result.by_field().items()}
    visible = {field.key for field in form.definition.visible_fields(service_result.by_field())}
    command = SubmitCase(
        service=form.service.key,
        answers=Answers(definition=form.definition.digest, values=values),
        people=confirmation.with_address_states(page, people, confirmed),
        files=tuple(file for file in form.files.values() if file.field in visible),
        protected=contacts.is_protected(answers),
    )
    result = await page.deps.service.open_case(
        command, Machine("form"), form.definition, idempotency_key=idempotency_key(form.nonce)
    )
    return redirect_to_receipt(page, result.case_id, "before" if result.is_repeated else "now")


def _form_page(
    page: PageContext, form: Form, problems: Problems = NO_PROBLEMS, *, status: int = 200, alert: str = ""
) -> Response:
    today = local_day(page.now)
    contact_questions = form.contact_section.questions(problems.contact, page.words, today)
    service_questions = form.service_section.questions(problems.service, page.words, today)
    return page.render(
        "form.html",
        status,
        service=form.service,
        about=group_by_person(contact_questions),
        matter=service_questions,
        problems=[
            (question.focus_id, text)
            for question in [*contact_questions, *service_questions]
            for text in question.problems
        ],
        persons=form.persons,
        key=form.key,
        alert=alert,
        added=form.posted.get("do") == "add_person",
        conditional=any(question.condition for question in [*contact_questions, *service_questions]),
        most_persons=contacts.MAX_PERSONS,
        limits=page.catalog.municipality.files,
        discreet=form.service.strict,
        begun=bool(form.posted.fields),
    )
