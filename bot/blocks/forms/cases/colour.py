"""Färgmarkera."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.block_kit.elements import context, option
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title, colour_words
from bot.blocks.forms import fields
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.colour import COLOURS, Colour, ColourCase, parse_colour
from bot.text import Words

ID = "case:colour:submit"
NO_COLOUR = "none"


def colour_form(
    case: Case,
    service: EService,
    origin: Mapping[str, Any],
    words: Words,
    chosen: tuple[Colour, str] | None = None,
) -> View:
    """The dialog with the case's colour; or with `chosen`, a colour and the alert above it."""
    colour, alert = chosen if chosen is not None else (parse_colour(case.colour), "")
    options = [option(colour_words(one, words) or words("colour.none"), one or NO_COLOUR) for one in COLOURS]
    choice = fields.radio_buttons(options, colour or NO_COLOUR)
    hint = words("colour.hint")
    return modal(
        ID,
        words("btn.colour"),
        [
            *(alerts(alert) if alert else []),
            context(case_title(case, service, words)),
            fields.input_block(f"colour#{case.seq}", words("colour.label"), choice, hint=hint),
        ],
        {**origin, "case": case.id, "was": case.colour},
        submit=words("btn.colour"),
        close=words("btn.cancel"),
    )


def read(view: Mapping[str, Any]) -> ColourCase:
    """The command that was filled in."""
    metadata, values = metadata_of(view), fields.read_values(view)
    return ColourCase(
        case_id=metadata["case"],
        colour=parse_colour(values.get("colour", "")),
        expected=parse_colour(metadata["was"]),
    )
