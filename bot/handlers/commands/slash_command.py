"""The slash commands /arende and /case, which reply privately."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, Literal

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.confirmation import ConfirmedAction
from bot.blocks.help import command_help
from bot.blocks.lists.case_list import ShownCases, case_list, query_list
from bot.blocks.private import MAX_WORD_SHOWN
from bot.blocks.values import DraftRef, decode
from bot.clients.slack import User
from bot.domain.lists.case_query import CaseQuery, StoredQuery, base_list, list_of_query, with_columns
from bot.domain.lists.query_words import ParsedQuery, parse_query_words
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE, ViewUnreadable, is_same_name
from bot.handlers.cases import (
    assign,
    colour,
    correspondence,
    delete,
    edit,
    flags,
    links,
    notes,
    presets,
    status,
    take,
)
from bot.handlers.cases.assignee_lookup import find_named_officer
from bot.handlers.commands import figures, search
from bot.handlers.commands.case_argument import (
    CASE_CHOICE,
    DRAFT_FORM,
    SLASH_COMMANDS,
    explain_case_argument,
    find_by_number,
    find_id_by_number,
    find_or_confirm,
    find_or_last_opened,
    slash_command_of,
)
from bot.handlers.commands.parser import (
    ALONE,
    DEFAULT_LIST,
    FINAL_PUNCTUATION,
    WITHOUT_REST,
    CommandWord,
    ParsedCommand,
    command_of_list,
    parse,
    spelling_of,
    suggest,
    without_preposition,
)
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.workspace import NotAnOfficer
from bot.handlers.screens import absence, batch_forms, case_modal, internal, page_links, settings
from bot.handlers.screens.case_modal import ModalPosition
from bot.store import Tx
from bot.store.lists import open_lists, saved_views
from bot.store.lists.open_lists import ListRequest, OpenList
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.paging import CasePage
from bot.store.officers import drafts, preferences
from bot.text import clean, fold
from bot.text.working_days import local_day

LIST_LENGTH = 10
MAX_LIST_TEXT = 200
"""Characters of a text that may name a list without its word: no list takes more to say."""
MAX_SHOWN = 3
"""Of how many cases it is suggested to show each."""

_DONE_WORDS = frozenset(map(fold, ("klar", "klart", "färdig", "färdigt", "done", "finished")))
"""What is said of a case that is to be closed, where none of its statuses is called so; folded."""

OWN_LISTS = frozenset({"mina", "mine"})
"""The names of the list of one's own cases, folded."""


def register(app: AsyncApp, listeners: Listeners) -> None:
    for command in SLASH_COMMANDS:
        app.command(command)(listeners.for_change(on_command, for_others=on_command_of_member))
    app.action("ask:no")(listeners.for_display(on_declined))
    app.action(CASE_CHOICE)(listeners.for_modal(on_case_chosen))


async def on_command(context: SlackContext) -> None:
    """Perform changes before the acknowledgement, and show things after it."""
    today = local_day(context.deps.service.clock())
    parsed = parse(_command_text(context), today, context.words.language)
    confirmed = CONFIRMED_COMMANDS.get(parsed.word)
    if parsed.unknown_word:
        await _respond_unknown(context, parsed)
    elif parsed.word in WITHOUT_REST and parsed.rest:
        alone = spelling_of(parsed.word, swedish=context.words.language == "sv")
        await _respond_unknown(context, ParsedCommand("help", unknown_word=parsed.rest, suggestions=(alone,)))
    elif parsed.word == "restore":
        await _restore(context, parsed)
    elif confirmed is not None:
        await _run_confirmed(context, parsed, *confirmed)
    elif parsed.word in CHANGE_COMMANDS and parsed.number and parsed.rest:
        await CHANGE_COMMANDS[parsed.word](context, await find_by_number(context, parsed.number), parsed.rest)
    elif parsed.word in MODAL_COMMANDS:
        context.performer.run_after_ack(
            context.responder.run_with_placeholder(_open_for_case(context, parsed))
        )
    else:
        context.performer.run_after_ack(DISPLAY_COMMANDS[parsed.word](context, parsed))


async def on_command_of_member(context: SlackContext, member: User) -> None:
    """Show an employee who is no officer the internal e-services. Raises NotAnOfficer for all else."""
    parsed = parse(_command_text(context), local_day(context.deps.service.clock()))
    named = (parsed.rest or DEFAULT_LIST) if parsed.word == "list" else parsed.unknown_word
    asks_for_own = fold(named) in OWN_LISTS
    if parsed.word != "internal" and not asks_for_own:
        raise NotAnOfficer(contact=context.deps.service.catalog.municipality.support)
    context.performer.run_after_ack(
        context.responder.run_with_placeholder(internal.open_list(context, member.email))
    )


