"""An action on many cases: its form, what it would do before it is confirmed, and that it has begun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.blocks.block_kit.elements import (
    Element,
    actions,
    button,
    context,
    divider,
    option,
    plain_text,
    rich_text,
    section,
)
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.blocks.forms.template_choice import NO_TEMPLATE, template_block
from bot.blocks.lists.batch import batch_message
from bot.blocks.values import PageNumber, encode
from bot.catalog.models import Catalog
from bot.catalog.municipality import FileLimits
from bot.catalog.templates import Template
from bot.domain.assignment import MAX_ASSIGNEES
from bot.domain.lists.batch_forms.form_fields import FormField
from bot.domain.lists.batch_wording import BatchSummary, describe_more
from bot.domain.lists.batches import ActionKind, BatchProgress, MailingExample
from bot.text import Words

ID = "batch:form"
CONFIRM_ID = "batch:confirm"
BEGUN_ID = "batch:begun"
ASSIGNEES_FIELD = "assignees"
NOTIFIES_FIELD = "notifies"
TEMPLATE_FIELD = "mailing_template"
MAX_REFUSALS = 20
"""Reasons that are shown."""
NOTIFIES, NOTIFIES_NOT = "yes", "no"

INSERTED_FIELDS = ("text", "kind")
"""The fields that a template fills in."""

WITHOUT_FORM = ("take", "release")
"""The kinds of actions that are confirmed without a form."""

_NONE = "-"
"""Stands for an empty value, which Slack's options may not have."""


@dataclass(frozen=True, slots=True)
class BatchForm:
    """The form of one action; `chosen` says on which cases.

    `has_strict`: among them are some, or may be, about which texts may be written on their pages only. `limits` are for
    files, `template` is the key of the one that was put into the text, and `metadata` counts how often that was done.
    """

    kind: ActionKind
    fields: Sequence[FormField]
    chosen: Sequence[str]
    metadata: Mapping[str, Any]
    limits: FileLimits
    has_strict: bool = False
    templates: Sequence[Template] = ()
    template: str = NO_TEMPLATE
    alert: str = ""

    def with_template(self, key: str, values: Mapping[str, str]) -> BatchForm:
        """The form with the text and kind that the template gave, in fields new to Slack, which then shows them."""
        metadata = {**self.metadata, "n": self.metadata.get("n", 0) + 1}
        filled = [
            replace(one, initial=values.get(one.name, "")) if one.name in INSERTED_FIELDS else one
            for one in self.fields
        ]
        return replace(self, fields=filled, metadata=metadata, template=key)

    @property
    def shown_fields(self) -> list[FormField]:
        return [one for one in self.fields if not (self.has_strict and one.is_free_text)]

    @property
    def is_page_only(self) -> bool:
        """Whether the form is on the web only: what it needs may not be written in Slack."""
        return self.has_strict and any(one.is_free_text and one.is_required for one in self.fields)


def batch_form(form: BatchForm, words: Words) -> View:
    """The form; where it is on the web only, the way there."""
    title = words(f"batches.{form.kind}")
    lead = section("\n".join(form.chosen))
    if form.is_page_only:
        link = button(words("tick.openlist"), "batch:list", style="primary")
        blocks = [lead, section(words("tick.strict")), actions([link])]
        return modal(ID, title, blocks, form.metadata, close=words("btn.back"))
    left_out = form.has_strict and any(one.is_free_text for one in form.fields)
    blocks = [
        *(alerts(form.alert) if form.alert else []),
        lead,
        *(block for one in form.shown_fields for block in _field_blocks(form, one, words)),
        *([context(words("tick.notext"))] if left_out else []),
        *([context(words("page.export.logged"))] if form.kind in ("export", "casefiles") else []),
    ]
    submit, close = words("page.bulk.check"), words("btn.back")
    if any(one.kind == "radio" and not one.options for one in form.shown_fields):
        blocks, submit = [lead, section(words("page.bulk.nostatus"))], ""
    return modal(ID, title, blocks, form.metadata, submit=submit, close=close)


def _field_blocks(form: BatchForm, one: FormField, words: Words) -> list[Block]:
    if one.kind == "template":
        return template_block(TEMPLATE_FIELD, form.templates, form.template, words)
    if one.kind == "files":
        return [fields.file_input_block(form.limits, words)]
    revision = form.metadata.get("n", 0) if one.name in INSERTED_FIELDS else 0
    return [_input(replace(one, name=f"{one.name}#{revision}") if revision else one, words)]


def _input(one: FormField, words: Words) -> Block:
    settings = {"optional": one.can_be_left_out, "hint": one.help}
    if one.kind == "check":
        ticked = fields.checkboxes([option(one.label, "1", one.help)], [one.initial or ""])
        return fields.input_block(one.name, one.label, ticked, optional=True)
    return fields.input_block(one.name, one.label, _element(one, words), **settings)


