"""Deleting a case by its dialog, and restoring it by a slash command."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms.cases import delete
from bot.domain.deletion import HappenedMeanwhile, RestoreCase
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case, find_deleted_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin
from bot.text.working_days import local_day


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:delete")(listeners.for_modal(on_delete))
    app.view(delete.ID)(listeners.for_change(on_submitted))


async def on_delete(context: SlackContext) -> None:
    found = await find_case(context, context.request.target.case_id)
    await _open_form(context, found, form_origin(context))


async def open_from_command(context: SlackContext, found: FoundCase, _: str) -> None:
    await _open_form(context, found, {})


async def _open_form(context: SlackContext, found: FoundCase, origin: dict[str, Any]) -> None:
    """Open the dialog, after checking the rule. Texts about a strict case are written on its page only."""
    found.require_in_slack().require_action("delete")
    await context.responder.open_view(delete.delete_form(found.case, found.service, origin, context.words))


async def on_submitted(context: SlackContext) -> None:
    command = delete.read(context.request.form)
    found = (await find_case(context, command.case_id)).require_in_slack()
    if problems := command.find_problems(found.case, local_day(context.deps.service.clock())):
        await context.responder.show_refusals(problems, delete.FIELDS)
        return
    try:
        await context.performer.perform(command)
    except HappenedMeanwhile:
        context.responder.renew_form_metadata(seq=found.case.seq)
        raise
    await context.responder.close_form(context.words("ok.deleted", number=found.case.number))
    parent_view_id = context.request.view.previous_view_id
    if parent_view_id and "tab" in context.request.metadata:
        text = context.words("ok.deleted", number=found.case.number)
        gone = delete.case_gone(found.case.number, text, context.words)
        context.performer.run_after_ack(context.responder.update_view_by_id(str(parent_view_id), gone))
    context.performer.run_after_ack(refresh.refresh_home(context))


async def restore_from_command(context: SlackContext, case_id: str) -> None:
    """Restore the case with that id, and reply so with a button to it."""
    await find_deleted_case(context, case_id)
    await context.performer.perform(RestoreCase(case_id=case_id))
    await refresh.reply_and_refresh(context, await find_case(context, case_id), "ok.restored")
