"""Colours on cases."""

from __future__ import annotations

from rapidfuzz import fuzz, process
from slack_bolt.async_app import AsyncApp

from bot.blocks.cases.case_words import colour_words
from bot.blocks.forms import colour
from bot.blocks.private import private
from bot.domain.marks import COLOURS, Colour, ColourCase, colour_of
from bot.domain.rules import ChangedMeanwhile
from bot.handlers.request.found_case import Found, find, perform
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import came_from, origin
from bot.text import LANGUAGES, Words, fold, words

_ALIKE = 80.0


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:colour")(listening.opening(on_colour))
    app.view(colour.ID)(listening.acting(on_submitted))


async def on_colour(press: Press) -> None:
    await asked(press, await find(press, press.target.case_id))


async def asked(press: Press, found: Found, typed: str = "") -> None:
    """Open the dialog with the case's colour, or with the one that was named."""
    named = colour_named(typed)
    chosen = (named, "") if named is not None else None
    await press.open(colour.colour_form(found.case, found.service, origin(press), press.words, chosen))


async def on_submitted(press: Press) -> None:
    command = colour.read(press.view)
    try:
        await perform(press, command)
    except ChangedMeanwhile as changed:
        found = await find(press, command.case_id)
        now = colour_words(found.case.colour, press.words) or press.words("colour.none")
        alert = f"{changed.said(press.words)} {press.words('colour.now', colour=now)}"
        kept = came_from(press)
        chosen = (command.colour, f"{alert} {press.words('form.kept')}")
        await press.show(colour.colour_form(found.case, found.service, kept, press.words, chosen))
        return
    await refresh.change(press)


async def by_words(press: Press, found: Found, typed: str) -> None:
    """/arende färg 123 röd."""
    named = colour_named(typed)
    if named is None:
        known = press.words.list(_called(one, press.words) for one in COLOURS)
        await press.say(private(press.words("no.colourname", word=typed[:60], list=known)))
        return
    was = colour_of(found.case.colour)
    await press.perform(ColourCase(case_id=found.case.id, colour=named, was=was))
    shown = colour_words(named, press.words) or press.words("colour.none")
    await refresh.said(press, found, "command.colour", colour=shown)


def _called(colour: Colour, w: Words) -> str:
    return w(f"colour.{colour or 'none'}")


def colour_named(typed: str) -> Colour | None:
    """The colour called that in either language, or nearly so."""
    named = {fold(_called(one, words(language))): one for language in LANGUAGES for one in COLOURS}
    best = process.extractOne(fold(typed.strip()), list(named), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return named[best[0]] if typed.strip() and best else None
