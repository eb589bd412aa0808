"""An officer's own flags, and being reminded of them."""

from __future__ import annotations

from datetime import date, datetime

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import case_reference
from bot.blocks.forms import flag
from bot.blocks.private import case_button, private_message
from bot.blocks.values import MenuChoice, decode
from bot.domain.flags import SNOOZES, NotFlagged, Snooze, create_flag, snooze_until
from bot.domain.rules import UnknownCase
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin
from bot.store.officers import flags


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:flag")(listeners.for_modal(on_flag))
    app.action("case:unflag")(listeners.for_change(on_unflag))
    app.action("flag:snooze")(listeners.for_change(on_snooze))
    app.action("flag:done")(listeners.for_change(on_done))
    app.view(flag.ID)(listeners.for_change(on_submitted))


async def on_flag(request: SlackRequest) -> None:
    await open_form(request, await find_case(request, request.target.case_id))


async def open_form(request: SlackRequest, found: FoundCase, text: str = "") -> None:
    """Open the dialog with the flag as it is, and with what was written after the command."""
    current_flag = await request.deps.service.database.read(
        lambda tx: flags.find_for_case(tx, request.officer.key, found.case.id)
    )
    view = flag.flag_form(
        found.case, found.service, form_origin(request), request.words, (current_flag, text)
    )
    await request.open_view(view)


async def on_submitted(request: SlackRequest) -> None:
    """A flag is nobody else's, so a form opened from a card leaves a word behind."""
    case_id, note, day = flag.read(request.view)
    found = await find_case(request, case_id)
    hours = found.catalog.municipality.hours
    remind_on = date.fromisoformat(day) if day else None
    now = request.deps.service.clock()
    new_flag = create_flag(case_id, note, remind_on, now, hours.opens)
    if not await request.deps.service.database.write(
        lambda tx: flags.save(tx, request.officer, new_flag, now)
    ):
        raise UnknownCase(number="")
    if "tab" not in request.metadata:
        await request.replace_view(flag.flag_saved("flag.set", request.words))
        return
    await refresh.after_change(request)


async def on_unflag(request: SlackRequest) -> None:
    """In the case's modal it is drawn anew; in the flag's own dialog, and elsewhere, a word says so."""
    found = await find_case(request, request.target.case_id)
    await remove_flag(request, found)
    if request.view.get("callback_id") == flag.ID:
        request.run_after_ack(
            request.update_view_by_id(str(request.view["id"]), flag.flag_saved("flag.gone", request.words))
        )
        request.run_after_ack(refresh.refresh_parent_view(request))
    elif request.view:
        await refresh.after_change(request)
    else:
        await _confirm_removed(request, found)


async def remove_flag(request: SlackRequest, found: FoundCase) -> None:
    """Take the flag away, or say that there was none."""
    if not await _delete_flag(request, found):
        raise NotFlagged


async def _delete_flag(request: SlackRequest, found: FoundCase) -> bool:
    officer, case_id = request.officer.key, found.case.id
    return await request.deps.service.database.write(lambda tx: flags.remove(tx, officer, case_id))


async def _confirm_removed(request: SlackRequest, found: FoundCase) -> None:
    case_name = case_reference(found.case, found.service, request.words)
    flag_again = case_button("btn.flag", found.case.id, request.words)
    await request.respond_privately(
        private_message(request.words("command.unflagged", case=case_name), flag_again)
    )


async def unflag_from_command(request: SlackRequest, found: FoundCase) -> None:
    """/arende avflagga 123. Whoever typed a number does not see which case it was, so that it is named either way."""
    if await _delete_flag(request, found):
        await _confirm_removed(request, found)
        return
    case_name = case_reference(found.case, found.service, request.words)
    await request.respond_privately(private_message(request.words("command.notflagged", case=case_name)))


async def on_done(request: SlackRequest) -> None:
    """What one was reminded of is done, and the flag with it."""
    found = await find_case(request, request.target.case_id)
    await remove_flag(request, found)
    await _confirm_removed(request, found)


async def on_snooze(request: SlackRequest) -> None:
    found = await find_case(request, request.target.case_id)
    chosen = decode(request.value, MenuChoice).action
    snooze: Snooze = next((one for one in SNOOZES if one == chosen), "hour")
    now = request.deps.service.clock()
    remind_at = snooze_until(snooze, now, found.catalog.municipality.hours.opens)
    if not await _remind_again(request, found.case.id, remind_at):
        raise NotFlagged
    await request.respond_privately(
        private_message(request.words("reminder.again", time=request.words.moment(remind_at)))
    )


async def _remind_again(request: SlackRequest, case_id: str, remind_at: datetime) -> bool:
    database = request.deps.service.database
    return (
        await database.write(lambda tx: flags.postpone_reminder(tx, request.officer, case_id, remind_at))
        is not None
    )
