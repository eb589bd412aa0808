"""Changing the status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import case_reference
from bot.blocks.cases.confirmation import Choice, which_question
from bot.blocks.forms import fields
from bot.blocks.forms.cases import status
from bot.blocks.forms.cases.status import StatusForm
from bot.blocks.private import private_message
from bot.blocks.values import MenuChoice, decode, encode
from bot.catalog.statuses import Status, StatusKind
from bot.domain.actors import officer_name
from bot.domain.rules import ChangedMeanwhile
from bot.domain.status import (
    MessageRequired,
    SetStatus,
    allowed_statuses,
    applicant_notice,
    current_status_name,
    status_name,
)
from bot.handlers.cases import correspondence
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import CasePageOnly, FoundCase, find_case, perform_on_visible
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin, stored_form_origin
from bot.store.cases import officer_queries
from bot.text.nearest import Match, find_named

CHOICE = "status:chosen"

KIND_WORDS: dict[str, StatusKind] = {
    "avslutat": "closed",
    "avslutad": "closed",
    "klart": "closed",
    "klar": "closed",
    "färdigt": "closed",
    "färdig": "closed",
    "closed": "closed",
    "done": "closed",
    "pågående": "in_progress",
    "under behandling": "in_progress",
    "in progress": "in_progress",
    "komplettering": "waiting_for_completion",
    "waiting for information": "waiting_for_completion",
}
"""Common words for kinds of status, whatever the municipality's own names are."""


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:status")(listeners.for_modal(on_status))
    app.action("case:reopen")(listeners.for_modal(on_status))
    app.action(status.STATUS_FIELD)(listeners.for_display(on_chosen))
    app.action(status.MESSAGE_ACTION)(listeners.for_display(on_message))
    app.view(status.ID)(listeners.for_change(on_submitted))
    app.action(CHOICE)(listeners.for_change(on_choice))


async def on_status(context: SlackContext) -> None:
    await open_form(context, await find_case(context, context.request.target.case_id), {})


async def open_form(context: SlackContext, found: FoundCase, values: Mapping[str, Any]) -> None:
    """Open the dialog with the values typed already. Raises NoStatusToSet, CasePageOnly and what else forbids it."""
    if found.case.closed_at is not None:
        # Reopening requires a reason, which is a text.
        found.require_in_slack().require_action("reopen")
    else:
        found.require_action("status")
    form = _build_form(context, found, values, form_origin(context))
    if not form.offered:
        raise CasePageOnly
    await context.responder.open_view(status.status_form(form, context.words))


async def on_chosen(context: SlackContext) -> None:
    """Refresh the dialog: the notice to the applicant and the required fields depend on the status."""
    found = await find_case(context, context.request.metadata["case"])
    alert = _describe_change(context, found) if found.case.status != context.request.metadata["was"] else ""
    await context.responder.update_view(_redraw_form(context, found, alert))


async def on_message(context: SlackContext) -> None:
    """The message that the chosen status is to follow is written in this dialog's place."""
    found = (await find_case(context, context.request.metadata["case"])).require_in_slack()
    command = status.read(context.request.form)
    if command.note:
        await context.responder.update_view(_redraw_form(context, found, context.words("no.notewithmessage")))
        return
    chosen = command.status
    view = await correspondence.build_view(context, found, stored_form_origin(context), chosen)
    # Whatever else is being drawn there: the press comes after it, and the form that it leads to is another.
    await context.responder.update_view_by_id(context.request.view.id, view)


async def on_submitted(context: SlackContext) -> None:
    command = status.read(context.request.form)
    if command.note or command.reason:
        (await find_case(context, command.case_id)).require_in_slack()
    try:
        await perform_on_visible(context, command)
    except MessageRequired:
        found = (await find_case(context, command.case_id)).require_in_slack()
        if command.note:
            alert = context.words("no.notewithmessage")
            await context.responder.replace_view(_redraw_form(context, found, alert))
            return
        view = await correspondence.build_view(context, found, stored_form_origin(context), command.status)
        await context.responder.replace_view(view)
        return
    except ChangedMeanwhile:
        found = await find_case(context, command.case_id)
        await context.responder.replace_view(_redraw_form(context, found, _describe_change(context, found)))
        return
    await refresh.after_change(context)


def _redraw_form(context: SlackContext, found: FoundCase, alert: str) -> dict[str, Any]:
    form_origin = stored_form_origin(context)
    form = _build_form(context, found, fields.read_values(context.request.form), form_origin, alert)
    return status.status_form(form, context.words)


def _build_form(
    context: SlackContext,
    found: FoundCase,
    values: Mapping[str, Any],
    form_origin: Mapping[str, Any],
    alert: str = "",
) -> StatusForm:
    return StatusForm(
        case=found.case,
        service=found.service,
        targets=allowed_statuses(found.case, context.officer, found.service),
        values=values,
        origin=form_origin,
        alert=alert,
    )


def _describe_change(context: SlackContext, found: FoundCase) -> str:
    words, case = context.words, found.case
    sentence = words(
        "no.changed",
        name=officer_name(case.status_by, found.catalog) or words("who.machine").capitalize(),
        time=words.moment(case.status_since),
        state=current_status_name(found.service, case, words),
    )
    return f"{sentence} {words('form.kept')}"


