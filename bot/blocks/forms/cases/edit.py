"""Ändra ärende: the answers that may pass through Slack, a step at a time, then the changes with their reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import (
    actions,
    button,
    context,
    option,
    titled_section,
)
from bot.blocks.block_kit.form_errors import view_with_alert
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.mrkdwn import shorten
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.blocks.forms.answer_fields import answer_input
from bot.blocks.values import CaseRef, encode
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
    title = [case_title(case, service, words)]
    if step.count > 1:
        title.append(words("edit.step", n=step.number, of=step.count))
    page = button(words("btn.page"), "case:page", encode(CaseRef(case.id)))
    return modal(
        STEP_ID,
        words("btn.edit"),
        [
            context(*title),
            *(answer_input(one, step.answers.get(one.key), words) for one in step.fields),
            context(words("edit.page")),
            actions([page]),
        ],
        {**metadata, "case": case.id},
        submit=words("btn.next" if step.number < step.count else "page.edit.review"),
        close=words("btn.cancel"),
    )


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
            fields.input_block("reason", words("page.edit.reason"), reason, hint=words("edit.reason.hint")),
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
