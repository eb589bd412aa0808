"""Marking a case as protected. The mark is removed on the case page only, which requires a reason to be opened."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms.cases import protection
from bot.domain.actors import officer_name
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:protect")(listeners.for_modal(on_protect))
    app.view(protection.ID)(listeners.for_change(on_submitted))


async def on_protect(context: SlackContext) -> None:
    """Open the dialog, after checking the rule."""
    found = await find_case(context, context.request.target.case_id)
    found.require_in_slack().require_action("protect")
    form = protection.protection_form(
        found.case, found.service, _protected_officer_names(found), form_origin(context), context.words
    )
    keeps_access = context.officer.may_see_protected(found.service.key)
    await context.responder.open_view(form if keeps_access else protection.with_warning(form, context.words))


async def on_submitted(context: SlackContext) -> None:
    command = protection.read(context.request.form)
    found = await find_case(context, command.case_id)
    await context.performer.perform(command)
    if context.officer.may_see_protected(found.service.key):
        await refresh.after_change(context)
        return
    parent_view_id = context.request.view.previous_view_id
    if parent_view_id:
        hidden_view = protection.case_hidden(
            found.case.number, _protected_officer_names(found), context.words
        )
        context.performer.run_after_ack(context.responder.update_view_by_id(str(parent_view_id), hidden_view))
    context.performer.run_after_ack(refresh.refresh_home(context))


def _protected_officer_names(found: FoundCase) -> list[str]:
    """The names of those who may open the case once it is marked."""
    return [officer_name(f"officer:{key}", found.catalog) for key in found.service.protected_officers]
