"""Changing the status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapidfuzz import fuzz, process
from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import case_reference
from bot.blocks.forms import fields, status
from bot.blocks.forms.status import StatusForm
from bot.blocks.private import private_message
from bot.catalog.statuses import Status
from bot.domain.actors import officer_name
from bot.domain.rules import ChangedMeanwhile
from bot.domain.status import SetStatus, allowed_statuses, status_name
from bot.handlers.request.found_case import CasePageOnly, FoundCase, find_case, perform_on_visible
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin, stored_form_origin
from bot.text import fold

_MIN_SIMILARITY = 80.0


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:status")(listeners.for_modal(on_status))
    app.action("case:reopen")(listeners.for_modal(on_status))
    app.action(status.STATUS_FIELD)(listeners.for_display(on_chosen))
    app.view(status.ID)(listeners.for_change(on_submitted))


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
    """/arende status 123 granskning: set at once, where the status asks for nothing more; else the dialog opens."""
    chosen = _match_status(found, text)
    if chosen is None or chosen.key == found.case.status:
        await request.respond_privately(private_message(_explain_not_set(request, found, chosen, text)))
        return
    allowed = allowed_statuses(found.case, request.officer, found.service)
    if chosen in allowed and (chosen.requires or found.case.closed_at is not None):
        request.run_after_ack(request.run_with_placeholder(open_form(request, found, {"status": chosen.key})))
        return
    if not allowed:
        await request.respond_privately(private_message(_explain_no_targets(request, found)))
        return
    # One that is not allowed from here is refused by the rule, which says what is.
    await request.perform(SetStatus(case_id=found.case.id, status=chosen.key, expected=found.case.status))
    name = status_name(found.service, chosen.key, request.words)
    await refresh.reply_and_refresh(request, found, "command.status", status=name)


async def open_from_command(request: SlackRequest, found: FoundCase, text: str) -> None:
    """Open the dialog with the status that was named; of one that is none, it is told."""
    chosen = _match_status(found, text)
    if text and (chosen is None or chosen.key == found.case.status):
        await request.respond_privately(private_message(_explain_not_set(request, found, chosen, text)))
        return
    await open_form(request, found, {"status": chosen.key} if chosen else {})


def _match_status(found: FoundCase, text: str) -> Status | None:
    """The e-service's status that is called that in either language, or nearly so."""
    statuses_by_name = {
        fold(name): one for one in found.service.statuses for name in (one.name.sv, one.name.en)
    }
    best = process.extractOne(
        fold(text), list(statuses_by_name), scorer=fuzz.ratio, score_cutoff=_MIN_SIMILARITY
    )
    return statuses_by_name[best[0]] if text and best else None


def _explain_not_set(request: SlackRequest, found: FoundCase, chosen: Status | None, text: str) -> str:
    """Why nothing is changed: there is no such status, or the case has it."""
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
