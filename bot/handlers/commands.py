"""/arende and /case: everything by words, privately."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from rapidfuzz import fuzz, process
from slack_bolt.async_app import AsyncApp

from bot.blocks.asking import Deed, is_it_this
from bot.blocks.case_words import called, status_name
from bot.blocks.help import command_help
from bot.blocks.lists import case_list
from bot.blocks.private import case_button, private
from bot.catalog.statuses import Status
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.rules import UnknownCase
from bot.domain.status import SetStatus, targets
from bot.handlers import after, case_modal, correspondence, flags, marks, notes, officers, status
from bot.handlers.case_modal import Place
from bot.handlers.cases import Found, find
from bot.handlers.command_words import LISTS, Said, Word, understood
from bot.handlers.errors import Listening
from bot.handlers.press import Press
from bot.store import Tx, lists, queries, readings
from bot.text import clean, fold
from bot.text.working_days import local_day

COMMANDS = ("/arende", "/case")
ROWS = 10
_ALIKE = 80.0


def register(app: AsyncApp, listening: Listening) -> None:
    for command in COMMANDS:
        app.command(command)(listening.acting(on_command))
    app.action("ask:no")(listening.showing(on_no))


async def on_command(press: Press) -> None:
    """What changes is done before the command is acknowledged; what is shown comes after."""
    said = understood(_typed(press), local_day(press.kit.service.clock()))
    if said.unknown:
        await _not_understood(press, said)
    elif said.word in CHANGES:
        await CHANGES[said.word](press, said)
    else:
        press.later(SHOWS[said.word](press, said))


def _typed(press: Press) -> str:
    """As it was typed: Slack escapes three signs, and names people and channels by their ids."""
    return clean(html.unescape(str(press.body.get("text") or "")))


async def on_no(press: Press) -> None:
    await press.say(private(press.words("ask.dropped")))


async def _not_understood(press: Press, said: Said) -> None:
    if not said.guess:
        await press.say(command_help(_command(press), press.words))
        return
    guess = f"{_command(press)} {said.guess}"
    await press.say(private(press.words("no.command", word=said.unknown[:60], guess=guess)))


def _command(press: Press) -> str:
    return str(press.body["command"])


# --- what changes ---


async def _take(press: Press, said: Said) -> None:
    found = await _sure(press, said, "take")
    if found is None:
        return
    await press.perform(TakeCase(case_id=found.case.id))
    await _done(press, found, "command.taken")


async def _release(press: Press, said: Said) -> None:
    found = await _sure(press, said, "release")
    if found is None:
        return
    await press.perform(ReleaseCase(case_id=found.case.id))
    await _done(press, found, "command.released")


async def _assign(press: Press, said: Said) -> None:
    """With a number and names it is done; otherwise the dialog opens, with those named in it, and asks."""
    if said.number and said.rest:
        await officers.by_words(press, await _by_number(press, said.number), said.rest)
        return
    press.later(_assign_in_dialog(press, said))


async def _assign_in_dialog(press: Press, said: Said) -> None:
    found = await _named_or_last(press, said, "assign")
    if found is not None:
        await officers.asked_by_words(press, found, said.rest)


async def _colour(press: Press, said: Said) -> None:
    """With a number and a colour it is set; otherwise the dialog opens, and asks."""
    named = marks.colour_named(said.rest)
    if said.number and named is not None:
        await marks.by_words(press, await _by_number(press, said.number), named)
        return
    press.later(_colour_in_dialog(press, said))


async def _colour_in_dialog(press: Press, said: Said) -> None:
    found = await _named_or_last(press, said, "colour")
    if found is not None:
        await marks.asked(press, found, said.rest)


async def _unflag(press: Press, said: Said) -> None:
    found = await _sure(press, said, "unflag")
    if found is not None:
        await flags.by_words(press, found)


async def _status(press: Press, said: Said) -> None:
    """With a status that asks for nothing more it is set; otherwise the dialog opens, with the choice made."""
    found = await _sure(press, said, "status")
    if found is None:
        return
    chosen = _status_named(press, found, said.rest)
    if chosen is None or chosen.requires or found.case.closed_at is not None:
        press.later(status.asked(press, found, {"status": chosen.key} if chosen else {}))
        return
    await press.perform(SetStatus(case_id=found.case.id, status=chosen.key, was=found.case.status))
    named = status_name(found.service, chosen.key, press.words)
    await _done(press, found, "command.status", status=named)


def _status_named(press: Press, found: Found, typed: str) -> Status | None:
    """The status that can be set now and is called that, or nearly so."""
    named = {
        fold(name): one
        for one in targets(found.case, press.officer, found.service)
        for name in (one.name.sv, one.name.en)
    }
    best = process.extractOne(fold(typed), list(named), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return named[best[0]] if typed and best else None


async def _done(press: Press, found: Found, key: str, **facts: str) -> None:
    about = called(found.case, found.service, press.words)
    show = case_button("btn.show", found.case.id, press.words)
    await press.say(private(press.words(key, case=about, **facts), show))
    await after.change(press)


async def _sure(press: Press, said: Said, deed: Deed) -> Found | None:
    """The case by its number; without one, the last opened is asked about first."""
    if said.number:
        return await _by_number(press, said.number)
    last = await _last_opened(press)
    if last is None:
        await press.say(private(_which(press, deed)))
        return None
    await press.say(is_it_this(deed, last.case, last.service, press.words))
    return None


# --- what is shown ---


async def _show(press: Press, said: Said) -> None:
    found = await _named_or_last(press, said, "show")
    if found is not None:
        await case_modal.shown(press, Place(found.case.id))


async def _note(press: Press, said: Said) -> None:
    found = await _named_or_last(press, said, "note")
    if found is not None:
        await notes.asked(press, found, said.rest)


async def _flag(press: Press, said: Said) -> None:
    found = await _named_or_last(press, said, "flag")
    if found is not None:
        await flags.asked(press, found, said.rest)


async def _message(press: Press, said: Said) -> None:
    found = await _named_or_last(press, said, "message")
    if found is not None:
        await correspondence.asked(press, found, said.rest)


async def _list(press: Press, said: Said) -> None:
    kind = LISTS.get(fold(said.rest), "mine")
    database = press.kit.service.database
    rows, total = await database.read(
        lambda tx: (
            lists.list_cases(tx, press.officer, kind, limit=ROWS),
            lists.count_cases(tx, press.officer, kind),
        )
    )
    await press.say(case_list(kind, rows, total, press.kit.service.catalog, press.words))


async def _help(press: Press, said: Said) -> None:
    if said.rest:
        await press.say(private(press.words("no.later", word=said.rest, command=_command(press))))
        return
    await press.say(command_help(_command(press), press.words))


async def _named_or_last(press: Press, said: Said, word: str) -> Found | None:
    found = await (_by_number(press, said.number) if said.number else _last_opened(press))
    if found is None:
        await press.say(private(_which(press, word)))
    return found


async def _by_number(press: Press, number: str) -> Found:
    """One answer for a number that is nobody's and for one that is not theirs."""
    database = press.kit.service.database
    case_id = await database.read(lambda tx: queries.find_number(tx, press.officer, number))
    if case_id is None:
        raise UnknownCase(number=number)
    return await find(press, case_id)


