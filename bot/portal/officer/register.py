"""Registrera ärende: an officer fills in an e-service's form for an applicant who has called, come or written."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.validation import FieldProblem, ValidationResult, validate_answers
from bot.catalog.answers.values import to_stored
from bot.catalog.base import Text
from bot.catalog.definition import Definition
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
from bot.portal.applicant.submission import contacts, saved_form
from bot.portal.applicant.submission.filled_form import Form, form_path, group_by_person, list_problems
from bot.portal.applicant.submission.form_reading import (
    NO_PROBLEMS,
    Problems,
    apply_button,
    refused_files,
    require_published,
    validate_form,
)
from bot.portal.applicant.submission.review import hidden_fields, review_rows
from bot.portal.applicant.submission.saved_form import CHECK, FormFiller, Step, StepName
from bot.portal.errors import EarlyResponse, refusal_text
from bot.portal.flash import Flash
from bot.portal.forms import form_drafts
from bot.portal.forms.form_questions import FormSection
from bot.portal.forms.idempotency_keys import make_registration_key
from bot.portal.forms.limits import OFFICERS_LETTER
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.forms.retained_uploads import late_keys
from bot.portal.forms.session_expired import session_expired_page, was_given
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer, load_context
from bot.portal.page_context import CurrentPage, PageContext
from bot.service import CommandResult
from bot.store.engine import idempotency
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
    """A page of the form, with the newest of what is filled in: each form that is opened has an address of its own."""
    service = _require_registrable(context, key)
    filler = _filler(context.officer.key, service)
    place = filler.find_place(context.page, service)
    if place is None:
        path = form_path(service, is_registration=True)
        return context.page.redirect(f"{path}?{form_drafts.LABEL}={form_drafts.create_label()}")
    registered = await _find_registered(context, place.nonce)
    if registered is not None:
        return _redirect_to_registered(context, registered)
    saved = await saved_form.open_form(context.page, service, filler, place)
    name = saved_form.read_step_name(context.page)
    if saved.is_begun:
        return await _draw(context, saved.form, saved.step_at(name))
    today = local_day(context.page.now).isoformat()
    form = replace(saved.form, posted=PostedForm(fields=[(f"{PREFIX}arrived_on", today)]))
    return await _draw(context, form, Step(alert=["page.form.gone"] if name else ()))


@router.get("/handlaggare/registrera/{key}/version")
async def on_requested_version(context: SignedInOfficer, key: str) -> Response:
    """The number of the newest version of the form, for a page that the browser has kept as it was."""
    service = _require_registrable(context, key)
    place = _filler(context.officer.key, service).find_place(context.page, service)
    registered = await _find_registered(context, place.nonce) if place is not None else None
    return await saved_form.version_response(context.page, place, is_sent=registered is not None)


@router.post("/handlaggare/registrera/{key}", dependencies=limited_by(OFFICERS_LETTER))
async def on_sent_registration(page: CurrentPage, key: str) -> Response:
    context = await load_context(page)
    if context is None:
        posted = await read_form(page, lambda given: was_given(page, given, ["register"]))
        raise EarlyResponse(session_expired_page(page, posted, "", officer=True))
    service = _require_registrable(context, key)
    sent = await saved_form.read_sent_form(context.page, service, _filler(context.officer.key, service))
    form, action = sent.form, sent.form.posted.get("do")
    registered = await _find_registered(context, form.nonce) if form.nonce else None
    if registered is not None:
        return _redirect_to_registered(context, registered)
    if sent.is_late or action.startswith(("add_person", "remove_", "edit:")):
        alert = late_keys(form.posted) if sent.is_late else ()
        return await _show(
            context, apply_button(form, action), Step(alert=alert, is_added=action == "add_person")
        )
    if sent.is_outdated:
        return await _show(context, form, Step(CHECK, alert=["page.check.changed"]))
    return await _review_or_register(context, form)


async def _review_or_register(context: OfficerContext, form: Form) -> Response:
    """The review, or the registered case where its button was pressed; the form where something is wrong in it."""
    filled = _validate(context, form)
    if filled.problems.has_any:
        return await _show(context, form, Step(is_checked=True))
    if form.posted.get("do") != "register":
        return await _show(context, form, Step(CHECK))
    response = await _register(context, _command(context, form, filled), form)
    await saved_form.forget(context.page, form)
    return response


@dataclass(frozen=True)
class _Filled:
    """The results for when and how the case came, for the applicants and for the e-service's own questions."""

    arrival: ValidationResult
    contact: ValidationResult
    service: ValidationResult
    problems: Problems


