"""Changing the status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.case_words import status_name
from bot.blocks.forms import fields, status
from bot.blocks.forms.status import StatusForm
from bot.blocks.private import case_button
from bot.domain.actors import name_of
from bot.domain.rules import ChangedMeanwhile
from bot.domain.status import targets
from bot.handlers import after
from bot.handlers.case_modal import origin
from bot.handlers.cases import Found, find, perform
from bot.handlers.errors import Listening
from bot.handlers.press import Press


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:status")(listening.showing(on_status))
    app.action("case:reopen")(listening.showing(on_status))
    app.action(status.CHOICE)(listening.showing(on_status_chosen))
    app.view(status.ID)(listening.acting(on_status_submitted))


async def on_status(press: Press) -> None:
    await asked(press, await find(press, press.target.case_id), {})


async def asked(press: Press, found: Found, typed: Mapping[str, Any]) -> None:
    """Open the dialog, with what was typed already; or say why there is nothing to choose here."""
    if found.on_page_only and found.case.closed_at is not None:
        # Reopening asks for a reason, and nobody writes about such a case in Slack.
        await press.tell(press.words("no.onpage"), case_button("btn.page", found.case.id, press.words))
        return
    form = _form(press, found, typed, origin(press))
    if form.offered:
        await press.open(status.status_form(form, press.words))
        return
    if form.targets:
        await press.tell(press.words("no.onpage"), case_button("btn.page", found.case.id, press.words))
        return
    now = status_name(found.service, found.case.status, press.words)
    await press.tell(press.words("no.notargets", status=now))


async def on_status_chosen(press: Press) -> None:
    """What the applicant is told, and what the status asks for, follows the choice."""
    found = await find(press, press.ids["case"])
    alert = _stale(press, found) if found.case.status != press.ids["was"] else ""
    await press.redraw(_again(press, found, alert))


async def on_status_submitted(press: Press) -> None:
    command = status.read(press.view)
    try:
        await perform(press, command)
    except ChangedMeanwhile:
        found = await find(press, command.case_id)
        await press.show(_again(press, found, _stale(press, found)))
        return
    await after.change(press)


def _again(press: Press, found: Found, alert: str) -> dict[str, Any]:
    kept: dict[str, Any] = {name: press.ids[name] for name in ("tab", "page") if name in press.ids}
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