async def _last_opened(press: Press) -> Found | None:
    case_id = await press.kit.service.database.read(lambda tx: _last(tx, press))
    return await find(press, case_id) if case_id is not None else None


def _last(tx: Tx, press: Press) -> str | None:
    """The case last opened, if they may still see it."""
    case_id = readings.last_of(tx, press.officer.ref)
    if case_id is None or queries.case_view(tx, press.officer, case_id, ()) is None:
        return None
    return case_id


def _which(press: Press, word: str) -> str:
    """How to name a case, in the words of the command that was used."""
    swedish = {
        "show": "visa",
        "take": "ta",
        "release": "lämna",
        "assign": "tilldela",
        "colour": "färg",
        "flag": "flagga",
        "unflag": "avflagga",
        "note": "notera",
        "message": "meddela",
    }
    typed = swedish.get(word, word) if _command(press) == COMMANDS[0] else word
    return press.words("ask.which", example=f"{_command(press)} {typed} 123")


Doing = Callable[[Press, Said], Awaitable[None]]

CHANGES: dict[Word, Doing] = {
    "take": _take,
    "release": _release,
    "assign": _assign,
    "colour": _colour,
    "unflag": _unflag,
    "status": _status,
}
SHOWS: dict[Word, Callable[[Press, Said], Coroutine[Any, Any, None]]] = {
    "show": _show,
    "note": _note,
    "flag": _flag,
    "message": _message,
    "list": _list,
    "help": _help,
}
