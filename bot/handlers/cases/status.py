"""Changing the status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import case_reference
from bot.blocks.cases.confirmation import Choice, which_question
from bot.blocks.forms import fields, status
from bot.blocks.forms.status import StatusForm
from bot.blocks.private import private_message
from bot.blocks.values import MenuChoice, decode, encode
from bot.catalog.statuses import Status, StatusKind
from bot.domain.actors import officer_name
from bot.domain.rules import ChangedMeanwhile
from bot.domain.status import SetStatus, allowed_statuses, applicant_notice, status_name
from bot.handlers.request.found_case import CasePageOnly, FoundCase, find_case, perform_on_visible
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin, stored_form_origin
from bot.store.cases import officer_queries
from bot.text.nearest import Match, find_named

CHOICE = "status:chosen"

KIND_WORDS: dict[str, StatusKind] = {
    "avslutat": "closed",
    "avslutad": "closed",
    "klart": "closed",
    "closed": "closed",
    "done": "closed",
    "pågående": "in_progress",
    "under behandling": "in_progress",
    "in progress": "in_progress",
    "komplettering": "waiting_for_completion",
    "waiting for information": "waiting_for_completion",
}
"""What people call a kind of status, whatever the municipality calls its own."""


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:status")(listeners.for_modal(on_status))
    app.action("case:reopen")(listeners.for_modal(on_status))
    app.action(status.STATUS_FIELD)(listeners.for_display(on_chosen))
    app.view(status.ID)(listeners.for_change(on_submitted))
    app.action(CHOICE)(listeners.for_change(on_choice))


async def on_status(request: SlackRequest) -> None:
    await open_form(request, await find_case(request, request.target.case_id), {})


async def open_form(request: SlackRequest, found: FoundCase, values: Mapping[str, Any]) -> None:
    """Open the dialog, with what was typed already; or say why there is nothing to choose here."""
    if found.case.closed_at is not None:
        found.require_in_slack()  # reopening asks for a reason
    form = _build_form(request, found, values, form_origin(request))
    if form.offered:
        await request.open_view(status.status_form(form, request.words))
        return
    if form.targets:
        raise CasePageOnly
    await request.respond(_explain_no_targets(request, found))


async def on_chosen(request: SlackRequest) -> None:
    """What the applicant is told, and what the status asks for, follows the choice."""
    found = await find_case(request, request.metadata["case"])
    alert = _describe_change(request, found) if found.case.status != request.metadata["was"] else ""
    await request.update_view(_redraw_form(request, found, alert))


async def on_submitted(request: SlackRequest) -> None:
    command = status.read(request.view)
    if command.message or command.note or command.reason:
        (await find_case(request, command.case_id)).require_in_slack()
    try:
        await perform_on_visible(request, command)
    except ChangedMeanwhile:
        found = await find_case(request, command.case_id)
        await request.replace_view(_redraw_form(request, found, _describe_change(request, found)))
        return
    await refresh.after_change(request)


def _redraw_form(request: SlackRequest, found: FoundCase, alert: str) -> dict[str, Any]:
    form_origin = stored_form_origin(request)
    form = _build_form(request, found, fields.read_values(request.view), form_origin, alert)
    return status.status_form(form, request.words)


def _build_form(
    request: SlackRequest,
    found: FoundCase,
    values: Mapping[str, Any],
    form_origin: Mapping[str, Any],
    alert: str = "",
) -> StatusForm:
    return StatusForm(
        case=found.case,
        service=found.service,
        targets=allowed_statuses(found.case, request.officer, found.service),
        values=values,
        origin=form_origin,
        alert=alert,
    )


def _describe_change(request: SlackRequest, found: FoundCase) -> str:
    words, case = request.words, found.case
    sentence = words(
        "no.changed",
        name=officer_name(case.status_by, found.catalog) or words("who.machine").capitalize(),
        time=words.moment(case.status_since),
        state=status_name(found.service, case.status, words),
    )
    return f"{sentence} {words('form.kept')}"


async def set_from_command(request: SlackRequest, found: FoundCase, text: str) -> None:
    """/arende status 123 granskning: set at once, where the applicant is told nothing and nothing more is required.

    Else the dialog opens, or it is asked first: what the applicant will read is shown before it is sent.
    """
    match = _match_status(request, found, text)
    chosen = match.found
    if chosen is None or chosen.key == found.case.status:
        await _respond_not_set(request, found, match, text)
    elif not (allowed := allowed_statuses(found.case, request.officer, found.service)):
        await request.respond_privately(private_message(_explain_no_targets(request, found)))
    elif chosen not in allowed:
        # Refused by the rule, which says what is allowed.
        await request.perform(SetStatus(case_id=found.case.id, status=chosen.key, expected=found.case.status))
    elif _needs_dialog(found, chosen):
        request.run_after_ack(request.run_with_placeholder(open_form(request, found, {"status": chosen.key})))
    elif applicant_notice(chosen, found.case, found.service) is not None:
        case_name = case_reference(found.case, found.service, request.words)
        await _ask_which(request, found, [chosen], request.words("ask.status", case=case_name))
    else:
        await _set_status(request, found, chosen, expected=found.case.status)


def _needs_dialog(found: FoundCase, chosen: Status) -> bool:
    """Whether the status requires a text."""
    return chosen.requires is not None or found.case.closed_at is not None


async def _set_status(request: SlackRequest, found: FoundCase, chosen: Status, *, expected: str) -> None:
    await request.perform(SetStatus(case_id=found.case.id, status=chosen.key, expected=expected))
    name = status_name(found.service, chosen.key, request.words)
    await refresh.reply_and_refresh(
        request, found, "command.status", status=name, effect=_effect(request, found, chosen)
    )


def _effect(request: SlackRequest, found: FoundCase, chosen: Status) -> str:
    """What the applicant is told of the status, if anything."""
    notice = applicant_notice(chosen, found.case, found.service)
    if notice is None:
        return request.words("status.silent")
    return request.words("status.told", told=notice.in_(request.words.language))


async def _ask_which(
    request: SlackRequest, found: FoundCase, statuses: Sequence[Status], question: str
) -> None:
    words, case = request.words, found.case
    choices = [
        Choice(
            status_name(found.service, one.key, words),
            encode(MenuChoice(one.key, case.id, case.seq)),
            _effect(request, found, one),
        )
        for one in statuses
    ]
    await request.respond_privately(which_question(question, CHOICE, choices, words))


async def on_choice(request: SlackRequest) -> None:
    """One of the statuses that may have been meant, or the one whose consequence was shown."""
    choice = decode(request.value, MenuChoice)
    found, key = await find_case(request, choice.case_id), choice.action
    chosen = found.service.status(key)
    if chosen is not None and _needs_dialog(found, chosen):
        request.run_after_ack(request.run_with_placeholder(open_form(request, found, {"status": key})))
        return
    case_then = await request.deps.service.database.read(
        lambda tx: officer_queries.load_case_at_version(tx, choice.case_id, choice.seq)
    )
    command = SetStatus(case_id=found.case.id, status=key, expected=case_then.status)
    if chosen is None:
        await request.perform(command)  # the catalog has it no longer: refused by the rule
        return
    await _set_status(request, found, chosen, expected=case_then.status)


async def open_from_command(request: SlackRequest, found: FoundCase, text: str) -> None:
    """Open the dialog with the status that was named; of one that is none, it is told."""
    match = _match_status(request, found, text)
    if text and (match.found is None or match.found.key == found.case.status):
        await _respond_not_set(request, found, match, text)
        return
    await open_form(request, found, {"status": match.found.key} if match.found else {})


def _match_status(request: SlackRequest, found: FoundCase, text: str) -> Match[Status]:
    """The e-service's status that is called that in either language, or is the only one of that kind.

    Where several may be meant, it is one of those that may be chosen now.
    """
    match = find_named(text, _status_names(found.service.statuses))
    if match.found is not None:
        return match
    allowed = allowed_statuses(found.case, request.officer, found.service)
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


async def _respond_not_set(request: SlackRequest, found: FoundCase, match: Match[Status], text: str) -> None:
    """Why nothing is changed: the case has the status, several may be meant, or there is no such."""
    words = request.words
    if match.guesses:
        await _ask_which(request, found, match.guesses, words("ask.which.status", word=text[:60]))
        return
    await request.respond_privately(private_message(_explain_not_set(request, found, match.found, text)))


def _explain_not_set(request: SlackRequest, found: FoundCase, chosen: Status | None, text: str) -> str:
    if chosen is not None:
        case_name = case_reference(found.case, found.service, request.words)
        name = status_name(found.service, chosen.key, request.words)
        return request.words("command.status.same", case=case_name, status=name)
    allowed = allowed_statuses(found.case, request.officer, found.service)
    names = [one.name.in_(request.words.language) for one in allowed]
    if not names:
        return _explain_no_targets(request, found)
    return request.words("no.statusname", word=text[:60], list=request.words.list(names))


def _explain_no_targets(request: SlackRequest, found: FoundCase) -> str:
    status_now = status_name(found.service, found.case.status, request.words)
    return request.words("no.notargets", status=status_now)
