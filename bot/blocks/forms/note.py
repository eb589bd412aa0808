"""Ny intern notering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.case_words import case_title
from bot.blocks.elements import Element, context, option, plain, section
from bot.blocks.forms import fields
from bot.blocks.message import Block
from bot.blocks.view import View, ids_of, modal
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.mentions import MOST_MENTIONED
from bot.domain.notes import AddNote
from bot.text import Words

ID = "case:note:submit"
MENTIONS = "mentions"


def note_form(case: Case, service: EService, origin: Mapping[str, Any], words: Words, text: str = "") -> View:
    """The dialog; `text` is what was written after the command."""
    kinds = [
        option(words(f"note.kind.{kind}"), kind, words(f"note.kind.{kind}.about"))
        for kind in ("official", "working")
    ]
    return modal(
        ID,
        words("note.title"),
        [
            context(case_title(case, service, words)),
            fields.field("text", words("note.text"), fields.long_text(text), hint=words("note.hint")),
            fields.field("kind", words("note.kind"), fields.radio(kinds, "official")),
            _mentions(words),
        ],
        {**origin, "case": case.id},
        submit=words("btn.savenote"),
        close=words("btn.cancel"),
    )


def _mentions(words: Words) -> Block:
    element: Element = {
        "type": "multi_external_select",
        "placeholder": plain(words("note.mentions.search"), 150),
        "min_query_length": 0,
        "max_selected_items": MOST_MENTIONED,
    }
    hint = words("note.mentions.hint")
    return fields.field(MENTIONS, words("note.mentions"), element, optional=True, hint=hint)


def noted(words: Words) -> View:
    """What stands where the dialog was, for nothing else shows that a note was saved."""
    return modal("told", words("note.title"), [section(words("ok.noted"))], {}, close=words("btn.close"))


def read(view: Mapping[str, Any]) -> AddNote:
    """The command that was filled in."""
    given = fields.values(view)
    kind = given.get("kind")
    return AddNote(
        case_id=ids_of(view)["case"],
        text=given.get("text", ""),
        kind="working" if kind == "working" else "official",
        mentions=tuple(ref.removeprefix("officer:") for ref in given.get(MENTIONS) or ()),
    )
