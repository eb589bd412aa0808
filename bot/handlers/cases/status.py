"""Changing the status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapidfuzz import fuzz, process
from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import called, status_name
from bot.blocks.forms import fields, status
from bot.blocks.forms.status import StatusForm
from bot.blocks.private import private
from bot.catalog.statuses import Status
from bot.domain.actors import name_of
from bot.domain.rules import ChangedMeanwhile
from bot.domain.status import SetStatus, targets
from bot.handlers.request.found_case import Found, OnPageOnly, find, perform
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import came_from, origin
from bot.text import fold

_ALIKE = 80.0


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:status")(listening.opening(on_status))
    app.action("case:reopen")(listening.opening(on_status))
    app.action(status.CHOICE)(listening.showing(on_status_chosen))
    app.view(status.ID)(listening.acting(on_status_submitted))


async def on_status(press: Press) -> None:
    await asked(press, await find(press, press.target.case_id), {})


async def asked(press: Press, found: Found, typed: Mapping[str, Any]) -> None:
    """Open the dialog, with what was typed already; or say why there is nothing to choose here."""
    if found.case.closed_at is not None:
        found.in_slack()  # reopening asks for a reason
    form = _form(press, found, typed, origin(press))
    if form.offered:
        await press.open(status.status_form(form, press.words))
        return
    if form.targets:
        raise OnPageOnly
    await press.tell(_no_targets(press, found))


async def on_status_chosen(press: Press) -> None:
    """What the applicant is told, and what the status asks for, follows the choice."""
    found = await find(press, press.ids["case"])
    alert = _stale(press, found) if found.case.status != press.ids["was"] else ""
    await press.redraw(_again(press, found, alert))


async def on_status_submitted(press: Press) -> None:
    command = status.read(press.view)
    if command.message or command.note or command.reason:
        (await find(press, command.case_id)).in_slack()
    try:
        await perform(press, command)
    except ChangedMeanwhile:
        found = await find(press, command.case_id)
        await press.show(_again(press, found, _stale(press, found)))
        return
    await refresh.change(press)


def _again(press: Press, found: Found, alert: str) -> dict[str, Any]:
    kept = came_from(press)
    form = _form(press, found, fields.values(press.view), kept, alert)
    return status.status_form(form, press.words)


def _form(
    press: Press, found: Found, typed: Mapping[str, Any], came_from: Mapping[str, Any], alert: str = ""
) -> StatusForm:
    return StatusForm(
        case=found.case,
        service=found.service,
        targets=targets(found.case, press.officer, found.service),
        typed=typed,
        origin=came_from,
        alert=alert,
    )


def _stale(press: Press, found: Found) -> str:
    words, case = press.words, found.case
    said = words(
        "no.changed",
        name=name_of(case.status_by, found.catalog) or words("who.machine").capitalize(),
        time=words.moment(case.status_since),
        state=status_name(found.service, case.status, words),
    )
    return f"{said} {words('form.kept')}"


async def by_words(press: Press, found: Found, typed: str) -> None:
    """/arende status 123 granskning: set at once, where the status asks for nothing more; else the dialog opens."""
    chosen = _named(found, typed)
    if chosen is None or chosen.key == found.case.status:
        await press.say(private(_not_set(press, found, chosen, typed)))
        return
    allowed = targets(found.case, press.officer, found.service)
    if chosen in allowed and (chosen.requires or found.case.closed_at is not None):
        press.later(press.ahead(asked(press, found, {"status": chosen.key})))
        return
    if not allowed:
        await press.say(private(_no_targets(press, found)))
        return
    # One that is not allowed from here is refused by the rule, which says what is.
    await press.perform(SetStatus(case_id=found.case.id, status=chosen.key, was=found.case.status))
    name = status_name(found.service, chosen.key, press.words)
    await refresh.said(press, found, "command.status", status=name)


async def asked_by_words(press: Press, found: Found, typed: str) -> None:
    """Open the dialog with the status that was named; of one that is none, it is told."""
    chosen = _named(found, typed)
    if typed and (chosen is None or chosen.key == found.case.status):
        await press.say(private(_not_set(press, found, chosen, typed)))
        return
    await asked(press, found, {"status": chosen.key} if chosen else {})


def _named(found: Found, typed: str) -> Status | None:
    """The e-service's status that is called that in either language, or nearly so."""
    named = {fold(name): one for one in found.service.statuses for name in (one.name.sv, one.name.en)}
    best = process.extractOne(fold(typed), list(named), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return named[best[0]] if typed and best else None


def _not_set(press: Press, found: Found, chosen: Status | None, typed: str) -> str:
    """Why nothing is changed: there is no such status, or the case has it."""
    if chosen is not None:
        about = called(found.case, found.service, press.words)
        name = status_name(found.service, chosen.key, press.words)
        return press.words("command.status.same", case=about, status=name)
    allowed = targets(found.case, press.officer, found.service)
    names = [one.name.in_(press.words.language) for one in allowed]
    if not names:
        return _no_targets(press, found)
    return press.words("no.statusname", word=typed[:60], list=press.words.list(names))


def _no_targets(press: Press, found: Found) -> str:
    now = status_name(found.service, found.case.status, press.words)
    return press.words("no.notargets", status=now)
