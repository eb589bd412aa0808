"""Ändra handläggare: choosing the assignees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.blocks.block_kit.elements import Element, context, option, option_group, plain_text
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title, is_case_page_only
from bot.blocks.forms import fields
from bot.blocks.forms.cases import retained_note
from bot.catalog.models import Catalog
from bot.catalog.people import Group, Officer
from bot.domain.assignment import MAX_ASSIGNEES, assignee_labels
from bot.domain.case import Case
from bot.domain.rules import MAX_REASON_LENGTH
from bot.text import Words

ID = "case:officers:submit"
ASSIGNEES_FIELD = "holders"

NOBODY_AWAY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class AssignForm:
    """The dialog's state: the current case, and the chosen assignees by reference.

    With `is_handover` an assignee chooses who replaces them.
    """

    case: Case
    catalog: Catalog
    chosen_refs: Sequence[str]
    reason: str = ""
    origin: Mapping[str, Any] = field(default_factory=dict)
    alert: str = ""
    is_handover: bool = False


@dataclass(frozen=True, slots=True)
class AssignValues:
    """The values filled in; `seq` is the version of the case that the dialog was rendered from."""

    case_id: str
    seq: int
    assignees: tuple[str, ...]
    reason: str
    is_handover: bool = False


def assign_form(form: AssignForm, words: Words) -> View:
    """The dialog. It lists the changes where the choice differs from the current assignees."""
    case_name = case_title(form.case, form.catalog.service(form.case.service), words)
    changes = _changes(form, words)
    blocks = [
        *(alerts(form.alert, retained_note.keep_buttons(form.reason.strip(), words)) if form.alert else []),
        context(case_name),
        *([context(*changes)] if changes else []),
        _choice(form, words),
        *_reason(form, words),
    ]
    handover_metadata = {"over": True} if form.is_handover else {}
    return modal(
        ID,
        words("btn.handover") if handover_metadata else words("btn.officers"),
        blocks,
        {**form.origin, "case": form.case.id, "seq": form.case.seq, **handover_metadata},
        submit=words("btn.handover") if handover_metadata else words("btn.saveofficers"),
        close=words("btn.cancel"),
    )


def _choice(form: AssignForm, words: Words) -> Block:
    names = assignee_labels(form.chosen_refs, form.catalog, words)
    initial = [option(name, ref) for ref, name in zip(form.chosen_refs, names, strict=True)]
    element: Element = {
        "type": "multi_external_select",
        "placeholder": plain_text(words("officers.search"), 150),
        "min_query_length": 0,
        "max_selected_items": MAX_ASSIGNEES,
    }
    if initial:
        element["initial_options"] = initial[:MAX_ASSIGNEES]
    # A new block_id when the case has changed: otherwise Slack retains the earlier choice.
    name = f"{ASSIGNEES_FIELD}#{form.case.seq}"
    hint = words("officers.hint")
    optional = not form.is_handover
    return fields.input_block(name, words("label.officers"), element, optional=optional, hint=hint)


def _reason(form: AssignForm, words: Words) -> list[Block]:
    """The field for a reason; none where Slack may not show texts of the case."""
    if is_case_page_only(form.case, form.catalog.service(form.case.service)):
        return []
    reason = {**fields.multiline_input(form.reason), "max_length": MAX_REASON_LENGTH}
    return [fields.input_block("reason", words("officers.reason"), reason, optional=True)]


def _changes(form: AssignForm, words: Words) -> list[str]:
    """Läggs till: Björn Ek, Tas bort: Anna Berg."""
    added = [ref for ref in form.chosen_refs if ref not in form.case.assignee_refs]
    removed = [ref for ref in form.case.assignee_refs if ref not in form.chosen_refs]
    return [
        words(f"officers.will.{change}", names=", ".join(assignee_labels(refs, form.catalog, words)))
        for change, refs in (("added", added), ("removed", removed))
        if refs
    ]


def suggestions(
    people: Sequence[Officer], groups: Sequence[Group], words: Words, away: Mapping[str, str] = NOBODY_AWAY
) -> list[Element]:
    """The response to typing: people and groups under headings, at most a hundred in all.

    `away` says of those who are absent, by key, that they are and who acts for them.
    """
    groups_and_people = [
        ("officers.groups", [option(one.name.in_(words.language), f"group:{one.key}") for one in groups]),
        (
            "officers.people",
            [option(one.name, f"officer:{one.key}", away.get(one.key, "")) for one in people],
        ),
    ]
    capacity, option_groups = fields.MAX_OPTIONS, []
    for key, options in groups_and_people:
        if options and capacity:
            option_groups.append(option_group(words(key), options[:capacity]))
            capacity -= len(options[:capacity])
    return list(reversed(option_groups))


def read(view: Mapping[str, Any]) -> AssignValues:
    """What was filled in."""
    metadata, values = metadata_of(view), fields.read_values(view)
    assignees = tuple(values.get(ASSIGNEES_FIELD) or ())
    return AssignValues(
        metadata["case"], metadata["seq"], assignees, values.get("reason", ""), is_handover(view)
    )


def is_handover(view: Mapping[str, Any]) -> bool:
    """Whether the dialog is a handover."""
    return bool(metadata_of(view).get("over"))
