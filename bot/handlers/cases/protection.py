"""Marking a case as protected. The mark is lifted on the case page, where one has said why one opens it."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import protection
from bot.domain.actors import name_of
from bot.domain.protection import NobodyNamed
from bot.handlers.request.found_case import Found, find
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import origin


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:protect")(listening.opening(on_protect))
    app.view(protection.ID)(listening.acting(on_submitted))


async def on_protect(press: Press) -> None:
    """Open the dialog; what the rule would say in the end is said before."""
    found = (await find(press, press.target.case_id)).in_slack()
    if not found.service.protected_officers:
        raise NobodyNamed(contact=found.catalog.municipality.support)
    form = protection.protection_form(found.case, found.service, _named(found), origin(press), press.words)
    stays = press.officer.sees_protected_of(found.service.key)
    await press.open(form if stays else protection.with_warning(form, press.words))


async def on_submitted(press: Press) -> None:
    command = protection.read(press.view)
    found = await find(press, command.case_id)
    await press.perform(command)
    if press.officer.sees_protected_of(found.service.key):
        await refresh.change(press)
        return
    beneath = press.view.get("previous_view_id")
    if beneath:
        gone = protection.away(found.case.number, _named(found), press.words)
        press.later(press.put(str(beneath), gone))
    press.later(refresh.at_home(press))


def _named(found: Found) -> list[str]:
    """Who may open the case when it is marked."""
    return [name_of(f"officer:{key}", found.catalog) for key in found.service.protected_officers]
