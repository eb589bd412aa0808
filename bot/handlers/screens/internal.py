"""The internal e-services, for every full member of the workspace, officer or not."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import View
from bot.blocks.forms import internal_form
from bot.blocks.forms.answer_fields import PREFIX, block_id, read_answers
from bot.blocks.forms.internal_form import InternalForm
from bot.blocks.lists import internal
from bot.blocks.lists.internal import InternalServices
from bot.catalog.answers.validation import ValidationResult, validate_answers
from bot.catalog.answers.values import may_pass_through_slack, to_stored
from bot.catalog.definition import Definition, create_definition
from bot.catalog.services import EService
from bot.clients.slack import User
from bot.domain.actors import Applicant, Machine
from bot.domain.answer_problems import problem_text
from bot.domain.internal_forms import fits_slack
from bot.domain.rules import Refused
from bot.domain.submission import Answers, Person, ServiceClosed, SubmitCase
from bot.domain.views import ListedCase
from bot.handlers.request.context import SlackContext
from bot.handlers.request.idempotency_key import make_internal_form_key
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.workspace import NotAnOfficer
from bot.store import Tx
from bot.store.cases import applicant_queries
from bot.store.lists.queries.case_lists import list_applicant_cases
from bot.text import sort_key
from bot.text.working_days import local_day

SHORTCUT = "shortcut:internal"


class AddressRequired(Refused):
    """Slack knows no confirmed address of the person, by which the case would be theirs."""

    key = "no.internal.address"


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.shortcut(SHORTCUT)(listeners.for_member(on_opened))
    app.action(re.compile(f"^{internal.OPEN}:"))(listeners.for_member(on_link))
    app.action(re.compile(f"^{internal.FILL}:"))(listeners.for_member(on_fill))
    app.action(re.compile(f"^{PREFIX}"))(listeners.for_member_change(on_choice))
    app.view(internal_form.ID)(listeners.for_member_change(on_submitted))


async def on_opened(context: SlackContext, member: User) -> None:
    await open_list(context, member.email)


async def open_list(context: SlackContext, address: str) -> None:
    """Show the e-services, and the person's own cases: those whose applicant has the address that Slack confirmed."""
    shown, catalog = await _load(context, address), context.deps.service.catalog
    await context.responder.open_view(internal.internal_services(shown, catalog, context.words))


async def show_home(context: SlackContext, member: User) -> None:
    """App Home of an employee who is no officer. Raises NotAnOfficer where there is nothing internal to show."""
    shown, catalog = await _load(context, member.email), context.deps.service.catalog
    refusal = NotAnOfficer(contact=catalog.municipality.support)
    if not (shown.services or shown.cases):
        raise refusal
    if context.request.opened_tab in ("", "home"):
        view = internal.internal_home(shown, catalog, refusal.in_words(context.words), context.words)
        await context.deps.slack.publish_home(context.request.user_id, view)


async def _load(context: SlackContext, address: str) -> InternalServices:
    deps, language = context.deps, context.words.language
    services = deps.service.catalog.services.values()
    found = [one for one in services if one.audience == "internal" and one.is_published]
    found.sort(key=lambda one: (sort_key(one.unit.in_(language)), sort_key(one.name.in_(language))))
    cases = await deps.service.database.read(lambda tx: _load_cases(tx, context, address))
    return InternalServices(found, cases, _public_url(context), bool(address))


def _public_url(context: SlackContext) -> str:
    return context.deps.public_url.rstrip("/")


def _load_cases(tx: Tx, context: SlackContext, address: str) -> list[ListedCase]:
    if not address:
        return []
    service = context.deps.service
    mailbox = tx.keys.hash_mailbox(address)
    applicant = Applicant(applicant_queries.find_applicant_ids(tx, mailbox), mailbox)
    internal_keys = {one.key for one in service.catalog.services.values() if one.audience == "internal"}
    return [
        one for one in list_applicant_cases(tx, applicant, service.clock()) if one.service in internal_keys
    ]


