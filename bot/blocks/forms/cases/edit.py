"""Ändra ärende: the answers that may pass through Slack, a step at a time, then the changes with their reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import (
    Element,
    actions,
    button,
    context,
    option,
    plain_text,
    titled_section,
)
from bot.blocks.block_kit.form_errors import view_with_alert
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.mrkdwn import shorten
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.blocks.values import CaseRef, encode
from bot.catalog.answers.parsing import typed_number
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.catalog.services import EService
from bot.domain.answer_formatting import format_answer
from bot.domain.case import Case
from bot.domain.editing import AnswerChange
from bot.domain.rules import MAX_REASON_LENGTH
from bot.text import Words

STEP_ID = "case:edit:step"
ID = "case:edit:submit"

NO_ANSWER = "-"
"""The value of the option for no answer, which is no choice's key."""

_PREFIX = "answer_"
_MAX_BOXES = 10

_MAX_CHANGES = 80
"""Changes shown: Slack's view has room for 100 blocks, and an alert needs some of them."""

_MAX_CHANGES_LENGTH = 16_000
"""Characters of all changes together, such that the view fits into Slack's 250 kB in any script."""


@dataclass(frozen=True, slots=True)
class EditStep:
    """A step: its number of how many, its fields, and the answers so far, as stored or as typed, by field."""

    number: int
    count: int
    fields: Sequence[Field]
    answers: Mapping[str, Any]


def step_form(
    case: Case, service: EService, step: EditStep, metadata: Mapping[str, Any], words: Words
) -> View:
    """The dialog with the fields of one step."""
    page = button(words("btn.page"), "case:page", encode(CaseRef(case.id)))
    return modal(
        STEP_ID,
        words("btn.edit"),
        [
            context(case_title(case, service, words), words("edit.step", n=step.number, of=step.count)),
            *(_input(one, step.answers.get(one.key), words) for one in step.fields),
            context(words("edit.page")),
            actions([page]),
        ],
        {**metadata, "case": case.id},
        submit=words("btn.next"),
        close=words("btn.cancel"),
    )


def _input(field: Field, answer: Any, words: Words) -> Block:
    label = field.label.in_(words.language)
    hint = field.help.in_(words.language) if field.help else ""
    if field.kind == "number" and isinstance(answer, str):
        answer = typed_number(answer)
    return fields.input_block(
        f"{_PREFIX}{field.key}", label, _element(field, answer, words), optional=not field.required, hint=hint
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


def read_step(view: Mapping[str, Any]) -> dict[str, Any]:
    """The typed values by field, for validation."""
    values = fields.read_values(view)
    return {
        name.removeprefix(_PREFIX): "" if value == NO_ANSWER else value
        for name, value in values.items()
        if name.startswith(_PREFIX)
    }


def block_id(key: str) -> str:
    """The block_id of a field's input."""
    return f"{_PREFIX}{key}"


@dataclass(frozen=True, slots=True)
class EditReview:
    """The last step: the changes, and what is filled in with them. `is_offered`: the applicant can be told."""

    definition: Definition
    changes: Sequence[AnswerChange]
    is_offered: bool


def review_form(
    case: Case, service: EService, review: EditReview, metadata: Mapping[str, Any], words: Words
) -> View:
    """The dialog with the changes, the reason, and whether the applicant is told."""
    reason = {**fields.multiline_input(), "max_length": MAX_REASON_LENGTH}
    notice_option = option(words("edit.notify.short"), "yes")
    notify = fields.input_block(
        "notify", words("edit.notify.label"), fields.checkboxes([notice_option], ["yes"]), optional=True
    )
    return modal(
        ID,
        words("btn.edit"),
        [
            context(case_title(case, service, words)),
            *_changes(review, words),
            fields.input_block("reason", words("page.edit.reason"), reason),
            *([notify] if review.is_offered else []),
        ],
        {**metadata, "case": case.id},
        submit=words("btn.edit.save"),
        close=words("btn.cancel"),
    )


def with_alert(view: View, text: str, reason: str) -> View:
    """The dialog below an alert, with the reason that was typed."""
    state = {"reason": {"reason": {"value": reason}}}
    return view_with_alert({**view, "state": {"values": state}}, text)


def _changes(review: EditReview, words: Words) -> Iterator[Block]:
    """Each change, the shorter the more there are, and how many are left out."""
    shown = review.changes[:_MAX_CHANGES]
    max_length = _MAX_CHANGES_LENGTH // max(len(shown), 1)
    for one in shown:
        yield _change(one, review.definition, max_length, words)
    if len(shown) < len(review.changes):
        yield context(words("batches.andmore", n=len(review.changes) - len(shown)))


def _change(change: AnswerChange, definition: Definition, max_length: int, words: Words) -> Block:
    """Från … till …, in about `max_length` characters and no more than a section holds."""
    field = definition.field(change.field)
    assert field is not None  # only answers to the form's questions are edited in Slack
    before, after = (
        shorten(format_answer(field, value, words), min(1_000, max_length * 3 // 8)) or words("answer.none")
        for value in (change.before, change.after)
    )
    text = f"{words('page.edit.from')} {before}\n{words('page.edit.to')} {after}"
    return titled_section(shorten(field.label.in_(words.language), max_length // 4), text)


def read_review(view: Mapping[str, Any]) -> tuple[str, bool]:
    """The reason, and whether the applicant is to be told."""
    values = fields.read_values(view)
    return str(values.get("reason", "")), "yes" in (values.get("notify") or ())


def case_of(view: Mapping[str, Any]) -> str:
    """The id of the form's case."""
    return str(metadata_of(view)["case"])
