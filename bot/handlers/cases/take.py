"""Taking and releasing a case."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms.cases import take
from bot.blocks.private import private_message
from bot.domain.assignment import AlreadyTaken, ReleaseCase, TakeCase
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case, load_officers_at, perform_on_visible
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:take")(listeners.for_change(on_take))
    app.view(take.ID)(listeners.for_change(on_submitted))


async def on_take(context: SlackContext) -> None:
    """Take the case. An officer who saw that others have it is asked whether to join or replace them."""
    target = context.request.target
    try:
        await perform_on_visible(context, TakeCase(case_id=target.case_id))
    except AlreadyTaken as taken:
        # Checked after a refusal only, so that an ordinary take needs no more queries.
        if not await load_officers_at(context, target.case_id, target.seq):
            raise
        if (
            context.request.is_in_private_message
        ):  # what was asked there is answered, and now asked in the dialog
            await context.responder.respond_privately(private_message(taken.in_words(context.words)))
        await _open_choice(context, target.case_id)
        return
    await refresh.after_press(context, "command.taken")


async def _open_choice(context: SlackContext, case_id: str) -> None:
    """Open the choice to join the assignees or to take the case over."""
    found = await find_case(context, case_id)
    context.performer.run_after_ack(
        context.responder.open_view(
            take.take_form(found.case, found.catalog, form_origin(context), context.words)
        )
    )


async def on_submitted(context: SlackContext) -> None:
    await perform_on_visible(context, take.read(context.request.form))
    await refresh.after_change(context)


async def take_from_command(context: SlackContext, found: FoundCase) -> None:
    """/arende ta 123. The person has not seen the card, so the refusal says who has the case."""
    try:
        await context.performer.perform(TakeCase(case_id=found.case.id))
    except AlreadyTaken:
        await _open_choice(context, found.case.id)
        return
    await refresh.reply_and_refresh(context, found, "command.taken")


async def release_from_command(context: SlackContext, found: FoundCase) -> None:
    """/arende lämna 123."""
    await context.performer.perform(ReleaseCase(case_id=found.case.id))
    await refresh.reply_and_refresh(context, found, "command.released")
