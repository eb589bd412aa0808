"""/arende and /case: everything by words, privately."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.confirmation import Deed
from bot.blocks.help import command_help
from bot.blocks.lists.case_list import case_list
from bot.handlers.cases import assign, colour, correspondence, flags, notes, status, take
from bot.handlers.commands import search
from bot.handlers.commands.case_argument import COMMANDS, by_number, command_of, named_or_last, sure
from bot.handlers.commands.parser import Said, Word, list_named, understood
from bot.handlers.request.found_case import Found
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import case_modal, settings
from bot.handlers.screens.case_modal import Place
from bot.store.lists import case_lists
from bot.text import clean
from bot.text.working_days import local_day

ROWS = 10


def register(app: AsyncApp, listening: Listening) -> None:
    for command in COMMANDS:
        app.command(command)(listening.acting(on_command))
    app.action("ask:no")(listening.showing(on_no))


async def on_command(press: Press) -> None:
    """What changes is done before the command is acknowledged; what is shown comes after."""
    said = understood(_typed(press), local_day(press.kit.service.clock()))
    deed = DEEDS.get(said.word)
    if said.unknown:
        await _not_understood(press, said)
    elif deed is not None:
        await _done_if_sure(press, said, *deed)
    elif said.word in CHANGES and said.number and said.rest:
        await CHANGES[said.word](press, await by_number(press, said.number), said.rest)
    elif said.word in OPENS:
        press.later(press.ahead(_opened(press, said)))
    else:
        press.later(SHOWS[said.word](press, said))


def _typed(press: Press) -> str:
    """As it was typed: Slack escapes three signs, and names people and channels by their ids."""
    return clean(html.unescape(str(press.body.get("text") or "")))


async def on_no(press: Press) -> None:
    await press.tell(press.words("ask.dropped"))


async def _not_understood(press: Press, said: Said) -> None:
    if not said.guess:
        await press.say(command_help(command_of(press), press.words))
        return
    guess = f"{command_of(press)} {said.guess}"
    await press.tell(press.words("no.command", word=said.unknown[:60], guess=guess))


async def _done_if_sure(press: Press, said: Said, deed: Deed, act: Doing) -> None:
    found = await sure(press, said, deed)
    if found is not None:
        await act(press, found)


async def _opened(press: Press, said: Said) -> None:
    found = await named_or_last(press, said)
    if found is not None:
        await OPENS[said.word](press, found, said.rest)


async def _shown(press: Press, found: Found, _: str) -> None:
    await case_modal.shown(press, Place(found.case.id))


async def _history(press: Press, found: Found, _: str) -> None:
    await case_modal.shown(press, Place(found.case.id, "history"))


async def _list(press: Press, said: Said) -> None:
    kind = list_named(said.rest)
    if kind is None:
        await press.tell(press.words("no.list", word=said.rest[:60]))
        return
    database = press.kit.service.database
    rows, total = await database.read(
        lambda tx: (
            case_lists.list_cases(tx, press.officer, kind, limit=ROWS),
            case_lists.count_cases(tx, press.officer, kind),
        )
    )
    await press.say(case_list(kind, rows, total, press.kit.service.catalog, press.words))


async def _search(press: Press, said: Said) -> None:
    await (search.by_words(press, said.rest) if said.rest else press.ahead(search.asked(press)))


async def _settings(press: Press, _: Said) -> None:
    await press.ahead(settings.asked(press))


async def _help(press: Press, said: Said) -> None:
    command = command_of(press)
    if said.rest:
        await press.tell(press.words("no.word", word=said.rest, command=command))
        return
    await press.say(command_help(command, press.words))


Doing = Callable[[Press, Found], Awaitable[None]]
Saying = Callable[[Press, Found, str], Coroutine[Any, Any, None]]

DEEDS: dict[Word, tuple[Deed, Doing]] = {
    "take": ("take", take.taken_by_words),
    "release": ("release", take.released_by_words),
    "unflag": ("unflag", flags.by_words),
}
"""What is done to the case that is named; of one that is not, it is asked first whether it is meant."""

CHANGES: dict[Word, Saying] = {
    "assign": assign.by_words,
    "colour": colour.by_words,
    "status": status.by_words,
}
"""What is done with a number and what follows it; with less, its dialog opens and asks."""

OPENS: dict[Word, Saying] = {
    "show": _shown,
    "history": _history,
    "assign": assign.asked_by_words,
    "colour": colour.asked,
    "status": status.asked_by_words,
    "flag": flags.asked,
    "note": notes.asked,
    "message": correspondence.asked,
}
"""What opens something, with the rest of what was typed in it; without a number, of the case last opened."""

SHOWS: dict[Word, Callable[[Press, Said], Coroutine[Any, Any, None]]] = {
    "list": _list,
    "search": _search,
    "settings": _settings,
    "help": _help,
}
