"""Färgmarkera."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.block_kit.elements import context, option
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.view import View, ids_of, modal
from bot.blocks.cases.case_words import case_title, colour_words
from bot.blocks.forms import fields
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.marks import COLOURS, Colour, ColourCase, colour_of
from bot.text import Words

ID = "case:colour:submit"
NONE = "none"


def colour_form(
    case: Case,
    service: EService,
    origin: Mapping[str, Any],
    words: Words,
    chosen: tuple[Colour, str] | None = None,
) -> View:
    """The dialog, with the case's own colour; or with one chosen already, beneath what is to be said of it."""
    colour, alert = chosen if chosen is not None else (colour_of(case.colour), "")
    options = [option(colour_words(one, words) or words("colour.none"), one or NONE) for one in COLOURS]
    choice = fields.radio(options, colour or NONE)
    hint = words("colour.hint")
    return modal(
        ID,
        words("btn.colour"),
        [
            *(alerts(alert) if alert else []),
            context(case_title(case, service, words)),
            fields.field(f"colour#{case.seq}", words("colour.label"), choice, hint=hint),
        ],
        {**origin, "case": case.id, "was": case.colour},
        submit=words("btn.colour"),
        close=words("btn.cancel"),
    )


def read(view: Mapping[str, Any]) -> ColourCase:
    """The command that was filled in."""
    ids, given = ids_of(view), fields.values(view)
    return ColourCase(
        case_id=ids["case"], colour=colour_of(given.get("colour", "")), was=colour_of(ids["was"])
    )
