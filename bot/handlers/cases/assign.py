"""Deciding who has a case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import assign
from bot.blocks.forms.assign import AssignForm
from bot.blocks.forms.fields import MAX_OPTIONS
from bot.blocks.private import private_message
from bot.domain.assignment import (
    CaseIsClosed,
    ChangeAssignees,
    MayNotReassign,
    NotYours,
    assignee_labels,
    rebase_assignees,
)
from bot.domain.name_search import find_groups, find_officers
from bot.domain.rules import ChangedMeanwhile
from bot.handlers.cases.assignee_lookup import AssigneeLookup, find_assignees
from bot.handlers.request.found_case import FoundCase, find_case, perform_on_visible
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin, stored_form_origin
from bot.store.cases import officer_queries
from bot.text.working_days import local_day


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:officers")(listeners.for_modal(on_assign))
    app.action("case:handover")(listeners.for_modal(on_handover))
    app.options(assign.ASSIGNEES_FIELD)(listeners.for_options(on_options))
    app.view(assign.ID)(listeners.for_change(on_submitted))


async def on_assign(request: SlackRequest) -> None:
    await open_form(request, await find_case(request, request.target.case_id))


async def on_handover(request: SlackRequest) -> None:
    """The same dialog, with oneself already taken out: somebody is to be chosen in one's place."""
    found = await find_case(request, request.target.case_id)
    _require_may_assign(request, found)
    if request.officer.key not in found.case.officers:
        raise NotYours
    others = [ref for ref in found.case.assignee_refs if ref != request.officer.ref]
    form = AssignForm(found.case, found.catalog, others, origin=form_origin(request), is_handover=True)
    await request.open_view(assign.assign_form(form, request.words))


async def open_form(request: SlackRequest, found: FoundCase, chosen: Sequence[str] | None = None) -> None:
    """Open the dialog with those who have the case, or with those named already."""
    _require_may_assign(request, found)
    assignees = found.case.assignee_refs if chosen is None else chosen
    form = AssignForm(found.case, found.catalog, assignees, origin=form_origin(request))
    await request.open_view(assign.assign_form(form, request.words))


def _require_may_assign(request: SlackRequest, found: FoundCase) -> None:
    """What the rule would say in the end is said before the dialog opens."""
    access = request.officer.access.get(found.service.key)
    if access is None or not access.may_reassign:
        raise MayNotReassign
    if found.case.closed_at is not None:
        raise CaseIsClosed


async def on_options(request: SlackRequest) -> list[dict[str, Any]]:
    """Those whose name fits, of those who may have the case today."""
    found = await find_case(request, str(request.metadata["case"]))
    today = local_day(request.deps.service.clock())
    text, service = str(request.body.get("value") or "")[:200], found.service.key
    groups = find_groups(found.catalog, service, today, text)
    people = find_officers(found.catalog, service, today, text, MAX_OPTIONS)
    if assign.is_handover(request.view):
        people = [one for one in people if one.key != request.officer.key]
    return assign.suggestions(people, groups, request.words)


async def on_submitted(request: SlackRequest) -> None:
    submitted = assign.read(request.view)
    database = request.deps.service.database
    await find_case(request, submitted.case_id)
    past_case = await database.read(
        lambda tx: officer_queries.load_case_at_version(tx, submitted.case_id, submitted.seq)
    )
    command = ChangeAssignees(
        case_id=submitted.case_id,
        assignees=submitted.assignees,
        expected=past_case.assignee_refs,
        reason=submitted.reason,
    )
    try:
        await perform_on_visible(request, command)
    except ChangedMeanwhile:
        found = await find_case(request, submitted.case_id)
        rebased_assignees = rebase_assignees(
            past_case.assignee_refs, submitted.assignees, found.case.assignee_refs
        )
        alert = f"{await _describe_change(request, found)} {request.words('form.kept')}"
        form = AssignForm(
            case=found.case,
            catalog=found.catalog,
            chosen_refs=rebased_assignees,
            reason=submitted.reason,
            origin=stored_form_origin(request),
            alert=alert,
            is_handover=submitted.is_handover,
        )
        await request.replace_view(assign.assign_form(form, request.words))
        return
    await refresh.after_change(request)


async def _describe_change(request: SlackRequest, found: FoundCase) -> str:
    last = await request.deps.service.database.read(
        lambda tx: officer_queries.find_last_assignment(tx, found.case.id)
    )
    words = request.words
    state = ", ".join(assignee_labels(found.case.assignee_refs, found.catalog, words)) or words("label.none")
    if last is None:
        return words("no.othershaveit", state=state)
    name = assignee_labels([last.by], found.catalog, words)[0] if last.by.startswith("officer:") else ""
    return words(
        "no.changed",
        name=name or words("who.machine").capitalize(),
        time=words.moment(last.at),
        state=state,
    )


async def assign_from_command(request: SlackRequest, found: FoundCase, text: str) -> None:
    """/arende tilldela 123 @anna @grupp: they have the case besides those who have it.

    Others are taken away in the dialog, which says so before it is done.
    """
    _require_may_assign(request, found)
    lookup = await find_assignees(request, found, text)
    if problem := _describe_problem(request, found, lookup):
        await request.respond_privately(private_message(problem))
        return
    assignees = _with_those_there(found, lookup)
    await request.perform(
        ChangeAssignees(case_id=found.case.id, assignees=assignees, expected=found.case.assignee_refs)
    )
    names = request.words.list(assignee_labels(assignees, found.catalog, request.words))
    await refresh.reply_and_refresh(request, found, "command.officers", names=names)


def _with_those_there(found: FoundCase, lookup: AssigneeLookup) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*found.case.assignee_refs, *lookup.refs)))


async def open_from_command(request: SlackRequest, found: FoundCase, text: str) -> None:
    """Open the dialog with those named besides those who have the case; a name that is nobody's is told instead."""
    lookup = await find_assignees(request, found, text)
    if problem := _describe_problem(request, found, lookup):
        await request.respond_privately(private_message(problem))
        return
    await open_form(request, found, _with_those_there(found, lookup))


def _describe_problem(request: SlackRequest, found: FoundCase, lookup: AssigneeLookup) -> str:
    """Plainly which names are nobody's who may have the case, and which are several's; empty when all are known."""
    words = request.words
    sentences = [words("no.noaccount", n=lookup.unknown_accounts)] if lookup.unknown_accounts else []
    if lookup.unknown_words:
        quoted = words.list([f'"{word[:60]}"' for word in lookup.unknown_words[:10]])
        sentences.append(words("no.noname", names=quoted))
    for typed, refs in list(lookup.ambiguous.items())[:10]:
        names = words.either(assignee_labels(refs[:10], found.catalog, words))
        sentences.append(words("no.severalnames", name=typed[:60], names=names))
    return " ".join(sentences)
