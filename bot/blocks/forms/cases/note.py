"""Ny intern notering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.blocks.block_kit.elements import Element, context, option, plain_text, section
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.blocks.forms.template_choice import NO_TEMPLATE, template_block
from bot.catalog.municipality import FileLimits
from bot.catalog.services import EService
from bot.catalog.templates import Template
from bot.domain.case import Case
from bot.domain.mentions import MAX_MENTIONS
from bot.domain.notes import AddNote
from bot.text import Words

ID = "case:note:submit"
MENTIONS_FIELD = "mentions"
TEMPLATE_FIELD = "note_template"


@dataclass(frozen=True, slots=True)
class NoteForm:
    """The dialog's state: the case, the limits of files, and `values`, which are filled in.

    `templates` are those on offer and `template` the key of the chosen one. `metadata` identifies this opening of the
    form, and counts how often the bot has inserted a text.
    """

    case: Case
    service: EService
    limits: FileLimits
    metadata: Mapping[str, Any]
    values: AddNote
    templates: Sequence[Template] = ()
    template: str = NO_TEMPLATE
    alert: str = ""

    def with_template(self, text: str, template: Template) -> NoteForm:
        """The form with the template's text; its field gets a new block_id, so that Slack shows it."""
        metadata = {**self.metadata, "n": self.metadata.get("n", 0) + 1}
        values = replace(self.values, text=text)
        return replace(self, values=values, template=template.key, metadata=metadata)


def note_form(form: NoteForm, words: Words) -> View:
    """The dialog."""
    kinds = [
        option(words(f"note.kind.{kind}"), kind, words(f"note.kind.{kind}.about"))
        for kind in ("official", "working")
    ]
    text_element = fields.multiline_input(form.values.text)
    text_id = f"text#{form.metadata['n']}" if "n" in form.metadata else "text"
    return modal(
        ID,
        words("note.title"),
        [
            *(alerts(form.alert) if form.alert else []),
            context(case_title(form.case, form.service, words)),
            *template_block(TEMPLATE_FIELD, form.templates, form.template, words),
            fields.input_block(text_id, words("note.text"), text_element, hint=words("note.hint")),
            fields.input_block("kind", words("note.kind"), fields.radio_buttons(kinds, form.values.kind)),
            _mentions(words),
            fields.file_input_block(form.limits, words),
        ],
        {**form.metadata, "case": form.case.id},
        submit=words("btn.savenote"),
        close=words("btn.cancel"),
    )


def _mentions(words: Words) -> Block:
    element: Element = {
        "type": "multi_external_select",
        "placeholder": plain_text(words("note.mentions.search"), 150),
        "min_query_length": 0,
        "max_selected_items": MAX_MENTIONS,
    }
    hint = words("note.mentions.hint")
    return fields.input_block(MENTIONS_FIELD, words("note.mentions"), element, optional=True, hint=hint)


def note_saved(words: Words, extra: str = "") -> View:
    """The confirmation that replaces the dialog, since nothing else shows the result; `extra` is added to it."""
    blocks = [section(text) for text in (words("ok.noted"), extra) if text]
    return modal("told", words("note.title"), blocks, {}, close=words("btn.close"))


def read(view: Mapping[str, Any]) -> AddNote:
    """The command that was filled in."""
    values = fields.read_values(view)
    kind = values.get("kind")
    return AddNote(
        case_id=metadata_of(view)["case"],
        text=values.get("text", ""),
        kind="working" if kind == "working" else "official",
        mentions=tuple(ref.removeprefix("officer:") for ref in values.get(MENTIONS_FIELD) or ()),
    )
