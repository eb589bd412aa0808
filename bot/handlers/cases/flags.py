"""An officer's own flags, and being reminded of them."""

from __future__ import annotations

from datetime import date, datetime

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import called
from bot.blocks.forms import flag
from bot.blocks.private import case_button, private
from bot.domain.flags import SNOOZES, NotFlagged, Snooze, flag_of, snoozed
from bot.domain.rules import UnknownCase
from bot.handlers.request.found_case import Found, find
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import origin
from bot.store.officers import flags


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:flag")(listening.opening(on_flag))
    app.action("case:unflag")(listening.acting(on_unflag))
    app.action("flag:snooze")(listening.acting(on_snooze))
    app.action("flag:done")(listening.acting(on_done))
    app.view(flag.ID)(listening.acting(on_submitted))


async def on_flag(press: Press) -> None:
    await asked(press, await find(press, press.target.case_id))


async def asked(press: Press, found: Found, text: str = "") -> None:
    """Open the dialog with the flag as it is, and with what was written after the command."""
    known = await press.kit.service.database.read(
        lambda tx: flags.of_case(tx, press.officer.key, found.case.id)
    )
    view = flag.flag_form(found.case, found.service, origin(press), press.words, (known, text))
    await press.open(view)


async def on_submitted(press: Press) -> None:
    """A flag is nobody else's, so a form opened from a card leaves a word behind."""
    case_id, note, day = flag.read(press.view)
    found = await find(press, case_id)
    hours = found.catalog.municipality.hours
    remind_on = date.fromisoformat(day) if day else None
    now = press.kit.service.clock()
    wanted = flag_of(case_id, note, remind_on, now, hours.opens)
    if not await press.kit.service.database.write(lambda tx: flags.keep(tx, press.officer, wanted, now)):
        raise UnknownCase(number="")
    if "tab" not in press.ids:
        await press.show(flag.told("flag.set", press.words))
        return
    await refresh.change(press)


async def on_unflag(press: Press) -> None:
    """In the case's modal it is drawn anew; in the flag's own dialog, and elsewhere, a word says so."""
    found = await find(press, press.target.case_id)
    await removed(press, found)
    if press.view.get("callback_id") == flag.ID:
        press.later(press.put(str(press.view["id"]), flag.told("flag.gone", press.words)))
        press.later(refresh.beneath(press))
    elif press.view:
        await refresh.change(press)
    else:
        await _said_gone(press, found)


async def removed(press: Press, found: Found) -> None:
    """Take the flag away, or say that there was none."""
    if not await _dropped(press, found):
        raise NotFlagged


async def _dropped(press: Press, found: Found) -> bool:
    officer, case_id = press.officer.key, found.case.id
    return await press.kit.service.database.write(lambda tx: flags.drop(tx, officer, case_id))


async def _said_gone(press: Press, found: Found) -> None:
    about = called(found.case, found.service, press.words)
    flag_again = case_button("btn.flag", found.case.id, press.words)
    await press.say(private(press.words("command.unflagged", case=about), flag_again))


async def by_words(press: Press, found: Found) -> None:
    """/arende avflagga 123. Whoever typed a number does not see which case it was, so that it is named either way."""
    if await _dropped(press, found):
        await _said_gone(press, found)
        return
    about = called(found.case, found.service, press.words)
    await press.say(private(press.words("command.notflagged", case=about)))


async def on_done(press: Press) -> None:
    """What one was reminded of is done, and the flag with it."""
    found = await find(press, press.target.case_id)
    await removed(press, found)
    await _said_gone(press, found)


async def on_snooze(press: Press) -> None:
    found = await find(press, press.target.case_id)
    chosen = press.value.partition(":")[0]
    how: Snooze = next((one for one in SNOOZES if one == chosen), "hour")
    now = press.kit.service.clock()
    at = snoozed(how, now, found.catalog.municipality.hours.opens)
    if not await _again(press, found.case.id, at):
        raise NotFlagged
    await press.say(private(press.words("reminder.again", time=press.words.moment(at))))


async def _again(press: Press, case_id: str, at: datetime) -> bool:
    database = press.kit.service.database
    return await database.write(lambda tx: flags.remind_again(tx, press.officer, case_id, at)) is not None
