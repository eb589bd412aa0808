"""Ny intern notering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import Element, context, option, plain, section
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, ids_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.catalog.municipality import FileLimits
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.mentions import MOST_MENTIONED
from bot.domain.notes import AddNote
from bot.text import Words

ID = "case:note:submit"
MENTIONS = "mentions"


@dataclass(frozen=True, slots=True)
class Noting:
    """The dialog's state: the case, what files may be, and `text`, what was written after the command.

    `ids` names this one filling-in of the form.
    """

    case: Case
    service: EService
    limits: FileLimits
    ids: Mapping[str, Any]
    text: str = ""


def note_form(noting: Noting, words: Words) -> View:
    """The dialog."""
    kinds = [
        option(words(f"note.kind.{kind}"), kind, words(f"note.kind.{kind}.about"))
        for kind in ("official", "working")
    ]
    return modal(
        ID,
        words("note.title"),
        [
            context(case_title(noting.case, noting.service, words)),
            fields.field("text", words("note.text"), fields.long_text(noting.text), hint=words("note.hint")),
            fields.field("kind", words("note.kind"), fields.radio(kinds, "official")),
            _mentions(words),
            fields.attach(noting.limits, words),
        ],
        {**noting.ids, "case": noting.case.id},
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


def noted(words: Words, more: str = "") -> View:
    """What stands where the dialog was, for nothing else shows that a note was saved; `more` is to be known as well."""
    told = [section(said) for said in (words("ok.noted"), more) if said]
    return modal("told", words("note.title"), told, {}, close=words("btn.close"))


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
