"""Deciding who has a case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import holders
from bot.blocks.forms import assign
from bot.blocks.forms.assign import AssignForm
from bot.blocks.forms.fields import MOST_OPTIONS
from bot.blocks.private import private
from bot.domain.assignment import CaseIsClosed, ChangeAssignees, MayNotReassign, NotYours, rebased
from bot.domain.finding import groups_like, officers_like
from bot.domain.rules import ChangedMeanwhile
from bot.handlers.cases.assignee_lookup import Named, named
from bot.handlers.request.found_case import Found, find, perform
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import came_from, origin
from bot.store.cases import officer_queries
from bot.text.working_days import local_day


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:officers")(listening.opening(on_officers))
    app.action("case:handover")(listening.opening(on_handover))
    app.options(assign.CHOICE)(listening.suggesting(on_typed))
    app.view(assign.ID)(listening.acting(on_submitted))


async def on_officers(press: Press) -> None:
    await asked(press, await find(press, press.target.case_id))


async def on_handover(press: Press) -> None:
    """The same dialog, with oneself already taken out: somebody is to be chosen in one's place."""
    found = await find(press, press.target.case_id)
    _refuse(press, found)
    if press.officer.key not in found.case.officers:
        raise NotYours
    others = [ref for ref in found.case.holders if ref != press.officer.ref]
    form = AssignForm(found.case, found.catalog, others, origin=origin(press), handing_over=True)
    await press.open(assign.assign_form(form, press.words))


async def asked(press: Press, found: Found, chosen: Sequence[str] | None = None) -> None:
    """Open the dialog with those who have the case, or with those named already."""
    _refuse(press, found)
    holding = found.case.holders if chosen is None else chosen
    form = AssignForm(found.case, found.catalog, holding, origin=origin(press))
    await press.open(assign.assign_form(form, press.words))


def _refuse(press: Press, found: Found) -> None:
    """What the rule would say in the end is said before the dialog opens."""
    access = press.officer.access.get(found.service.key)
    if access is None or not access.may_reassign:
        raise MayNotReassign
    if found.case.closed_at is not None:
        raise CaseIsClosed


async def on_typed(press: Press) -> list[dict[str, Any]]:
    """Those whose name fits, of those who may have the case today."""
    found = await find(press, str(press.ids["case"]))
    today = local_day(press.kit.service.clock())
    typed, service = str(press.body.get("value") or "")[:200], found.service.key
    groups = groups_like(found.catalog, service, today, typed)
    people = officers_like(found.catalog, service, today, typed, MOST_OPTIONS)
    if assign.is_handover(press.view):
        people = [one for one in people if one.key != press.officer.key]
    return assign.suggestions(people, groups, press.words)


async def on_submitted(press: Press) -> None:
    chosen = assign.read(press.view)
    database = press.kit.service.database
    await find(press, chosen.case_id)
    seen = await database.read(lambda tx: officer_queries.case_then(tx, chosen.case_id, chosen.seq))
    command = ChangeAssignees(
        case_id=chosen.case_id, holders=chosen.holders, was=seen.holders, reason=chosen.reason
    )
    try:
        await perform(press, command)
    except ChangedMeanwhile:
        found = await find(press, chosen.case_id)
        mine = rebased(seen.holders, chosen.holders, found.case.holders)
        alert = f"{await _who_changed(press, found)} {press.words('form.kept')}"
        form = AssignForm(
            case=found.case,
            catalog=found.catalog,
            chosen=mine,
            reason=chosen.reason,
            origin=came_from(press),
            alert=alert,
            handing_over=chosen.handing_over,
        )
        await press.show(assign.assign_form(form, press.words))
        return
    await refresh.change(press)


async def _who_changed(press: Press, found: Found) -> str:
    last = await press.kit.service.database.read(lambda tx: officer_queries.last_assigned(tx, found.case.id))
    words = press.words
    state = ", ".join(holders(found.case.holders, found.catalog, words)) or words("label.none")
    if last is None:
        return words("no.othershaveit", state=state)
    name = holders([last.by], found.catalog, words)[0] if last.by.startswith("officer:") else ""
    return words(
        "no.changed",
        name=name or words("who.machine").capitalize(),
        time=words.moment(last.at),
        state=state,
    )


async def by_words(press: Press, found: Found, typed: str) -> None:
    """/arende tilldela 123 @anna @grupp: just those have the case from now on."""
    _refuse(press, found)
    meant = await named(press, found, typed)
    if said := _unknown(press, meant):
        await press.say(private(said))
        return
    await press.perform(ChangeAssignees(case_id=found.case.id, holders=meant.refs, was=found.case.holders))
    names = press.words.list(holders(meant.refs, found.catalog, press.words))
    await refresh.said(press, found, "command.officers", names=names)


async def asked_by_words(press: Press, found: Found, typed: str) -> None:
    """Open the dialog with those named; a name that is nobody's is told instead."""
    meant = await named(press, found, typed)
    if said := _unknown(press, meant):
        await press.say(private(said))
        return
    await asked(press, found, meant.refs or None)


def _unknown(press: Press, meant: Named) -> str:
    """Plainly which names are nobody's who may have the case; empty when all are known."""
    said = [press.words("no.noaccount", n=meant.strangers)] if meant.strangers else []
    if meant.unknown:
        unknown = press.words.list([f'"{one[:60]}"' for one in meant.unknown[:10]])
        said.append(press.words("no.noname", names=unknown))
    return " ".join(said)
