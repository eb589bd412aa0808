"""Registrera ärende: an officer fills in an e-service's form for an applicant who has called, come or written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.validation import FieldProblem, ValidationResult, validate_answers
from bot.catalog.answers.values import to_stored
from bot.catalog.base import Text
from bot.catalog.definition import Definition, create_definition
from bot.catalog.fields import Choice, Field
from bot.catalog.services import EService
from bot.domain.rules import NoAccess
from bot.domain.submission import (
    REGISTERED_ORIGINS,
    Answers,
    ArrivalDayRequired,
    Person,
    SubmitCase,
    is_arrival_day,
)
from bot.portal.applicant.submission import contacts
from bot.portal.applicant.submission.filled_form import Form, group_by_person
from bot.portal.applicant.submission.form_reading import (
    NO_PROBLEMS,
    Problems,
    apply_button,
    read_filled_form,
    refused_files,
    require_published,
    validate_form,
)
from bot.portal.applicant.submission.review import hidden_fields, review_rows
from bot.portal.errors import EarlyResponse, refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.form_questions import FormSection
from bot.portal.forms.limits import OFFICERS_LETTER
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.forms.retained_uploads import late_refusal
from bot.portal.forms.session_expired import session_expired_page, was_given
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer, load_context
from bot.portal.page_context import CurrentPage
from bot.portal.signing import create_form_key, verify_form_key
from bot.text import LANGUAGES, sort_key, words
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

PREFIX = "reg-"


@router.get("/handlaggare/registrera")
async def on_opened_registrations(context: SignedInOfficer) -> Response:
    """The e-services that the officer may register cases of, by unit."""
    language = context.page.language
    groups: dict[str, list[EService]] = {}
    for service in context.page.catalog.services.values():
        if service.is_published and context.officer.may_see_all(service.key):
            groups.setdefault(service.unit.in_(language), []).append(service)
    return context.page.render(
        "officer/register_services.html",
        groups=[
            (unit, sorted(services, key=lambda one: sort_key(one.name.in_(language))))
            for unit, services in sorted(groups.items(), key=lambda pair: sort_key(pair[0]))
        ],
        is_registration=True,
        me=context.officer.name,
    )


@router.get("/handlaggare/registrera/{key}")
async def on_opened_registration(context: SignedInOfficer, key: str) -> Response:
    service = _require_registrable(context, key)
    today = local_day(context.page.now).isoformat()
    posted = PostedForm(fields=[(f"{PREFIX}arrived_on", today)])
    form = Form(service, create_definition(service), posted, "", "", 1, {}, is_registration=True)
    return _page(context, _with_new_key(context, form))


@router.post("/handlaggare/registrera/{key}", dependencies=limited_by(OFFICERS_LETTER))
async def on_sent_registration(page: CurrentPage, key: str) -> Response:
    context = await load_context(page)
    if context is None:
        posted = await read_form(page, lambda given: was_given(page, given, ["register"]))
        raise EarlyResponse(session_expired_page(page, posted, "", officer=True))
    service = _require_registrable(context, key)
    posted = await read_form(page, lambda given: _nonce(context, service, given))
    nonce = _nonce(context, service, posted.get("key"))
    form = replace(await read_filled_form(page, service, posted, nonce), is_registration=True)
    action = posted.get("do")
    if not nonce:
        late = _with_new_key(context, form)
        return _page(context, late, alert=late_refusal(context.page, posted), status=409)
    if action.startswith(("add_person", "remove_", "edit:")):
        return _page(context, apply_button(form, action))
    return await _review_or_register(context, form)


async def _review_or_register(context: OfficerContext, form: Form) -> Response:
    """The review, or the registered case where its button was pressed; the form where something is wrong in it."""
    arrival = _validate_arrival(context, form)
    contact_result, service_result = validate_form(context.page, form)
    problems = Problems(
        [*arrival.problems, *contact_result.problems],
        [*service_result.problems, *refused_files(context.page, form)],
    )
    if problems.has_any:
        return _page(context, form, problems, status=422)
    if form.posted.get("do") != "register":
        return _review_page(context, form, arrival, (contact_result, service_result))
    return await _register(context, _command(context, form, arrival, (contact_result, service_result)), form)


async def _register(context: OfficerContext, command: SubmitCase, form: Form) -> Response:
    result = await context.page.deps.service.open_case(
        command, context.officer, form.definition, idempotency_key=f"page:register:{form.nonce}"
    )
    if result.is_repeated:
        alert = context.page.words("register.repeated")
        return redirect_to_case(context, result.case_id, result.number, Flash(alert=alert))
    done = "registered" if any(one.email for one in command.people) else "registered_unmailed"
    return redirect_to_case(context, result.case_id, result.number, Flash(done))


def _command(
    context: OfficerContext,
    form: Form,
    arrival: ValidationResult,
    results: tuple[ValidationResult, ValidationResult],
) -> SubmitCase:
    contact_answers, answers = (result.by_field() for result in results)
    arrived_on, came = arrival.by_field()["arrived_on"], arrival.by_field()["way"]
    assert isinstance(arrived_on, date)
    people: tuple[Person, ...] = contacts.parse_people(
        contact_answers, context.page.catalog.municipality.language
    )
    visible = {field.key for field in form.definition.visible_fields(answers)}
    return SubmitCase(
        service=form.service.key,
        answers=Answers(
            definition=form.definition.digest,
            values={key: to_stored(value) for key, value in answers.items()},
        ),
        people=people,
        files=tuple(file for file in form.files.values() if file.field in visible),
        protected=contacts.is_protected(contact_answers),
        origin=next(origin for origin in REGISTERED_ORIGINS if origin == came),
        arrived_on=arrived_on,
    )


def _require_registrable(context: OfficerContext, key: str) -> EService:
    """The e-service. Status 404 where it has no form here, and NoAccess where the officer may not see its cases."""
    service = require_published(context.page, key)
    if not context.officer.may_see_all(service.key):
        raise NoAccess(service=service.name, contact=context.page.catalog.municipality.support)
    context.page.set_service(service)
    return service


def _with_new_key(context: OfficerContext, form: Form) -> Form:
    binding = _key_binding(context, form.service)
    return replace(form, key=create_form_key(context.page.deps.keys, binding, context.page.now))


def _nonce(context: OfficerContext, service: EService, key: str) -> str:
    page = context.page
    return verify_form_key(page.deps.keys, _key_binding(context, service), key, page.now) or ""


def _key_binding(context: OfficerContext, service: EService) -> list[str]:
    return ["register", service.key, context.officer.key]


def _arrival_section(form: Form) -> FormSection:
    """The questions how and when the case came."""
    return FormSection(_arrival_definition(), PREFIX, form.posted, {}, is_own=False)


def _validate_arrival(context: OfficerContext, form: Form) -> ValidationResult:
    section, page = _arrival_section(form), context.page
    today = local_day(page.now)
    result = validate_answers(section.definition, section.raw_answers(), page.language, today=today)
    day = result.by_field().get("arrived_on")
    if not isinstance(day, date) or is_arrival_day(day, today):
        return result
    text = refusal_text(ArrivalDayRequired(), page.words)
    problem = FieldProblem("arrived_on", "page.plain", {"text": text})
    return replace(result, problems=(*result.problems, problem))


def _arrival_definition() -> Definition:
    ways = tuple(Choice(key=origin, label=_text(f"origin.{origin}")) for origin in REGISTERED_ORIGINS)
    fields = (
        Field(key="way", kind="choice", label=_text("register.way"), required=True, choices=ways),
        Field(
            key="arrived_on",
            kind="date",
            label=_text("register.arrived"),
            help=_text("register.arrived.help"),
            required=True,
        ),
    )
    return Definition(service="registration", name=_text("register.title"), fields=fields)


def _text(key: str) -> Text:
    return Text(**{language: words(language)(key) for language in LANGUAGES})


def _review_page(
    context: OfficerContext,
    form: Form,
    arrival: ValidationResult,
    results: tuple[ValidationResult, ValidationResult],
) -> Response:
    """What was filled in, before it is registered. Only its button registers the case."""
    page = context.page
    contact_rows = [row for row in review_rows(form.contact_section, results[0], page) if row.answer]
    return page.render(
        "officer/register_check.html",
        service=form.service,
        arrival=review_rows(_arrival_section(form), arrival, page),
        about=group_by_person(contact_rows),
        matter=review_rows(form.service_section, results[1], page),
        hidden=list(hidden_fields(form)),
        unmailed=not any(row.name.endswith("_email") for row in contact_rows),
        key=form.key,
        persons=form.persons,
        me=context.officer.name,
    )


def _page(
    context: OfficerContext,
    form: Form,
    problems: Problems = NO_PROBLEMS,
    *,
    alert: str = "",
    status: int = 200,
) -> Response:
    page, today = context.page, local_day(context.page.now)
    arrival_questions = _arrival_section(form).questions(problems.contact, page.words, today)
    contact_questions = form.contact_section.questions(problems.contact, page.words, today)
    service_questions = form.service_section.questions(problems.service, page.words, today)
    questions = [*arrival_questions, *contact_questions, *service_questions]
    return page.render(
        "officer/register.html",
        status,
        service=form.service,
        arrival=arrival_questions,
        about=group_by_person(contact_questions),
        matter=service_questions,
        problems=[(question.focus_id, text) for question in questions for text in question.problems],
        persons=form.persons,
        key=form.key,
        alert=alert,
        added=form.posted.get("do") == "add_person",
        conditional=any(question.condition for question in questions),
        most_persons=contacts.MAX_PERSONS,
        limits=page.catalog.municipality.files,
        me=context.officer.name,
    )