def _command_text(context: SlackContext) -> str:
    """The text as typed, without Slack's escapes and references."""
    return clean(html.unescape(context.request.text))


async def on_declined(context: SlackContext) -> None:
    context.responder.answers_in_place = True
    await context.responder.respond(context.words("ask.dropped"))


async def on_case_chosen(context: SlackContext) -> None:
    """Continue with the case that was chosen among several."""
    officer, draft_id = context.officer.key, decode(context.request.value, DraftRef).draft_id
    draft = await context.deps.service.database.read(lambda tx: drafts.find(tx, officer, draft_id))
    if draft is None:
        context.responder.answers_in_place = True
        await context.responder.respond(context.words("ask.gone"))
        return
    open_modal = {f"{DRAFT_FORM}{word}": action for word, action in MODAL_COMMANDS.items()}[draft.form]
    await open_modal(context, await find_case(context, draft.case_id), str(draft.values["text"]))


async def _respond_unknown(context: SlackContext, parsed: ParsedCommand) -> None:
    """Show the list that is named without its word; else reply what may be meant, or what there is."""
    if parsed.number or parsed.numbers:
        await _respond_did_you_mean(context, parsed.unknown_word, await _suggest_for_cases(context, parsed))
    elif _names_list(context, typed := _command_text(context)):
        context.performer.run_after_ack(_show_list(context, ParsedCommand("list", rest=typed)))
    elif parsed.suggestions:
        await _respond_did_you_mean(context, parsed.unknown_word, parsed.suggestions)
    else:
        command = slash_command_of(context)
        await context.responder.respond_privately(command_help(command, context.words, parsed.unknown_word))


def _names_list(context: SlackContext, typed: str) -> bool:
    """Whether the text says which cases are to be listed, and nothing else."""
    is_short = 0 < len(typed.strip(f"{FINAL_PUNCTUATION} ")) <= MAX_LIST_TEXT
    return is_short and not _parse_query(context, typed).unknown_word


async def _suggest_for_cases(context: SlackContext, parsed: ParsedCommand) -> list[str]:
    """The commands that what follows a case's number may be meant for: its status, colour or officer, or its closing.

    Last, or for several cases alone, the command itself: that which shows the case where only its number was typed.
    """
    numbers = [parsed.number] if parsed.number else [number for number, _ in parsed.numbers]
    word = spelling_of(parsed.word, swedish=context.words.language == "sv")
    changes = await _suggest_changes(context, parsed) if parsed.number else []
    return [*changes, *(f"{word} {number}" for number in numbers[:MAX_SHOWN])]


async def _suggest_changes(context: SlackContext, parsed: ParsedCommand) -> list[str]:
    """The commands that change the case to what was typed after its number."""
    typed, swedish = parsed.unknown_word, context.words.language == "sv"
    found = await find_by_number(context, parsed.number)
    is_status = status.match_status(context, found, typed).found is not None
    matches: dict[CommandWord, bool] = {
        "status": is_status,
        "colour": colour.match_colour(typed).found is not None,
        "assign": await find_named_officer(context, without_preposition(typed)) is not None,
    }
    words = [spelling_of(word, swedish=swedish) for word, matches_it in matches.items() if matches_it]
    suggestions = [f"{word} {parsed.number} {typed}" for word in words]
    if fold(typed) in _DONE_WORDS and not is_status:
        suggestions.insert(0, f"{'avsluta' if swedish else 'close'} {parsed.number}")
    return suggestions


async def _respond_did_you_mean(context: SlackContext, typed: str, suggestions: Iterable[str]) -> None:
    """Reply with suggestions, which the person has to type."""
    command = slash_command_of(context)
    guesses = context.words.either(f"{command} {suggestion}" for suggestion in suggestions)
    await context.responder.respond(context.words("no.command", word=typed[:MAX_WORD_SHOWN], guess=guesses))


async def _run_confirmed(
    context: SlackContext, parsed: ParsedCommand, action: ConfirmedAction, perform_action: CaseAction
) -> None:
    found = await find_or_confirm(context, parsed, action)
    if found is not None:
        await perform_action(context, found)


async def _restore(context: SlackContext, parsed: ParsedCommand) -> None:
    """Restore the case with that number; without one, or with several, nothing is guessed."""
    if not parsed.number:
        await explain_case_argument(context, parsed)
        return
    if parsed.rest:
        example = spelling_of(parsed.word, swedish=context.words.language == "sv")
        await _respond_did_you_mean(context, parsed.rest, [f"{example} {parsed.number}"])
        return
    await delete.restore_from_command(context, await find_id_by_number(context, parsed.number))