def _validate(context: OfficerContext, form: Form) -> _Filled:
    arrival = _validate_arrival(context, form)
    contact_result, service_result = validate_form(context.page, form)
    problems = Problems(
        [*arrival.problems, *contact_result.problems],
        [*service_result.problems, *refused_files(context.page, form)],
    )
    return _Filled(arrival, contact_result, service_result, problems)


def _show(context: OfficerContext, form: Form, step: Step) -> Awaitable[Response]:
    return saved_form.show(context.page, form, step, partial(_draw, context))


async def _draw(context: OfficerContext, form: Form, step: Step) -> Response:
    """The page of the form; the form itself where something is wrong in it."""
    if not step.name and not step.is_checked:
        return _page(context, form, step)
    filled = _validate(context, form)
    if filled.problems.has_any:
        return _page(context, form, step, filled.problems)
    return _review_page(context, form, filled, step) if step.name else _page(context, form, step)


async def _find_registered(context: OfficerContext, nonce: str) -> CommandResult | None:
    """What came of the form with that nonce; None where it has registered no case."""
    key = make_registration_key(nonce)
    stored = await context.page.deps.service.database.read(lambda tx: idempotency.find(tx, key))
    return CommandResult.from_json(stored) if stored and "done" in stored else None


def _redirect_to_registered(context: OfficerContext, registered: CommandResult) -> Response:
    """The case, with the sentence that the form was sent before."""
    alert = context.page.words("register.repeated")
    return redirect_to_case(context, registered.case_id, registered.number, Flash(alert=alert))


async def _register(context: OfficerContext, command: SubmitCase, form: Form) -> Response:
    result = await context.page.deps.service.open_case(
        command, context.officer, form.definition, idempotency_key=make_registration_key(form.nonce)
    )
    if result.is_repeated:
        return _redirect_to_registered(context, result)
    done = "registered" if any(one.email for one in command.people) else "registered_unmailed"
    return redirect_to_case(context, result.case_id, result.number, Flash(done))


def _command(context: OfficerContext, form: Form, filled: _Filled) -> SubmitCase:
    contact_answers, answers = filled.contact.by_field(), filled.service.by_field()
    arrived_on, came = filled.arrival.by_field()["arrived_on"], filled.arrival.by_field()["way"]
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


def _filler(officer: str, service: EService) -> FormFiller:
    return FormFiller(["register", service.key, officer], officer, is_registration=True)


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


def _review_page(context: OfficerContext, form: Form, filled: _Filled, step: Step) -> Response:
    """What was filled in, before it is registered. Only its button registers the case."""
    page = context.page
    contact_rows = [row for row in review_rows(form.contact_section, filled.contact, page) if row.answer]
    return page.render(
        "officer/register_check.html",
        service=form.service,
        arrival=review_rows(_arrival_section(form), filled.arrival, page),
        about=group_by_person(contact_rows),
        matter=review_rows(form.service_section, filled.service, page),
        hidden=list(hidden_fields(form)),
        unmailed=not any(row.name.endswith("_email") for row in contact_rows),
        form=form,
        alert=_alert(page, step, CHECK),
        me=context.officer.name,
    )


def _alert(page: PageContext, step: Step, name: StepName) -> str:
    """What the step says on the page of that name."""
    return " ".join(page.words(key) for key in step.alert) if step.name == name else ""


def _page(context: OfficerContext, form: Form, step: Step, problems: Problems = NO_PROBLEMS) -> Response:
    page, today = context.page, local_day(context.page.now)
    arrival_questions = _arrival_section(form).questions(problems.contact, page.words, today)
    contact_questions = form.contact_section.questions(problems.contact, page.words, today)
    service_questions = form.service_section.questions(problems.service, page.words, today)
    questions = [*arrival_questions, *contact_questions, *service_questions]
    return page.render(
        "officer/register.html",
        422 if problems.has_any else 200,
        service=form.service,
        arrival=arrival_questions,
        about=group_by_person(contact_questions),
        matter=service_questions,
        problems=list_problems(questions, form.persons, page.words),
        form=form,
        persons=form.persons,
        alert=_alert(page, step, ""),
        added=step.is_added,
        conditional=any(question.condition for question in questions),
        most_persons=contacts.MAX_PERSONS,
        limits=page.catalog.municipality.files,
        me=context.officer.name,
    )
