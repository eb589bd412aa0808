"""Colours of cases."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import case_reference, colour_words
from bot.blocks.cases.confirmation import Choice, which_question
from bot.blocks.forms.cases import colour
from bot.blocks.private import private_message
from bot.blocks.values import MenuChoice, decode, encode
from bot.domain.colour import COLOURS, INFLECTED_COLOURS, Colour, ColourCase, parse_colour
from bot.domain.rules import ChangedMeanwhile
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case, perform_on_visible
from bot.handlers.request.listeners import Listeners
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


async def on_colour(context: SlackContext) -> None:
    await open_form(context, await find_case(context, context.request.target.case_id))


async def open_form(context: SlackContext, found: FoundCase, text: str = "") -> None:
    """Open the dialog with the case's colour, or with the named one; ask where the name only resembles one."""
    found.require_action("colour")
    match = match_colour(text)
    if match.found is None and text.strip():
        await _respond_not_found(context, found, text, match)
        return
    chosen = (match.found, "") if match.found is not None else None
    await context.responder.open_view(
        colour.colour_form(found.case, found.service, form_origin(context), context.words, chosen)
    )


async def on_submitted(context: SlackContext) -> None:
    command = colour.read(context.request.form)
    try:
        await perform_on_visible(context, command)
    except ChangedMeanwhile as changed:
        found = await find_case(context, command.case_id)
        alert = changed.in_words(context.words)
        form_origin = stored_form_origin(context)
        chosen = (command.colour, f"{alert} {context.words('form.kept')}")
        await context.responder.replace_view(
            colour.colour_form(found.case, found.service, form_origin, context.words, chosen)
        )
        return
    await refresh.after_change(context)


async def colour_from_command(context: SlackContext, found: FoundCase, text: str) -> None:
    """/arende färg 123 röd."""
    match = match_colour(text)
    if match.found is None:
        await _respond_not_found(context, found, text, match)
        return
    await _set_colour(context, found, match.found, expected=parse_colour(found.case.colour))


async def on_chosen(context: SlackContext) -> None:
    """Set the colour that was chosen among the guesses."""
    choice = decode(context.request.value, MenuChoice)
    found = await find_case(context, choice.case_id)
    case_then = await context.deps.service.database.read(
        lambda tx: officer_queries.load_case_at_version(tx, choice.case_id, choice.seq)
    )
    await _set_colour(context, found, parse_colour(choice.action), expected=parse_colour(case_then.colour))


async def _set_colour(context: SlackContext, found: FoundCase, colour: Colour, *, expected: Colour) -> None:
    await context.performer.perform(ColourCase(case_id=found.case.id, colour=colour, expected=expected))
    if name := colour_words(colour, context.words):
        await refresh.reply_and_refresh(context, found, "command.colour", colour=name)
    else:
        await refresh.reply_and_refresh(context, found, "command.uncoloured")


async def _respond_not_found(
    context: SlackContext, found: FoundCase, text: str, match: Match[Colour]
) -> None:
    """Ask which of the guesses is meant, or list all colours."""
    w, case = context.words, found.case
    if not match.guesses:
        colour_names = w.list(_colour_name(one, w) for one in COLOURS)
        await context.responder.respond_privately(
            private_message(w("no.colourname", word=text[:60], list=colour_names))
        )
        return
    question = w("ask.which.colour", word=text[:60], case=case_reference(case, found.service, w))
    choices = [
        Choice(_colour_name(one, w), encode(MenuChoice(one or colour.NO_COLOUR, case.id, case.seq)))
        for one in match.guesses
    ]
    await context.responder.respond_privately(which_question(question, CHOICE, choices, w))


def _colour_name(colour: Colour, w: Words) -> str:
    return w(f"colour.{colour or 'none'}")


def match_colour(text: str) -> Match[Colour]:
    """The colour with that name in either language."""
    names = [(_colour_name(one, words(language)), one) for language in LANGUAGES for one in COLOURS]
    inflected = [(name, one) for one in COLOURS for name in INFLECTED_COLOURS.get(one, ())]
    return find_named(text, names + inflected)
