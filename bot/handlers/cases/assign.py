"""Changing the assignees of a case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms.cases import assign
from bot.blocks.forms.cases.assign import AssignForm
from bot.blocks.forms.fields import MAX_OPTIONS
from bot.blocks.private import private_message
from bot.domain.assignment import (
    ChangeAssignees,
    assignee_labels,
    rebase_assignees,
)
from bot.domain.name_search import find_groups, find_officers
from bot.domain.rules import ChangedMeanwhile
from bot.handlers.cases.assignee_lookup import AssigneeLookup, find_assignees
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case, perform_on_visible
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.absence import describe_absent
from bot.handlers.screens.case_modal import form_origin, stored_form_origin
from bot.store.cases import officer_queries
from bot.text.working_days import local_day


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:officers")(listeners.for_modal(on_assign))
    app.action("case:handover")(listeners.for_modal(on_handover))
    app.options(assign.ASSIGNEES_FIELD)(listeners.for_options(on_options))
    app.view(assign.ID)(listeners.for_change(on_submitted))


async def on_assign(context: SlackContext) -> None:
    await open_form(context, await find_case(context, context.request.target.case_id))


async def on_handover(context: SlackContext) -> None:
    """Open the dialog as a handover, with the officer already removed."""
    await _open_handover(context, await find_case(context, context.request.target.case_id))


async def hand_over_from_command(context: SlackContext, found: FoundCase, text: str) -> None:
    """/arende lämna 123 till Björn: the dialog as a handover to those named; or reply which names are unknown."""
    lookup = await find_assignees(context, found, text)
    if problem := _describe_problem(context, found, lookup):
        await context.responder.respond_privately(private_message(problem))
        return
    await _open_handover(context, found, lookup.refs)


async def _open_handover(context: SlackContext, found: FoundCase, new: Sequence[str] = ()) -> None:
    """Open the dialog with the `new` assignees in the officer's place."""
    found.require_action("handover")
    others = [ref for ref in found.case.assignee_refs if ref != context.officer.ref]
    chosen = tuple(dict.fromkeys((*others, *new)))
    form = AssignForm(found.case, found.catalog, chosen, origin=form_origin(context), is_handover=True)
    await context.responder.open_view(assign.assign_form(form, context.words))


async def open_form(context: SlackContext, found: FoundCase, chosen: Sequence[str] | None = None) -> None:
    """Open the dialog with the current assignees, or with those in `chosen`."""
    found.require_action("officers")
    assignees = found.case.assignee_refs if chosen is None else chosen
    form = AssignForm(found.case, found.catalog, assignees, origin=form_origin(context))
    await context.responder.open_view(assign.assign_form(form, context.words))


async def on_options(context: SlackContext) -> list[dict[str, Any]]:
    """Possible assignees whose name matches what is typed."""
    found = await find_case(context, context.request.metadata["case"])
    today = local_day(context.deps.service.clock())
    text, service = context.request.text[:200], found.service.key
    groups = find_groups(found.catalog, service, today, text)
    people = find_officers(found.catalog, service, today, text, MAX_OPTIONS)
    if assign.is_handover(context.request.form):
        people = [one for one in people if one.key != context.officer.key]
    return assign.suggestions(people, groups, context.words, await describe_absent(context))


async def on_submitted(context: SlackContext) -> None:
    submitted = assign.read(context.request.form)
    database = context.deps.service.database
    await find_case(context, submitted.case_id)
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
        await perform_on_visible(context, command)
    except ChangedMeanwhile:
        found = await find_case(context, submitted.case_id)
        rebased_assignees = rebase_assignees(
            past_case.assignee_refs, submitted.assignees, found.case.assignee_refs
        )
        alert = f"{await _describe_change(context, found)} {context.words('form.kept')}"
        form = AssignForm(
            case=found.case,
            catalog=found.catalog,
            chosen_refs=rebased_assignees,
            reason=submitted.reason,
            origin=stored_form_origin(context),
            alert=alert,
            is_handover=submitted.is_handover,
        )
        await context.responder.replace_view(assign.assign_form(form, context.words))
        return
    await refresh.after_change(context)


async def _describe_change(context: SlackContext, found: FoundCase) -> str:
    last = await context.deps.service.database.read(
        lambda tx: officer_queries.find_last_assignment(tx, found.case.id)
    )
    words = context.words
    state = ", ".join(assignee_labels(found.case.assignee_refs, found.catalog, words)) or words(
        "label.unassigned"
    )
    if last is None:
        return words("no.othershaveit", state=state)
    name = assignee_labels([last.by], found.catalog, words)[0] if last.by.startswith("officer:") else ""
    return words(
        "no.changed",
        name=name or words("who.machine").capitalize(),
        time=words.moment(last.at),
        state=state,
    )


async def assign_from_command(context: SlackContext, found: FoundCase, text: str) -> None:
    """/arende tilldela 123 @anna @grupp: add assignees.

    Assignees are removed in the dialog only, which shows the change before it is made.
    """
    found.require_action("officers")
    lookup = await find_assignees(context, found, text)
    if problem := _describe_problem(context, found, lookup):
        await context.responder.respond_privately(private_message(problem))
        return
    assignees = _with_those_there(found, lookup)
    await context.performer.perform(
        ChangeAssignees(case_id=found.case.id, assignees=assignees, expected=found.case.assignee_refs)
    )
    away = await describe_absent(context)
    labels = assignee_labels(assignees, found.catalog, context.words)
    keys = [ref.removeprefix("officer:") for ref in assignees]
    names = context.words.list(
        f"{label} ({away[key]})" if key in away else label for label, key in zip(labels, keys, strict=True)
    )
    await refresh.reply_and_refresh(context, found, "command.officers", names=names)


def _with_those_there(found: FoundCase, lookup: AssigneeLookup) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*found.case.assignee_refs, *lookup.refs)))


async def open_from_command(context: SlackContext, found: FoundCase, text: str) -> None:
    """Open the dialog with the named ones added to the assignees; or reply which names are unknown."""
    lookup = await find_assignees(context, found, text)
    if problem := _describe_problem(context, found, lookup):
        await context.responder.respond_privately(private_message(problem))
        return
    await open_form(context, found, _with_those_there(found, lookup))


def _describe_problem(context: SlackContext, found: FoundCase, lookup: AssigneeLookup) -> str:
    """Which names are unknown or without access, and which are ambiguous; empty where there are none."""
    words = context.words
    sentences = [words("no.noaccount", n=lookup.unknown_accounts)] if lookup.unknown_accounts else []
    if lookup.unknown_words:
        quoted = words.list([words("text.quoted", text=word[:60]) for word in lookup.unknown_words[:10]])
        sentences.append(words("no.noname", names=quoted))
    for typed, refs in list(lookup.ambiguous.items())[:10]:
        names = words.either(assignee_labels(refs[:10], found.catalog, words))
        sentences.append(words("no.severalnames", name=typed[:60], names=names))
    return " ".join(sentences)