def _element(one: FormField, words: Words) -> Element:
    if one.kind == "text":
        return fields.multiline_input(one.initial or "") | {
            "max_length": min(one.max_length, fields.MAX_TEXT_LENGTH)
        }
    if one.kind == "day":
        return fields.datepicker()
    if one.kind == "time":
        return fields.timepicker()
    if one.kind == "assignees":
        return {
            "type": "multi_external_select",
            "placeholder": plain_text(words("officers.search"), 150),
            "min_query_length": 0,
            "max_selected_items": MAX_ASSIGNEES,
        }
    options = [option(each.label, each.value or _NONE) for each in one.options]
    initial = "" if one.initial is None else one.initial or _NONE
    if one.kind == "radio" and len(options) <= 10:
        return fields.radio_buttons(options, initial)
    return fields.static_select(options, initial, words("status.choose"))


def read(view: Mapping[str, Any]) -> dict[str, str]:
    """The values filled in, as the domain reads them: of several, with commas between them."""
    values = {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in fields.read_values(view).items()
        if name not in (fields.FILES_FIELD, TEMPLATE_FIELD)
    }
    return {name: "" if value == _NONE else value for name, value in values.items()}


def confirmation(
    batch: BatchProgress,
    summary: BatchSummary,
    examples: Sequence[MailingExample],
    metadata: Mapping[str, Any],
    words: Words,
) -> View:
    """The view in which the batch is confirmed; `examples` are what applicants would read, of which that with the
    number `page` in the metadata is shown."""
    blocks = [
        section(summary.text),
        *([context(*summary.details)] if summary.details else []),
        *_refusals(summary, words),
        *_example(examples, metadata.get("page", 0), words),
        *(_notice_choice(summary, words) if summary.is_possible else []),
    ]
    return modal(
        CONFIRM_ID,
        words(f"batches.{batch.action.kind}"),
        blocks,
        metadata,
        submit=summary.button if summary.is_possible else "",
        close=words("btn.back" if batch.action.kind in WITHOUT_FORM else "page.bulk.edit"),
    )


def _refusals(summary: BatchSummary, words: Words) -> Iterator[Block]:
    for one in summary.refusals[:MAX_REFUSALS]:
        yield section(f"{words('page.bulk.cases', n=one.count)} {one.refusal.in_words(words)}")
        if one.numbers:
            yield context(", ".join(filter(None, (*one.numbers, describe_more(one, words)))))


def _example(examples: Sequence[MailingExample], number: int, words: Words) -> Iterator[Block]:
    """One of the examples, and buttons to the others."""
    if not examples:
        return
    number = min(number, len(examples) - 1)
    one = examples[number]
    place = words("page.bulk.example", n=number + 1, all=len(examples))
    yield divider()
    yield context(one.number, words("page.bulk.to", names=", ".join(one.recipients)), place)
    yield from rich_text(one.text)
    buttons = []
    if number > 0:
        buttons.append(button(words("btn.home.back"), "batch:example:back", encode(PageNumber(number - 1))))
    if number + 1 < len(examples):
        buttons.append(button(words("btn.home.next"), "batch:example:next", encode(PageNumber(number + 1))))
    if buttons:
        yield actions(buttons)


def _notice_choice(summary: BatchSummary, words: Words) -> Iterator[Block]:
    """Whether applicants are notified, to be chosen each time."""
    if summary.notice_question:
        options = [
            option(words("batches.notice.yes"), NOTIFIES),
            option(words("batches.notice.no"), NOTIFIES_NOT),
        ]
        choice = fields.radio_buttons(options)
        yield fields.input_block(NOTIFIES_FIELD, summary.notice_question, choice, hint=summary.notice_help)


def read_notifies(view: Mapping[str, Any]) -> bool | None:
    """Whether applicants are to be notified; None where it was not asked."""
    chosen = fields.read_values(view).get(NOTIFIES_FIELD)
    return None if not chosen else chosen == NOTIFIES


def asks_notifies(view: Mapping[str, Any]) -> bool:
    """Whether the view asks it."""
    return any(block.get("block_id") == NOTIFIES_FIELD for block in view["blocks"])


def batch_begun(batch: BatchProgress, catalog: Catalog, words: Words, alert: str = "") -> View:
    """The batch is being prepared, has begun, or has finished. Closing it closes the views below it too."""
    what_follows = "tick.begun" if batch.is_confirmed else "tick.preparing"
    blocks = [
        *(alerts(alert) if alert else []),
        *batch_message(batch, catalog, words).blocks,
        *([] if batch.is_finished else [context(words(what_follows))]),
    ]
    title = words(f"batches.{batch.action.kind}")
    return {**modal(BEGUN_ID, title, blocks, {}, close=words("btn.close")), "clear_on_close": True}