async def set_from_command(context: SlackContext, found: FoundCase, text: str) -> None:
    """/arende status 123 granskning: set at once where nothing more is required and the applicant is not notified.

    Otherwise the dialog opens, or a confirmation shows what the applicant will read.
    """
    match = match_status(context, found, text)
    chosen = match.found
    if chosen is None or chosen.key == found.case.status:
        await _respond_not_set(context, found, match, text)
    elif not (allowed := allowed_statuses(found.case, context.officer, found.service)):
        await context.responder.respond_privately(private_message(_explain_no_targets(context, found)))
    elif chosen not in allowed:
        # The rule refuses it, and says which statuses are allowed.
        await context.performer.perform(
            SetStatus(case_id=found.case.id, status=chosen.key, expected=found.case.status)
        )
    elif _needs_dialog(found, chosen):
        context.performer.run_after_ack(
            context.responder.run_with_placeholder(open_form(context, found, {"status": chosen.key}))
        )
    elif applicant_notice(chosen, found.case, found.service) is not None:
        case_name = case_reference(found.case, found.service, context.words)
        await _ask_which(context, found, [chosen], context.words("ask.status", case=case_name))
    else:
        await _set_status(context, found, chosen, expected=found.case.status)


def _needs_dialog(found: FoundCase, chosen: Status) -> bool:
    """Whether the status requires a text."""
    return chosen.requires is not None or found.case.closed_at is not None


async def _set_status(context: SlackContext, found: FoundCase, chosen: Status, *, expected: str) -> None:
    await context.performer.perform(SetStatus(case_id=found.case.id, status=chosen.key, expected=expected))
    name = status_name(found.service, chosen.key, context.words)
    await refresh.reply_and_refresh(
        context, found, "command.status", status=name, effect=_effect(context, found, chosen)
    )


def _effect(context: SlackContext, found: FoundCase, chosen: Status) -> str:
    """The sentence about the notice to the applicant; empty where there is none."""
    notice = applicant_notice(chosen, found.case, found.service)
    if notice is None:
        return context.words("status.silent")
    return context.words("status.told", told=notice.in_(context.words.language))


async def _ask_which(
    context: SlackContext, found: FoundCase, statuses: Sequence[Status], question: str
) -> None:
    words, case = context.words, found.case
    choices = [
        Choice(
            status_name(found.service, one.key, words),
            encode(MenuChoice(one.key, case.id, case.seq)),
            _effect(context, found, one),
        )
        for one in statuses
    ]
    await context.responder.respond_privately(which_question(question, CHOICE, choices, words))


async def on_choice(context: SlackContext) -> None:
    """Set the status chosen among the guesses, or confirmed with its consequence."""
    choice = decode(context.request.value, MenuChoice)
    found, key = await find_case(context, choice.case_id), choice.action
    chosen = found.service.status(key)
    if chosen is not None and _needs_dialog(found, chosen):
        context.performer.run_after_ack(
            context.responder.run_with_placeholder(open_form(context, found, {"status": key}))
        )
        return
    case_then = await context.deps.service.database.read(
        lambda tx: officer_queries.load_case_at_version(tx, choice.case_id, choice.seq)
    )
    command = SetStatus(case_id=found.case.id, status=key, expected=case_then.status)
    if chosen is None:
        await context.performer.perform(command)  # no longer in the catalog: the rule refuses it
        return
    await _set_status(context, found, chosen, expected=case_then.status)


async def open_from_command(context: SlackContext, found: FoundCase, text: str) -> None:
    """Open the dialog with the named status; or reply that there is no such status."""
    match = match_status(context, found, text)
    if text and (match.found is None or match.found.key == found.case.status):
        await _respond_not_set(context, found, match, text)
        return
    await open_form(context, found, {"status": match.found.key} if match.found else {})


def match_status(context: SlackContext, found: FoundCase, text: str) -> Match[Status]:
    """The e-service's status with that name in either language, or the only one of that kind.

    Guesses are limited to statuses that may be chosen now.
    """
    match = find_named(text, _status_names(found.service.statuses))
    if match.found is not None:
        return match
    allowed = allowed_statuses(found.case, context.officer, found.service)
    among_allowed = find_named(text, _status_names(allowed))
    if among_allowed.found is not None:
        return among_allowed
    kind = find_named(text, KIND_WORDS.items()).found
    of_kind = tuple(one for one in allowed if one.kind == kind)
    if len(of_kind) == 1 and not among_allowed.guesses:
        return Match(of_kind[0])
    return Match(guesses=tuple(dict.fromkeys((*among_allowed.guesses, *of_kind))) or match.guesses)


def _status_names(statuses: Iterable[Status]) -> list[tuple[str, Status]]:
    return [(name, one) for one in statuses for name in (one.name.sv, one.name.en)]


async def _respond_not_set(context: SlackContext, found: FoundCase, match: Match[Status], text: str) -> None:
    """Reply why nothing is changed: the case has the status, the name is ambiguous, or there is no such status."""
    words = context.words
    if match.guesses:
        await _ask_which(context, found, match.guesses, words("ask.which.status", word=text[:60]))
        return
    await context.responder.respond_privately(
        private_message(_explain_not_set(context, found, match.found, text))
    )


def _explain_not_set(context: SlackContext, found: FoundCase, chosen: Status | None, text: str) -> str:
    if chosen is not None:
        case_name = case_reference(found.case, found.service, context.words)
        name = status_name(found.service, chosen.key, context.words)
        return context.words("command.status.same", case=case_name, status=name)
    allowed = allowed_statuses(found.case, context.officer, found.service)
    names = [one.name.in_(context.words.language) for one in allowed]
    if not names:
        return _explain_no_targets(context, found)
    return context.words("no.statusname", word=text[:60], list=context.words.list(names))


def _explain_no_targets(context: SlackContext, found: FoundCase) -> str:
    status_now = current_status_name(found.service, found.case, context.words)
    return context.words("no.notargets", status=status_now)
