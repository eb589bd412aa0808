"""The case that a command is about: by its number, or the one last opened."""

from __future__ import annotations

from bot.blocks.cases.confirmation import ConfirmedAction, confirmation_question
from bot.blocks.private import private_message
from bot.domain.rules import UnknownCase
from bot.handlers.commands.parser import ParsedCommand, spelling_of
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.slack_request import SlackRequest
from bot.store import Tx
from bot.store.cases import officer_queries
from bot.store.log import readings

SLASH_COMMANDS = ("/arende", "/case")


def slash_command_of(request: SlackRequest) -> str:
    """The command that was used, as it is written."""
    return str(request.body["command"])


async def find_or_confirm(
    request: SlackRequest, parsed: ParsedCommand, action: ConfirmedAction
) -> FoundCase | None:
    """The case by its number; without one, the last opened is asked about first, and nothing is done."""
    if parsed.number:
        return await find_by_number(request, parsed.number)
    last = await _find_last_opened(request)
    if last is None:
        await _explain_case_argument(request, parsed)
    else:
        await request.respond_privately(confirmation_question(action, last.case, last.service, request.words))
    return None


async def find_or_last_opened(request: SlackRequest, parsed: ParsedCommand) -> FoundCase | None:
    """The case by its number or the one last opened; where there is none, it is told how to name one."""
    found = await (find_by_number(request, parsed.number) if parsed.number else _find_last_opened(request))
    if found is None:
        await _explain_case_argument(request, parsed)
    return found


async def find_by_number(request: SlackRequest, number: str) -> FoundCase:
    """One answer, UnknownCase, for a number that is nobody's and for one that is not theirs."""
    database = request.deps.service.database
    case_id = await database.read(lambda tx: officer_queries.find_case_by_number(tx, request.officer, number))
    if case_id is None:
        raise UnknownCase(number=number)
    return await find_case(request, case_id)


async def _find_last_opened(request: SlackRequest) -> FoundCase | None:
    case_id = await request.deps.service.database.read(lambda tx: _last_opened_id(tx, request))
    return await find_case(request, case_id) if case_id is not None else None


def _last_opened_id(tx: Tx, request: SlackRequest) -> str | None:
    """The case last opened, if they may still see it."""
    case_id = readings.find_last_case(tx, request.officer.ref)
    if case_id is None or officer_queries.load_case_view(tx, request.officer, case_id, ()) is None:
        return None
    return case_id


async def _explain_case_argument(request: SlackRequest, parsed: ParsedCommand) -> None:
    """How to name a case, in the words of the command that was used."""
    command = slash_command_of(request)
    word = spelling_of(parsed.word, swedish=command == SLASH_COMMANDS[0])
    await request.respond_privately(
        private_message(request.words("ask.which", example=f"{command} {word} 123"))
    )
