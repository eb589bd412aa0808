"""The case that a slash command is about: by its number, or the one last opened."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from bot.blocks.cases.case_words import case_reference
from bot.blocks.cases.confirmation import (
    ACTION_IDS,
    Choice,
    ConfirmedAction,
    confirmation_question,
    each_question,
    which_question,
)
from bot.blocks.private import private_message
from bot.blocks.values import DraftRef, case_value, encode
from bot.domain.actors import Officer
from bot.domain.case_numbers import names_case
from bot.domain.rules import Refused, UnknownCase
from bot.handlers.commands.parser import MAX_NUMBERS, WITH_TEXT, ParsedCommand, spelling_of
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.store import Tx
from bot.store.cases import officer_queries
from bot.store.log import readings
from bot.store.officers import drafts
from bot.store.officers.drafts import Draft

SLASH_COMMANDS = ("/arende", "/case")
CASE_CHOICE = "ask:case"
DRAFT_FORM = "command:"
"""The prefix, before the subcommand, of the form of drafts that hold a command's text."""

MAX_CHOICES = 5
"""Cases that are offered in one question."""


def slash_command_of(context: SlackContext) -> str:
    """The slash command that was used, such as `/arende`."""
    return context.request.command


async def find_or_confirm(
    context: SlackContext, parsed: ParsedCommand, action: ConfirmedAction
) -> FoundCase | None:
    """The case by its number. With several numbers, none, or other words beside it, asks and returns None."""
    if parsed.number:
        found = await find_by_number(context, parsed.number)
        if not parsed.rest:
            return found
        await _confirm(context, found, action, parsed.rest)
        return None
    if parsed.numbers:
        await _ask_which_of_named(context, parsed, action)
        return None
    last = await _find_last_opened(context)
    if last is None:
        await explain_case_argument(context, parsed)
    else:
        await _confirm(context, last, action)
    return None


async def _confirm(
    context: SlackContext, found: FoundCase, action: ConfirmedAction, not_understood: str = ""
) -> None:
    await context.responder.respond_privately(
        confirmation_question(action, found.case, found.service, context.words, not_understood)
    )


async def _ask_which_of_named(context: SlackContext, parsed: ParsedCommand, action: ConfirmedAction) -> None:
    named = [found for found, _ in await _require_named_in_text(context, parsed)]
    rows = [
        Choice(case_reference(one.case, one.service, context.words), case_value(one.case)) for one in named
    ]
    ask = each_question if parsed.all_cases else which_question
    await context.responder.respond_privately(
        ask(_question(context, parsed, named), ACTION_IDS[action], rows, context.words)
    )


def _question(context: SlackContext, parsed: ParsedCommand, offered: Sequence[FoundCase]) -> str:
    """Which case is meant; of several that were typed as such, that they are changed one at a time.

    Of the latter those that are not offered are named.
    """
    words = context.words
    if not parsed.all_cases:
        return words("ask.which.case")
    shown = {one.case.number for one in offered}
    missing = [number for number, _ in parsed.numbers if number not in shown]
    if len(parsed.numbers) == MAX_NUMBERS and any(sign.isdigit() for sign in parsed.rest):
        missing.append("…")
    if not missing:
        return words("ask.which.one")
    return f"{words('ask.which.one')} {words('ask.which.missing', list=', '.join(missing), n=MAX_CHOICES)}"


async def find_or_last_opened(context: SlackContext, parsed: ParsedCommand) -> FoundCase | None:
    """The case by its number, or the one last opened. Where there is none, replies how to name one and returns None.

    Asks which is meant where there are several numbers, or where a number in the text is not the last opened case's:
    that of another case, or one that is called a case's and is none that the officer may see.
    """
    if parsed.number:
        return await find_by_number(context, parsed.number)
    if parsed.numbers and (parsed.all_cases or parsed.word not in WITH_TEXT):
        await _ask_which(context, parsed, await _require_named_in_text(context, parsed))
        return None
    named = await _find_named_in_text(context, parsed)
    last = await _find_last_opened(context)
    others = [one for one in named if last is None or one[0].case.id != last.case.id]
    if others or (last is not None and not named and names_case(parsed.rest)):
        await _ask_which(context, parsed, [*others, *([(last, parsed.rest)] if last else [])])
        return None
    if last is None:
        await explain_case_argument(context, parsed)
    return last


