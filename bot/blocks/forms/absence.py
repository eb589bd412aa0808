"""Frånvaro: from when to when an officer is absent, and who stands in for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.blocks.block_kit.elements import Element, actions, button, context, option, plain_text, section
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.catalog.people import Officer
from bot.domain.absence import Absence
from bot.text import Words

ID = "absence:submit"
SUBSTITUTE_FIELD = "substitute"


@dataclass(frozen=True, slots=True)
class AbsenceForm:
    """The dialog's state: whose absence it is, by whom the officer is now `absent`, if so, and who may stand in.

    `is_own` is False where a coordinator sets a colleague's.
    """

    officer: Officer
    today: date
    current: Absence | None = None
    substitute: Officer | None = None
    is_own: bool = True


def absence_form(form: AbsenceForm, metadata: Mapping[str, Any], words: Words) -> View:
    """The dialog, filled in with the absence there is, or else from today and with who stood in the last time."""
    first, last = (
        (form.current.first, form.current.last.isoformat()) if form.current is not None else (form.today, "")
    )
    return modal(
        ID,
        words("absence.title"),
        [
            *_current_blocks(form, words),
            fields.input_block("first", words("absence.first"), fields.datepicker(first.isoformat())),
            fields.input_block("last", words("absence.last"), fields.datepicker(last)),
            _substitute_field(form.substitute, words),
        ],
        {**metadata, "officer": form.officer.key},
        submit=words("btn.absence.save"),
        close=words("btn.cancel"),
    )


def _current_blocks(form: AbsenceForm, words: Words) -> list[Block]:
    """Whose absence it is where it is not one's own, and the one there is, with the button that ends it."""
    blocks = [] if form.is_own else [context(form.officer.name)]
    if form.current is None:
        return blocks
    first, last = words.day_short(form.current.first), words.day_short(form.current.last)
    key = "home.absent" if form.is_own else "absence.now"
    line = section(words(key, name=form.officer.name, first=first, last=last))
    return [*blocks, line, actions([button(words("btn.absence.end"), "absence:end")])]


def _substitute_field(substitute: Officer | None, words: Words) -> Block:
    element: Element = {
        "type": "external_select",
        "placeholder": plain_text(words("absence.search"), 150),
        "min_query_length": 0,
    }
    if substitute is not None:
        element["initial_option"] = option(substitute.name, substitute.key)
    label, hint = words("absence.substitute"), words("absence.substitute.hint")
    return fields.input_block(SUBSTITUTE_FIELD, label, element, optional=True, hint=hint)


def suggestions(officers: Sequence[tuple[Officer, str]], words: Words) -> list[Element]:
    """The response to typing in the field for the substitute; each with that they are absent, or an empty string."""
    found = [option(one.name, one.key, away) for one, away in officers[: fields.MAX_OPTIONS]]
    return [{"label": plain_text(words("officers.people"), 75), "options": found}] if found else []


def absence_saved(text: str, words: Words) -> View:
    """The confirmation that replaces the dialog."""
    return modal("told", words("absence.title"), [section(text)], {}, close=words("btn.close"))


@dataclass(frozen=True, slots=True)
class AbsenceValues:
    """What was filled in; a day is None where it was left out."""

    first: date | None
    last: date | None
    substitute: str


def read(view: Mapping[str, Any]) -> AbsenceValues:
    """What was filled in."""
    values = fields.read_values(view)
    return AbsenceValues(
        _parse_day(values.get("first")),
        _parse_day(values.get("last")),
        str(values.get(SUBSTITUTE_FIELD) or ""),
    )


def _parse_day(typed: object) -> date | None:
    try:
        return date.fromisoformat(str(typed))
    except ValueError:
        return None
