"""Colours on cases."""

from __future__ import annotations

from rapidfuzz import fuzz, process
from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import colour_words
from bot.blocks.forms import colour
from bot.blocks.private import private_message
from bot.domain.colour import COLOURS, Colour, ColourCase, parse_colour
from bot.domain.rules import ChangedMeanwhile
from bot.handlers.request.found_case import FoundCase, find_case, perform_on_visible
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin, stored_form_origin
from bot.text import LANGUAGES, Words, fold, words

_MIN_SIMILARITY = 80.0


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:colour")(listeners.for_modal(on_colour))
    app.view(colour.ID)(listeners.for_change(on_submitted))


async def on_colour(request: SlackRequest) -> None:
    await open_form(request, await find_case(request, request.target.case_id))


async def open_form(request: SlackRequest, found: FoundCase, text: str = "") -> None:
    """Open the dialog with the case's colour, or with the one that was named."""
    matched = match_colour(text)
    chosen = (matched, "") if matched is not None else None
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
    colour = match_colour(text)
    if colour is None:
        colour_names = request.words.list(_colour_name(one, request.words) for one in COLOURS)
        await request.respond_privately(
            private_message(request.words("no.colourname", word=text[:60], list=colour_names))
        )
        return
    current = parse_colour(found.case.colour)
    await request.perform(ColourCase(case_id=found.case.id, colour=colour, expected=current))
    colour_name = colour_words(colour, request.words) or request.words("colour.none")
    await refresh.reply_and_refresh(request, found, "command.colour", colour=colour_name)


def _colour_name(colour: Colour, w: Words) -> str:
    return w(f"colour.{colour or 'none'}")


def match_colour(text: str) -> Colour | None:
    """The colour called that in either language, or nearly so."""
    colours_by_name = {
        fold(_colour_name(colour, words(language))): colour for language in LANGUAGES for colour in COLOURS
    }
    best = process.extractOne(
        fold(text.strip()), list(colours_by_name), scorer=fuzz.ratio, score_cutoff=_MIN_SIMILARITY
    )
    return colours_by_name[best[0]] if text.strip() and best else None