async def _find_named_in_text(context: SlackContext, parsed: ParsedCommand) -> list[tuple[FoundCase, str]]:
    """The visible cases of numbers in a text, each with the text without its number."""
    found = []
    for number, text in dict(parsed.numbers[:MAX_CHOICES]).items():
        try:
            found.append((await find_by_number(context, number), text))
        except Refused:
            continue
    return found


async def _require_named_in_text(context: SlackContext, parsed: ParsedCommand) -> list[tuple[FoundCase, str]]:
    """The same. Raises the refusal of the first where none is visible."""
    return await _find_named_in_text(context, parsed) or [
        (await find_by_number(context, parsed.numbers[0][0]), parsed.numbers[0][1])
    ]


async def _ask_which(
    context: SlackContext, parsed: ParsedCommand, choices: Sequence[tuple[FoundCase, str]]
) -> None:
    """Ask which case is meant. The text is stored in a draft for each, since button values must not hold it."""
    at, officer = context.deps.service.clock(), context.officer.key
    begun = [
        (found, Draft(uuid.uuid4().hex, found.case.id, f"{DRAFT_FORM}{parsed.word}", {"text": text}, at))
        for found, text in choices
    ]

    def save(tx: Tx) -> None:
        for _, draft in begun:
            drafts.save(tx, officer, draft)

    await context.deps.service.database.write(save)
    rows = [
        Choice(case_reference(one.case, one.service, context.words), encode(DraftRef(draft.id)))
        for one, draft in begun
    ]
    question = _question(context, parsed, [one for one, _ in choices])
    await context.responder.respond_privately(which_question(question, CASE_CHOICE, rows, context.words))


async def find_by_number(context: SlackContext, number: str) -> FoundCase:
    """The case. Raises UnknownCase where there is none, and where the officer may not see it.

    A protected case gets the answer that a press on its card gets: NoAccess; and so does a deleted one: DeletedCase.
    """
    return await find_case(context, await find_id_by_number(context, number))


async def find_id_by_number(context: SlackContext, number: str) -> str:
    """The id of the case, also of one that is protected or deleted. Raises UnknownCase as `find_by_number`."""
    case_id = await context.deps.service.database.read(lambda tx: _find_id(tx, context.officer, number))
    if case_id is None:
        raise UnknownCase(number=number)
    return case_id


def _find_id(tx: Tx, officer: Officer, number: str) -> str | None:
    found = officer_queries.find_case_by_number(tx, officer, number)
    if found is not None:
        return found
    hidden = officer_queries.find_protected_case(tx, officer, number)
    hidden = hidden or officer_queries.find_deleted_case(tx, officer, number)
    return hidden.id if hidden is not None else None


async def _find_last_opened(context: SlackContext) -> FoundCase | None:
    case_id = await context.deps.service.database.read(lambda tx: _last_opened_id(tx, context))
    return await find_case(context, case_id) if case_id is not None else None


def _last_opened_id(tx: Tx, context: SlackContext) -> str | None:
    """The id of the case last opened, if the officer may still see it."""
    case_id = readings.find_last_case(tx, context.officer.ref)
    if case_id is None or officer_queries.load_case_view(tx, context.officer, case_id, ()) is None:
        return None
    return case_id


async def explain_case_argument(context: SlackContext, parsed: ParsedCommand) -> None:
    """Reply how to name a case, with the command that was used."""
    command = slash_command_of(context)
    word = spelling_of(parsed.word, swedish=command == SLASH_COMMANDS[0])
    await context.responder.respond_privately(
        private_message(context.words("ask.which", example=f"{command} {word} 123"))
    )
