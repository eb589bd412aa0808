"""An e-service's questions as inputs of a dialog, for those kinds that Slack has one for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import Element, option, plain_text
from bot.blocks.block_kit.message import Block
from bot.blocks.forms import fields
from bot.catalog.fields import Field
from bot.domain.answer_formatting import typed_answer
from bot.text import Words

NO_ANSWER = "-"
"""The value of the option for no answer, which is no choice's key."""

PREFIX = "answer_"
"""What the block_ids begin with, and the action_ids."""

_MAX_BOXES = 10


def answer_input(field: Field, answer: Any, words: Words, *, decides: bool = False) -> Block:
    """The question with its answer, stored or typed. Where it `decides` what else is asked, each choice is told of."""
    label = field.label.in_(words.language)
    hint = field.help.in_(words.language) if field.help else ""
    if isinstance(answer, str):
        answer = typed_answer(field, answer)
    return fields.input_block(
        block_id(field.key),
        label,
        _element(field, answer, words),
        optional=not field.required,
        hint=hint,
        dispatch=decides,
    )


def _element(field: Field, answer: Any, words: Words) -> Element:
    match field.kind:
        case "yes_no":
            labels = {"true": words("value.yes"), "false": words("value.no")}
            return _menu(labels, _yes_or_no(answer), field, words)
        case "choice":
            labels = {one.key: one.label.in_(words.language) for one in field.choices}
            return _menu(labels, str(answer or ""), field, words)
        case "choices":
            return _boxes(field, answer or (), words)
        case "date":
            return fields.datepicker(str(answer or ""))
    element: Element = {
        "type": "plain_text_input",
        "multiline": field.kind == "long_text",
        "max_length": min(field.max_length or fields.MAX_TEXT_LENGTH, fields.MAX_TEXT_LENGTH),
    }
    return {**element, "initial_value": str(answer)} if answer else element


def _yes_or_no(answer: Any) -> str:
    return str(answer).lower() if answer is not None else ""


def _menu(labels: Mapping[str, str], answer: str, field: Field, words: Words) -> Element:
    """A menu, with an option for no answer where none is required: Slack's menus cannot be emptied."""
    none = [] if field.required else [option(words("answer.none"), NO_ANSWER)]
    options = [*(option(label, key) for key, label in labels.items()), *none]
    return fields.static_select(
        options, answer or ("" if field.required else NO_ANSWER), words("edit.choose")
    )


def _boxes(field: Field, answer: Sequence[str], words: Words) -> Element:
    options = [option(one.label.in_(words.language), one.key) for one in field.choices]
    if len(options) <= _MAX_BOXES:
        return fields.checkboxes(options, answer)
    chosen = [one for one in options if one["value"] in answer]
    element: Element = {
        "type": "multi_static_select",
        "options": options,
        "placeholder": plain_text(words("edit.choose"), 150),
    }
    return {**element, "initial_options": chosen} if chosen else element


def read_answers(view: Mapping[str, Any]) -> dict[str, Any]:
    """The typed values by field, for validation; empty strings for no answer."""
    values = fields.read_values(view)
    return {
        name.removeprefix(PREFIX): "" if value == NO_ANSWER else value
        for name, value in values.items()
        if name.startswith(PREFIX)
    }


def block_id(key: str) -> str:
    """The block_id of a field's input."""
    return f"{PREFIX}{key}"
