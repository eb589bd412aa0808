"""Marking a case as protected. The mark is lifted on the case page, where one has said why one opens it."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import protection
from bot.domain.actors import officer_name
from bot.domain.protection import NoProtectedOfficers
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:protect")(listeners.for_modal(on_protect))
    app.view(protection.ID)(listeners.for_change(on_submitted))


async def on_protect(request: SlackRequest) -> None:
    """Open the dialog; what the rule would say in the end is said before."""
    found = (await find_case(request, request.target.case_id)).require_in_slack()
    if not found.service.protected_officers:
        raise NoProtectedOfficers(contact=found.catalog.municipality.support)
    form = protection.protection_form(
        found.case, found.service, _protected_officer_names(found), form_origin(request), request.words
    )
    keeps_access = request.officer.may_see_protected(found.service.key)
    await request.open_view(form if keeps_access else protection.with_warning(form, request.words))


async def on_submitted(request: SlackRequest) -> None:
    command = protection.read(request.view)
    found = await find_case(request, command.case_id)
    await request.perform(command)
    if request.officer.may_see_protected(found.service.key):
        await refresh.after_change(request)
        return
    parent_view_id = request.view.get("previous_view_id")
    if parent_view_id:
        hidden_view = protection.case_hidden(
            found.case.number, _protected_officer_names(found), request.words
        )
        request.run_after_ack(request.update_view_by_id(str(parent_view_id), hidden_view))
    request.run_after_ack(refresh.refresh_home(request))


def _protected_officer_names(found: FoundCase) -> list[str]:
    """Who may open the case when it is marked."""
    return [officer_name(f"officer:{key}", found.catalog) for key in found.service.protected_officers]
