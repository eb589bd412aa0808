"""Officers' own flags, and reminders of them; and their own marks that a case is unread."""

from __future__ import annotations

from datetime import date, datetime

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import case_reference
from bot.blocks.forms.cases import flag
from bot.blocks.forms.fields import MAX_TEXT_LENGTH
from bot.blocks.private import case_button, private_message
from bot.blocks.values import MenuChoice, decode
from bot.domain.flags import (
    MAX_NOTE_LENGTH,
    SNOOZES,
    FlagNoteTooLong,
    NotFlagged,
    Snooze,
    create_flag,
    snooze_until,
)
from bot.domain.rules import UnknownCase
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin
from bot.store.lists.queries import unread
from bot.store.officers import flags


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:flag")(listeners.for_modal(on_flag))
    app.action("case:unflag")(listeners.for_change(on_unflag))
    app.action("flag:snooze")(listeners.for_change(on_snooze))
    app.action("flag:done")(listeners.for_change(on_done))
    app.action("case:unread")(listeners.for_change(on_marked_unread))
    app.view(flag.ID)(listeners.for_change(on_submitted))


async def on_flag(context: SlackContext) -> None:
    await open_form(context, await find_case(context, context.request.target.case_id))


async def open_form(context: SlackContext, found: FoundCase, text: str = "") -> None:
    """Open the dialog with the current flag, or with the text after the command. Raises FlagNoteTooLong."""
    found.require_action("flag")
    if len(text) > MAX_TEXT_LENGTH:
        raise FlagNoteTooLong(n=len(text) - MAX_NOTE_LENGTH)
    current_flag = await context.deps.service.database.read(
        lambda tx: flags.find_for_case(tx, context.officer.key, found.case.id)
    )
    view = flag.flag_form(
        found.case, found.service, form_origin(context), context.words, (current_flag, text)
    )
    await context.responder.open_view(view)


async def on_submitted(context: SlackContext) -> None:
    """Save the flag. A form opened from a card is replaced by a confirmation, since the card does not show flags."""
    case_id, note, day = flag.read(context.request.form)
    found = await find_case(context, case_id)
    hours = found.catalog.municipality.hours
    remind_on = date.fromisoformat(day) if day else None
    now = context.deps.service.clock()
    new_flag = create_flag(case_id, note, remind_on, now, hours.opens)
    if not await context.deps.service.database.write(
        lambda tx: flags.save(tx, context.officer, new_flag, now)
    ):
        raise UnknownCase(number="")
    if "tab" not in context.request.metadata:
        await context.responder.replace_view(flag.flag_saved("flag.set", context.words))
        return
    await refresh.after_change(context)


async def on_unflag(context: SlackContext) -> None:
    """Remove the flag. The case's modal is refreshed; elsewhere a confirmation is shown."""
    found = await find_case(context, context.request.target.case_id)
    await remove_flag(context, found)
    if context.request.view.callback_id == flag.ID:
        context.performer.run_after_ack(
            context.responder.update_view_by_id(
                context.request.view.id, flag.flag_saved("flag.gone", context.words)
            )
        )
        context.performer.run_after_ack(refresh.refresh_parent_view(context))
    elif context.request.is_in_view:
        await refresh.after_change(context)
    else:
        await _confirm_removed(context, found)


async def remove_flag(context: SlackContext, found: FoundCase) -> None:
    """Remove the flag. Raises NotFlagged where there was none."""
    if not await _delete_flag(context, found):
        raise NotFlagged


async def _delete_flag(context: SlackContext, found: FoundCase) -> bool:
    officer, case_id = context.officer.key, found.case.id
    return await context.deps.service.database.write(lambda tx: flags.remove(tx, officer, case_id))


async def _confirm_removed(context: SlackContext, found: FoundCase) -> None:
    case_name = case_reference(found.case, found.service, context.words)
    flag_again = case_button("btn.flag", found.case.id, context.words)
    await context.responder.respond_privately(
        private_message(context.words("command.unflagged", case=case_name), flag_again)
    )


async def unflag_from_command(context: SlackContext, found: FoundCase) -> None:
    """/arende avflagga 123. The reply names the case, which the person has not seen."""
    if await _delete_flag(context, found):
        await _confirm_removed(context, found)
        return
    case_name = case_reference(found.case, found.service, context.words)
    await context.responder.respond_privately(
        private_message(context.words("command.notflagged", case=case_name))
    )


async def on_marked_unread(context: SlackContext) -> None:
    """Markera som oläst: mark the case, and replace its modal: shown again, it would be read."""
    found = (await find_case(context, context.request.target.case_id)).require_action("unread")
    officer, case_id, now = context.officer, found.case.id, context.deps.service.clock()
    database = context.deps.service.database
    if not await database.write(lambda tx: unread.mark_unread(tx, officer, [case_id], now)):
        raise UnknownCase(number="")
    if not context.request.is_in_view:
        await context.responder.respond_privately(private_message(context.words("ok.unread")))
        return
    view = flag.marked_unread(context.words)
    context.performer.run_after_ack(context.responder.update_view_by_id(context.request.view.id, view))
    context.performer.run_after_ack(refresh.refresh_home(context))


async def on_done(context: SlackContext) -> None:
    """Done, in a reminder. The flag remains with its note, since it may mark more than the reminder."""
    found = await find_case(context, context.request.target.case_id)
    officer, case_id = context.officer, found.case.id
    if not await context.deps.service.database.write(lambda tx: flags.end_reminder(tx, officer, case_id)):
        raise NotFlagged
    _replace_reminder(
        context, found, context.words("reminder.done", case=_name(context, found)), "btn.unflag"
    )


async def on_snooze(context: SlackContext) -> None:
    found = await find_case(context, context.request.target.case_id)
    chosen = decode(context.request.value, MenuChoice).action
    snooze: Snooze = next((one for one in SNOOZES if one == chosen), "hour")
    now = context.deps.service.clock()
    remind_at = snooze_until(snooze, now, found.catalog.municipality.hours.opens)
    if not await _remind_again(context, found.case.id, remind_at):
        raise NotFlagged
    time = context.words.moment(remind_at)
    _replace_reminder(context, found, context.words("reminder.again", case=_name(context, found), time=time))


def _name(context: SlackContext, found: FoundCase) -> str:
    return case_reference(found.case, found.service, context.words)


def _replace_reminder(context: SlackContext, found: FoundCase, text: str, *keys: str) -> None:
    """Replace the reminder by a confirmation without buttons."""
    buttons = [case_button(key, found.case.id, context.words) for key in ("btn.show", *keys)]
    context.responder.replace_message(private_message(text, *buttons))


async def _remind_again(context: SlackContext, case_id: str, remind_at: datetime) -> bool:
    database = context.deps.service.database
    return (
        await database.write(lambda tx: flags.postpone_reminder(tx, context.officer, case_id, remind_at))
        is not None
    )
