"""An e-service's form: showing, reviewing and submitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.answers.validation import FieldProblem, ValidationResult, validate_answers
from bot.catalog.answers.values import to_stored
from bot.catalog.definition import create_definition
from bot.catalog.services import EService
from bot.domain.actors import Machine
from bot.domain.submission import Answers, SubmitCase
from bot.portal.applicant import confirmation, contacts
from bot.portal.applicant.confirmation import ConfirmedMailbox
from bot.portal.applicant.filled_form import ANSWER_PREFIX, Form, group_by_person
from bot.portal.applicant.receipt import redirect_to_receipt
from bot.portal.applicant.resubmission import find_opened_case, idempotency_key, resubmission_page
from bot.portal.applicant.review import review_page
from bot.portal.form_questions import visibility_css
from bot.portal.limits import SERVICE_FORM, rate_limit_of
from bot.portal.page_context import CurrentPage, PageContext
from bot.portal.retained_uploads import collect_files, infected_texts, late_refusal, refusal_texts
from bot.portal.signing import create_form_key, verify_form_key
from bot.portal.uploads import PostedForm, read_form
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by
from bot.web.rate_limit import RateLimitResult

router = APIRouter()


@dataclass(frozen=True)
class Problems:
    """The problems in each part of the form."""

    contact: Sequence[FieldProblem] = ()
    service: Sequence[FieldProblem] = ()

    @property
    def has_any(self) -> bool:
        return bool(self.contact or self.service)


NO_PROBLEMS = Problems()


@router.get("/e-tjanster/{key}")
async def on_opened_form(page: CurrentPage, key: str) -> Response:
    service = _require_published(page, key)
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
    service = _require_published(page, key)
    contact_definition = contacts.contact_definition(service, contacts.MAX_PERSONS)
    rules = [
        visibility_css(contact_definition, contacts.PREFIX),
        visibility_css(create_definition(service), ANSWER_PREFIX),
    ]
    return Response("\n".join(rules), media_type="text/css")


@router.post("/e-tjanster/{key}", dependencies=limited_by(SERVICE_FORM))
async def on_sent_form(page: CurrentPage, key: str) -> Response:
    service = _require_published(page, key)
    rate_limit = rate_limit_of(page.request)
    posted = await read_form(page, lambda given: _nonce(page, service, given))
    form = await _read_submission(page, service, posted)
    if not rate_limit.is_allowed:
        return _rate_limited_page(page, form, rate_limit)
    action = posted.get("do")
    if action.startswith(("lang", "edit:", "add_person", "remove_")) or not form.nonce:
        alert = late_refusal(page, posted) if not form.nonce and posted.fields else ""
        return _form_page(page, _apply_button(page, form, action), alert=alert)
    contact_result, service_result = _validate(page, form)
    if opened_case := await find_opened_case(page, form.nonce):
        return await resubmission_page(page, form, opened_case, contact_result, service_result)
    problems = Problems(contact_result.problems, [*service_result.problems, *_refused_files(page, form)])
    if problems.has_any:
        return _form_page(page, form, problems, status=422)
    if action not in (*confirmation.ACTIONS, "send"):
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


def _require_published(page: PageContext, name: str) -> EService:
    """The e-service by its slug, or by its key, which addresses of before hold. Raises HTTPException 404."""
    service = page.catalog.service(name) or next(
        (service for service in page.catalog.services.values() if service.slug == name), None
    )
    if service is None or not service.is_published:
        raise HTTPException(404)
    return service


def _nonce(page: PageContext, service: EService, key: str) -> str:
    return verify_form_key(page.deps.keys, ["form", service.key], key, page.now) or ""


async def _read_submission(page: PageContext, service: EService, posted: PostedForm) -> Form:
    key = posted.get("key")
    nonce = _nonce(page, service, key)
    definition = create_definition(service)
    retained = {
        field.key: await collect_files(page, posted, ANSWER_PREFIX + field.key, nonce)
        for field in definition.fields
        if field.kind == "file" and nonce
    }
    persons_text = posted.get("persons")
    persons = (
        min(int(persons_text), contacts.MAX_PERSONS)
        if persons_text.isdecimal() and int(persons_text[:3])
        else 1
    )
    return Form(
        service, definition, posted, key, nonce, persons if service.several_applicants else 1, retained
    )


def _apply_button(page: PageContext, form: Form, action: str) -> Form:
    """The form after a button within it: a person added or removed, or a new key for an old page."""
    if not form.nonce:
        form = replace(form, key=create_form_key(page.deps.keys, ["form", form.service.key], page.now))
    if action == "add_person" and form.service.several_applicants:
        return replace(form, persons=min(form.persons + 1, contacts.MAX_PERSONS))
    person = action.removeprefix("remove_person:")
    if person.isdecimal() and 0 < int(person) < form.persons:
        return replace(
            form, persons=form.persons - 1, posted=_without_person(form.posted, int(person), form.persons)
        )
    return form


def _without_person(posted: PostedForm, removed: int, count: int) -> PostedForm:
    """The posted form without one person; later ones move up."""
    names = {f"{contacts.PREFIX}p{n}_": f"{contacts.PREFIX}p{n - 1}_" for n in range(removed + 1, count)}
    fields = []
    for name, value in posted.fields:
        start, sign, end = name.partition("_")
        if start + sign == f"{contacts.PREFIX}p{removed}_":
            continue
        fields.append((names.get(start + sign, start + sign) + end, value))
    return PostedForm(fields=fields, uploads=posted.uploads)


def _validate(page: PageContext, form: Form) -> tuple[ValidationResult, ValidationResult]:
    today = local_day(page.now)
    contact_result = validate_answers(
        form.contact_section.definition, form.contact_section.raw_answers(), page.language, today=today
    )
    return contact_result, validate_answers(
        form.definition,
        form.service_section.raw_answers(),
        page.language,
        today=today,
        anonymous=contacts.is_anonymous(contact_result.by_field()),
    )


def _refused_files(page: PageContext, form: Form) -> list[FieldProblem]:
    return [
        FieldProblem(field.key, "page.plain", {"text": text})
        for field in form.definition.fields
        if field.kind == "file"
        for text in [
            *refusal_texts(page, form.posted.refused_files(ANSWER_PREFIX + field.key)),
            *infected_texts(page, form.retained.get(field.key, ())),
        ]
    ]


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
    contact_questions = form.contact_section.questions(problems.contact, page.words)
    service_questions = form.service_section.questions(problems.service, page.words)
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
    )
