"""An e-service's form: showing, reviewing and submitting."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.validation import ValidationResult
from bot.catalog.answers.values import to_stored
from bot.catalog.definition import create_definition
from bot.catalog.services import EService
from bot.domain.actors import Machine
from bot.domain.submission import Answers, SubmitCase
from bot.portal.applicant.submission import confirmation, contacts, saved_form
from bot.portal.applicant.submission.confirmation import ConfirmedMailbox
from bot.portal.applicant.submission.filled_form import (
    ANSWER_PREFIX,
    Form,
    form_path,
    group_by_person,
    list_problems,
)
from bot.portal.applicant.submission.form_reading import (
    NO_PROBLEMS,
    Problems,
    apply_button,
    refused_files,
    require_published,
    validate_form,
)
from bot.portal.applicant.submission.receipt import redirect_to_receipt
from bot.portal.applicant.submission.resubmission import (
    already_sent_page,
    find_opened_case,
    receive_resubmission,
)
from bot.portal.applicant.submission.review import review_page
from bot.portal.applicant.submission.saved_form import CHECK, CODE, FormFiller, SentForm, Step
from bot.portal.forms import form_drafts
from bot.portal.forms.form_questions import visibility_css
from bot.portal.forms.idempotency_keys import make_submission_key
from bot.portal.forms.limits import SERVICE_FORM, rate_limit_of
from bot.portal.forms.retained_uploads import discard_files, late_keys
from bot.portal.page_context import CurrentPage, PageContext
from bot.text import LANGUAGES
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by
from bot.web.rate_limit import RateLimitResult

router = APIRouter()


@router.get("/e-tjanster/{key}")
async def on_opened_form(page: CurrentPage, key: str) -> Response:
    """A page of the form: each form that is opened has an address of its own, with the newest of what is filled in."""
    service = require_published(page, key)
    owner = form_drafts.read_owner(page) or form_drafts.create_owner()
    filler = _filler(service, owner)
    place = filler.find_place(page, service)
    if key != service.slug or place is None:
        response: Response = page.redirect(_new_address(page, service))
    elif page.is_language_remembered:
        # A page that is posted to under another address would be kept by browsers, with its older answers.
        response = page.redirect(place.step_address(saved_form.read_step_name(page)))
    else:
        saved = await saved_form.open_form(page, service, filler, place)
        response = await _saved_page(page, saved)
        if not service.strict and not saved.is_begun and response.status_code == 200:
            # The empty form holds nothing personal, and without no-store browsers restore what was typed at Back.
            response.headers["cache-control"] = "private, no-cache"
    if owner != form_drafts.read_owner(page):
        form_drafts.set_owner_cookie(page, response, owner)
    return response


@router.get("/e-tjanster/{key}/version")
async def on_requested_version(page: CurrentPage, key: str) -> Response:
    """The number of the newest version of the form, for a page that the browser has kept as it was."""
    service = require_published(page, key)
    place = _filler(service, form_drafts.read_owner(page)).find_place(page, service)
    opened_case = await find_opened_case(page, place.nonce) if place is not None else None
    return await saved_form.version_response(page, place, is_sent=opened_case is not None)


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
    sent = await saved_form.read_sent_form(page, service, _filler(service, form_drafts.read_owner(page)))
    if not rate_limit.is_allowed:
        return _rate_limited_page(page, sent.form, rate_limit)
    opened_case = await find_opened_case(page, sent.form.nonce) if sent.form.nonce else None
    if opened_case is not None:
        return await receive_resubmission(page, sent.form, opened_case)
    return await _receive(page, sent)


def _filler(service: EService, owner: str) -> FormFiller:
    return FormFiller(["form", service.key], owner)


def _new_address(page: PageContext, service: EService) -> str:
    """An address for a form that is opened now, in the language that was asked for."""
    language = page.request.query_params.get("lang")
    chosen = f"lang={language}&" if language in LANGUAGES else ""
    return f"{form_path(service)}?{chosen}{form_drafts.LABEL}={form_drafts.create_label()}"


async def _saved_page(page: PageContext, saved: saved_form.SavedForm) -> Response:
    """The page that the address names, or the one that can be shown."""
    form, name = saved.form, saved_form.read_step_name(page)
    opened_case = await find_opened_case(page, form.nonce)
    if opened_case is not None:
        return await already_sent_page(page, form if saved.is_begun else None, opened_case)
    if not saved.is_begun and name:
        return await _draw(page, form, Step(alert=["page.form.gone"]))
    return await _draw(page, form, saved.step_at(name))


async def _receive(page: PageContext, sent: SentForm) -> Response:
    """What comes of a form that is not sent in yet, by the button that was pressed."""
    form, action = sent.form, sent.form.posted.get("do")
    if action == "discard":
        await discard_files(page, list(form.files))
        await saved_form.forget(page, form)
        return page.redirect(form_path(form.service))
    if sent.is_late or action.startswith(("lang", "edit:", "add_person", "remove_")):
        alert = late_keys(form.posted) if sent.is_late and form.posted.fields else ()
        return await _show(
            page, apply_button(form, action), Step(alert=alert, is_added=action == "add_person")
        )
    is_sent = action in ("send", *confirmation.ACTIONS)
    if sent.is_outdated and is_sent:
        return await _show(page, form, Step(CHECK, alert=["page.check.changed"]))
    results = validate_form(page, form)
    if _problems(page, form, results).has_any:
        return await _show(page, form, Step(is_checked=True))
    return await _send(page, form, results) if is_sent else await _show(page, form, Step(CHECK))


async def _send(
    page: PageContext, form: Form, results: tuple[ValidationResult, ValidationResult]
) -> Response:
    """The receipt, or the page on which the address is confirmed first."""
    confirmed = await confirmation.confirm_address(page, form, results[0])
    if isinstance(confirmed, ConfirmedMailbox):
        return await _submit(page, form, results, confirmed)
    return await _show(page, form, Step(CODE, code=confirmed))


def _show(page: PageContext, form: Form, step: Step) -> Awaitable[Response]:
    return saved_form.show(page, form, step, partial(_draw, page))


async def _draw(page: PageContext, form: Form, step: Step) -> Response:
    """The page of the form; the form itself where something is wrong in it."""
    alert = " ".join(page.words(key) for key in step.alert)
    if not step.name and not step.is_checked:
        return _form_page(page, form, alert=alert, is_added=step.is_added)
    results = validate_form(page, form)
    problems = _problems(page, form, results)
    if problems.has_any:
        return _form_page(page, form, problems)
    if not step.name:
        return _form_page(page, form)
    address = confirmation.find_address(form, results[0])
    if step.code is not None and step.name == CODE and confirmation.is_for(page, step.code, address):
        return confirmation.code_page(page, form, address, step.code)
    return review_page(page, form, results, alert=alert)


def _problems(page: PageContext, form: Form, results: tuple[ValidationResult, ValidationResult]) -> Problems:
    return Problems(results[0].problems, [*results[1].problems, *refused_files(page, form)])


def _rate_limited_page(page: PageContext, form: Form, rate_limit: RateLimitResult) -> Response:
    """The form with what was typed, to be sent again later."""
    alert = page.words("page.form.wait", n=rate_limit.wait_minutes)
    response = _form_page(page, form, alert=alert)
    response.status_code = 429
    response.headers["retry-after"] = str(rate_limit.wait_minutes * 60)
    return response


async def _submit(
    page: PageContext,
    form: Form,
    results: tuple[ValidationResult, ValidationResult],
    confirmed: ConfirmedMailbox,
) -> Response:
    answers, service_answers = (result.by_field() for result in results)
    people = contacts.parse_people(answers, page.language)
    values = {key: to_stored(value) for key, value in service_answers.items()}
    visible = {field.key for field in form.definition.visible_fields(service_answers)}
    command = SubmitCase(
        service=form.service.key,
        answers=Answers(definition=form.definition.digest, values=values),
        people=confirmation.with_address_states(page, people, confirmed),
        files=tuple(file for file in form.files.values() if file.field in visible),
        protected=contacts.is_protected(answers),
    )
    result = await page.deps.service.open_case(
        command, Machine("form"), form.definition, idempotency_key=make_submission_key(form.nonce)
    )
    await saved_form.forget(page, form)
    return redirect_to_receipt(page, result.case_id, "before" if result.is_repeated else "now")


def _form_page(
    page: PageContext,
    form: Form,
    problems: Problems = NO_PROBLEMS,
    *,
    alert: str = "",
    is_added: bool = False,
) -> Response:
    today = local_day(page.now)
    contact_questions = form.contact_section.questions(problems.contact, page.words, today)
    service_questions = form.service_section.questions(problems.service, page.words, today)
    return page.render(
        "form.html",
        422 if problems.has_any else 200,
        service=form.service,
        about=group_by_person(contact_questions),
        matter=service_questions,
        problems=list_problems([*contact_questions, *service_questions], form.persons, page.words),
        form=form,
        persons=form.persons,
        alert=alert,
        added=is_added,
        conditional=any(question.condition for question in [*contact_questions, *service_questions]),
        most_persons=contacts.MAX_PERSONS,
        limits=page.catalog.municipality.files,
        discreet=form.service.strict,
        begun=bool(form.posted.fields),
    )