async def _open_for_case(context: SlackContext, parsed: ParsedCommand) -> None:
    if parsed.word in ALONE and parsed.rest and not (parsed.number or parsed.numbers):
        await _respond_no_number(context, parsed)
        return
    if parsed.word == "delete" and parsed.rest:  # something else than the case may be what is to be removed
        await _respond_unknown(context, ParsedCommand("help", unknown_word=parsed.rest))
        return
    if parsed.word in ALONE and parsed.rest and parsed.number:
        await _respond_unknown(context, replace(parsed, unknown_word=parsed.rest))
        return
    found = await find_or_last_opened(context, parsed)
    if found is not None:
        await MODAL_COMMANDS[parsed.word](context, found, parsed.rest)


async def _respond_no_number(context: SlackContext, parsed: ParsedCommand) -> None:
    """Reply what may be meant by the word in the number's place, or how to name a case."""
    if suggestions := suggest(parsed.rest, context.words.language) or _suggest_list(context, parsed):
        await _respond_did_you_mean(context, parsed.rest, suggestions)
    else:
        await explain_case_argument(context, parsed)


def _suggest_list(context: SlackContext, parsed: ParsedCommand) -> tuple[str, ...]:
    """The list that is named where a case was to be shown, with the word where that is part of it: öppna ärenden."""
    if parsed.word != "show":
        return ()
    whole = _command_text(context)
    named, in_all = _parse_query(context, parsed.rest), _parse_query(context, whole)
    if named.unknown_word:
        return ()
    changes = not in_all.unknown_word and in_all.query != named.query
    return (command_of_list(whole if changes else parsed.rest, context.words.language),)


async def _open_case(context: SlackContext, found: FoundCase, _: str) -> None:
    await case_modal.open_case(context, ModalPosition(found.case.id))


async def _open_history(context: SlackContext, found: FoundCase, _: str) -> None:
    await case_modal.open_case(context, ModalPosition(found.case.id, "history"))


async def _open_tools(context: SlackContext, found: FoundCase, _: str) -> None:
    await case_modal.open_case(context, ModalPosition(found.case.id, "tools"))


async def _show_list(context: SlackContext, parsed: ParsedCommand) -> None:
    lists, catalog = context.list_context, context.deps.service.catalog
    query = await _find_view(context, parsed.rest)
    if query is None:
        typed = _parse_query(context, parsed.rest or DEFAULT_LIST)
        if typed.unknown_word:
            await _respond_unknown_list(context, typed)
            return
        query = typed.query
    kind, database = list_of_query(query), context.deps.service.database
    page, total = await database.read(lambda tx: _read_list(CaseQueries(tx, lists), query))
    if kind is not None:
        message = case_list(kind, page.cases, total, catalog, context.words)
    else:
        opened = await database.write(
            lambda tx: open_lists.create(tx, context.officer.key, _request_of(query), lists.now)
        )
        shown = ShownCases(page.cases, total, is_cut=page.is_cut)
        message = query_list(StoredQuery(opened.id, query), shown, catalog, context.words)
    await context.responder.respond_privately(message)


def _parse_query(context: SlackContext, typed: str) -> ParsedQuery:
    lists, typed = context.list_context, typed.rstrip(FINAL_PUNCTUATION)
    return parse_query_words(typed, context.officer, lists.catalog, lists.today, context.words.language)


async def _find_view(context: SlackContext, typed: str) -> CaseQuery | None:
    """The query of the officer's saved view with that name. Raises ViewUnreadable."""
    officer = context.officer
    views = await context.deps.service.database.read(lambda tx: saved_views.list_views(tx, officer))
    view = next((one for one in views if is_same_name(one.name, typed.strip())), None)
    if view is not None and view.query is None:
        raise ViewUnreadable
    return view.query if view is not None else None


def _request_of(query: CaseQuery) -> ListRequest:
    return ListRequest(tab=base_list(query), query=query, page_size=DEFAULT_PAGE_SIZE)


def _read_list(queries: CaseQueries, query: CaseQuery) -> tuple[CasePage, int]:
    return queries.page(query, limit=LIST_LENGTH), queries.count(query).number


async def _respond_unknown_list(context: SlackContext, typed: ParsedQuery) -> None:
    if typed.suggestions:
        language = context.words.language
        commands = (command_of_list(one, language) for one in typed.suggestions)
        await _respond_did_you_mean(context, typed.unknown_word, commands)
    else:
        await context.responder.respond(context.words("no.list", word=typed.unknown_word[:60]))