async def on_link(context: SlackContext, member: User) -> None:
    """Nothing to do: the link itself was opened."""


async def on_fill(context: SlackContext, member: User) -> None:
    """Open the form of a small e-service."""
    service = _require_fitting(context, context.request.action_argument)
    _require_address(member)
    await context.responder.open_view(_form_view(context, service, {}, uuid.uuid4().hex))


async def on_choice(context: SlackContext, member: User) -> None:
    """Show the questions that the new answer leads to, with what was typed."""
    form = context.request.form
    service = _require_fitting(context, internal_form.service_of(form))
    view = _form_view(context, service, read_answers(form), internal_form.opening_of(form))
    await context.responder.update_view(view)


async def on_submitted(context: SlackContext, member: User) -> None:
    """Open the case, once for each opening of the form, and say its number."""
    form = context.request.form
    service = _require_fitting(context, internal_form.service_of(form))
    _require_address(member)
    typed, opening = read_answers(form), internal_form.opening_of(form)
    definition = create_definition(service)
    result = _validate(context, definition, typed)
    if any(one.field not in typed for one in result.problems):
        await context.responder.replace_view(_form_view(context, service, typed, opening))
        return
    if errors := _errors(context, definition, result):
        await context.responder.show_field_errors(errors)
        return
    done = await context.deps.service.open_case(
        _command(context, service, result, member),
        Machine("form"),
        definition,
        idempotency_key=make_internal_form_key(opening),
    )
    context.performer.has_committed = True
    url = f"{_public_url(context)}/mina-sidor/arende/{done.case_id}"
    await context.responder.replace_view(internal_form.receipt(done.number, url, context.words))


def _require_address(member: User) -> None:
    if not member.email:
        raise AddressRequired


def _require_fitting(context: SlackContext, key: str) -> EService:
    """The e-service. Raises ServiceClosed where its form is not filled in in Slack, or no longer."""
    service = context.deps.service.catalog.service(key)
    if service is None or not fits_slack(service):
        raise ServiceClosed(service=service.name if service is not None else key)
    return service


def _form_view(context: SlackContext, service: EService, answers: Mapping[str, Any], opening: str) -> View:
    definition = create_definition(service)
    valid = _validate(context, definition, answers).by_field()
    questions = [one for one in definition.visible_fields(valid) if one.kind != "info"]
    url = f"{_public_url(context)}/e-tjanster/{service.slug}"
    return internal_form.internal_form(InternalForm(service, questions, answers, opening, url), context.words)


def _validate(context: SlackContext, definition: Definition, typed: Mapping[str, Any]) -> ValidationResult:
    known = {key: value for key, value in typed.items() if definition.field(key) is not None}
    today = local_day(context.deps.service.clock())
    return validate_answers(definition, known, context.words.language, today=today)


def _errors(context: SlackContext, definition: Definition, result: ValidationResult) -> dict[str, str]:
    """The errors by block_id; also of answers that tell of a person, which belong on the page."""
    errors = {block_id(one.field): problem_text(one, definition, context.words) for one in result.problems}
    for key, value in result.by_field().items():
        field = definition.field(key)
        if field is not None and not may_pass_through_slack(field, to_stored(value)):
            errors[block_id(key)] = context.words("internal.personal")
    return errors


def _command(context: SlackContext, service: EService, result: ValidationResult, member: User) -> SubmitCase:
    """The member is the applicant: Slack has confirmed their address."""
    answers = {key: to_stored(value) for key, value in result.by_field().items()}
    person = Person(
        id=uuid.uuid4().hex,
        name=member.name,
        email=member.email,
        language=context.words.language,
        address_state="source",
    )
    return SubmitCase(
        service=service.key,
        answers=Answers(definition=create_definition(service).digest, values=answers),
        people=(person,),
        origin="slack",
    )
