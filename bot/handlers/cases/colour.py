"""Colours on cases."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import case_reference, colour_words
from bot.blocks.cases.confirmation import Choice, which_question
from bot.blocks.forms import colour
from bot.blocks.private import private_message
from bot.blocks.values import MenuChoice, decode, encode
from bot.domain.colour import COLOURS, Colour, ColourCase, parse_colour
from bot.domain.rules import ChangedMeanwhile
from bot.handlers.request.found_case import FoundCase, find_case, perform_on_visible
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin, stored_form_origin
from bot.store.cases import officer_queries
from bot.text import LANGUAGES, Words, words
from bot.text.nearest import Match, find_named

CHOICE = "colour:chosen"


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:colour")(listeners.for_modal(on_colour))
    app.view(colour.ID)(listeners.for_change(on_submitted))
    app.action(CHOICE)(listeners.for_change(on_chosen))


async def on_colour(request: SlackRequest) -> None:
    await open_form(request, await find_case(request, request.target.case_id))


async def open_form(request: SlackRequest, found: FoundCase, text: str = "") -> None:
    """Open the dialog with the case's colour, or with the one that was named; a guess is asked about."""
    match = match_colour(text)
    if match.found is None and text.strip():
        await _respond_not_found(request, found, text, match)
        return
    chosen = (match.found, "") if match.found is not None else None
    await request.open_view(
        colour.colour_form(found.case, found.service, form_origin(request), request.words, chosen)
    )


async def on_submitted(request: SlackRequest) -> None:
    command = colour.read(request.view)
    try:
        await perform_on_visible(request, command)
    except ChangedMeanwhile as changed:
        found = await find_case(request, command.case_id)
        current_colour = colour_words(found.case.colour, request.words) or request.words("colour.none")
        alert = f"{changed.in_words(request.words)} {request.words('colour.now', colour=current_colour)}"
        form_origin = stored_form_origin(request)
        chosen = (command.colour, f"{alert} {request.words('form.kept')}")
        await request.replace_view(
            colour.colour_form(found.case, found.service, form_origin, request.words, chosen)
        )
        return
    await refresh.after_change(request)


async def colour_from_command(request: SlackRequest, found: FoundCase, text: str) -> None:
    """/arende färg 123 röd."""
    match = match_colour(text)
    if match.found is None:
        await _respond_not_found(request, found, text, match)
        return
    await _set_colour(request, found, match.found, expected=parse_colour(found.case.colour))


async def on_chosen(request: SlackRequest) -> None:
    """One of the colours that may have been meant."""
    choice = decode(request.value, MenuChoice)
    found = await find_case(request, choice.case_id)
    case_then = await request.deps.service.database.read(
        lambda tx: officer_queries.load_case_at_version(tx, choice.case_id, choice.seq)
    )
    await _set_colour(request, found, parse_colour(choice.action), expected=parse_colour(case_then.colour))


async def _set_colour(request: SlackRequest, found: FoundCase, colour: Colour, *, expected: Colour) -> None:
    await request.perform(ColourCase(case_id=found.case.id, colour=colour, expected=expected))
    colour_name = colour_words(colour, request.words) or request.words("colour.none")
    await refresh.reply_and_refresh(request, found, "command.colour", colour=colour_name)


async def _respond_not_found(
    request: SlackRequest, found: FoundCase, text: str, match: Match[Colour]
) -> None:
    """Ask about the colours that may be meant, or tell which there are."""
    w, case = request.words, found.case
    if not match.guesses:
        colour_names = w.list(_colour_name(one, w) for one in COLOURS)
        await request.respond_privately(
            private_message(w("no.colourname", word=text[:60], list=colour_names))
        )
        return
    question = w("ask.which.colour", word=text[:60], case=case_reference(case, found.service, w))
    choices = [
        Choice(_colour_name(one, w), encode(MenuChoice(one or colour.NO_COLOUR, case.id, case.seq)))
        for one in match.guesses
    ]
    await request.respond_privately(which_question(question, CHOICE, choices, w))


def _colour_name(colour: Colour, w: Words) -> str:
    return w(f"colour.{colour or 'none'}")


def match_colour(text: str) -> Match[Colour]:
    """The colour called that in either language."""
    return find_named(
        text, [(_colour_name(one, words(language)), one) for language in LANGUAGES for one in COLOURS]
    )