async def _open_action(context: SlackContext, parsed: ParsedCommand) -> None:
    """Open the action's form for all cases of the list or query that is named; without one, ask which is meant."""
    kind: Literal["mailing", "export"] = "mailing" if parsed.word == "mailing" else "export"
    lists, command = context.list_context, slash_command_of(context)
    if not parsed.rest:
        example = spelling_of(parsed.word, swedish=context.words.language == "sv")
        await context.responder.respond(context.words("tick.none", command=command, example=example))
        return
    typed = _parse_query(context, parsed.rest)
    if typed.unknown_word:
        await _respond_unknown_list(context, typed)
        return

    def open_all(tx: Tx) -> OpenList:
        own_columns = preferences.load(tx, context.officer.key).columns
        request = _request_of(with_columns(typed.query, own_columns))
        opened = open_lists.create(tx, context.officer.key, request, lists.now)
        open_lists.tick_all(tx, opened)
        return replace(opened, ticked=(), all_ticked=True)

    opened = await context.deps.service.database.write(open_all)
    await context.responder.run_with_placeholder(batch_forms.open_form(context, opened, kind))


async def _show_search(context: SlackContext, parsed: ParsedCommand) -> None:
    await (
        search.search_from_command(context, parsed.rest)
        if parsed.rest
        else context.responder.run_with_placeholder(search.open_form(context))
    )


async def _show_figures(context: SlackContext, parsed: ParsedCommand) -> None:
    await figures.show_figures(context, parsed.rest)


async def _show_registration(context: SlackContext, _: ParsedCommand) -> None:
    await page_links.show_registration(context)


async def _show_internal(context: SlackContext, _: ParsedCommand) -> None:
    """The internal e-services, and what the officer has sent in with their own address."""
    officer = context.deps.service.catalog.officer(context.officer.key)
    work = internal.open_list(context, officer.email if officer is not None else "")
    await context.responder.run_with_placeholder(work)


async def _show_settings(context: SlackContext, _: ParsedCommand) -> None:
    await context.responder.run_with_placeholder(settings.open_form(context))


async def _show_absence(context: SlackContext, parsed: ParsedCommand) -> None:
    """One's own absence, or that of the colleague who is named."""
    key = await find_named_officer(context, parsed.rest) if parsed.rest else context.officer.key
    if key is None:
        await context.responder.respond(context.words("absence.unknown", word=parsed.rest[:60]))
        return
    await context.responder.run_with_placeholder(absence.open_form(context, key))


async def _show_help(context: SlackContext, _: ParsedCommand) -> None:
    await context.responder.respond_privately(command_help(slash_command_of(context), context.words))


CaseAction = Callable[[SlackContext, FoundCase], Awaitable[None]]
CaseTextAction = Callable[[SlackContext, FoundCase, str], Coroutine[Any, Any, None]]

CONFIRMED_COMMANDS: dict[CommandWord, tuple[ConfirmedAction, CaseAction]] = {
    "take": ("take", take.take_from_command),
    "release": ("release", take.release_from_command),
    "unflag": ("unflag", flags.unflag_from_command),
}
"""Actions on the named case; without a number they are confirmed first."""

CHANGE_COMMANDS: dict[CommandWord, CaseTextAction] = {
    "assign": assign.assign_from_command,
    "colour": colour.colour_from_command,
    "status": status.set_from_command,
}
"""Actions with a number and a value; without a value their dialog opens."""

MODAL_COMMANDS: dict[CommandWord, CaseTextAction] = {
    "show": _open_case,
    "history": _open_history,
    "assign": assign.open_from_command,
    "handover": assign.hand_over_from_command,
    "colour": colour.open_form,
    "status": status.open_from_command,
    "flag": flags.open_form,
    "note": notes.open_form,
    "message": correspondence.open_form,
    "completion": presets.open_completion,
    "decision": presets.open_decision,
    "delay": presets.open_delay,
    "refusal": presets.open_refusal,
    "summary": page_links.open_summary_link,
    "edit": edit.open_from_command,
    "delete": delete.open_from_command,
    "link": links.open_from_command,
    "tools": _open_tools,
}
"""Commands that open a modal with the rest of the text in it; without a number, for the case last opened."""

DISPLAY_COMMANDS: dict[CommandWord, Callable[[SlackContext, ParsedCommand], Coroutine[Any, Any, None]]] = {
    "list": _show_list,
    "mailing": _open_action,
    "export": _open_action,
    "search": _show_search,
    "statistics": _show_figures,
    "new": _show_registration,
    "settings": _show_settings,
    "away": _show_absence,
    "internal": _show_internal,
    "help": _show_help,
}
