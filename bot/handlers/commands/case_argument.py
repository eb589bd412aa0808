"""The case that a command is about: by its number, or the one last opened."""

from __future__ import annotations

from bot.blocks.cases.confirmation import Deed, is_it_this
from bot.blocks.private import private
from bot.domain.rules import UnknownCase
from bot.handlers.commands.parser import Said, spelled
from bot.handlers.request.found_case import Found, find
from bot.handlers.request.press import Press
from bot.store import Tx
from bot.store.cases import officer_queries
from bot.store.log import readings

COMMANDS = ("/arende", "/case")


def command_of(press: Press) -> str:
    """The command that was used, as it is written."""
    return str(press.body["command"])


async def sure(press: Press, said: Said, deed: Deed) -> Found | None:
    """The case by its number; without one, the last opened is asked about first, and nothing is done."""
    if said.number:
        return await by_number(press, said.number)
    last = await _last_opened(press)
    if last is None:
        await _which(press, said)
    else:
        await press.say(is_it_this(deed, last.case, last.service, press.words))
    return None


async def named_or_last(press: Press, said: Said) -> Found | None:
    """The case by its number or the one last opened; where there is none, it is told how to name one."""
    found = await (by_number(press, said.number) if said.number else _last_opened(press))
    if found is None:
        await _which(press, said)
    return found


async def by_number(press: Press, number: str) -> Found:
    """One answer, UnknownCase, for a number that is nobody's and for one that is not theirs."""
    database = press.kit.service.database
    case_id = await database.read(lambda tx: officer_queries.find_number(tx, press.officer, number))
    if case_id is None:
        raise UnknownCase(number=number)
    return await find(press, case_id)


async def _last_opened(press: Press) -> Found | None:
    case_id = await press.kit.service.database.read(lambda tx: _last(tx, press))
    return await find(press, case_id) if case_id is not None else None


def _last(tx: Tx, press: Press) -> str | None:
    """The case last opened, if they may still see it."""
    case_id = readings.last_of(tx, press.officer.ref)
    if case_id is None or officer_queries.case_view(tx, press.officer, case_id, ()) is None:
        return None
    return case_id


async def _which(press: Press, said: Said) -> None:
    """How to name a case, in the words of the command that was used."""
    command = command_of(press)
    word = spelled(said.word, swedish=command == COMMANDS[0])
    await press.say(private(press.words("ask.which", example=f"{command} {word} 123")))
