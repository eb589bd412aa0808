"""Putting a case on hold. The hold is ended by one press (`ReleaseHold`)."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms.cases import hold
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin
from bot.text.working_days import local_day


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:hold")(listeners.for_modal(on_hold))
    app.view(hold.ID)(listeners.for_change(on_submitted))


async def on_hold(context: SlackContext) -> None:
    """Open the dialog."""
    found = await find_case(context, context.request.target.case_id)
    found.require_in_slack().require_action("hold")
    await context.responder.open_view(
        hold.hold_form(found.case, found.service, form_origin(context), context.words)
    )


async def on_submitted(context: SlackContext) -> None:
    command = hold.read(context.request.form)
    (await find_case(context, command.case_id)).require_in_slack()
    if problems := command.find_problems(local_day(context.deps.service.clock())):
        await context.responder.show_refusals(problems, hold.FIELDS)
        return
    await context.performer.perform(command)
    await refresh.after_change(context)
