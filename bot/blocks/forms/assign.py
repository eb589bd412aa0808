"""Ändra handläggare: who is to have the case, chosen among those who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.blocks.block_kit.elements import Element, context, option, plain
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, ids_of, modal
from bot.blocks.cases.case_words import case_title, holders, on_page_only
from bot.blocks.forms import fields
from bot.catalog.models import Catalog
from bot.catalog.people import Group, Officer
from bot.domain.assignment import LONGEST_REASON, MOST_HOLDERS
from bot.domain.case import Case
from bot.text import Words

ID = "case:officers:submit"
CHOICE = "holders"


@dataclass(frozen=True, slots=True)
class AssignForm:
    """The dialog's state: the case as it is now, and who is chosen, by reference.

    One who is `handing_over` chooses who is to have the case in their place.
    """

    case: Case
    catalog: Catalog
    chosen: Sequence[str]
    reason: str = ""
    origin: Mapping[str, Any] = field(default_factory=dict)
    alert: str = ""
    handing_over: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was filled in; `seq` is the version of the case that the dialog was drawn from."""

    case_id: str
    seq: int
    holders: tuple[str, ...]
    reason: str
    handing_over: bool = False


def assign_form(form: AssignForm, words: Words) -> View:
    """The dialog. What has changed is told where the choice is not simply those who have the case."""
    called = case_title(form.case, form.catalog.service(form.case.service), words)
    changes = _changes(form, words)
    blocks = [
        *(alerts(form.alert) if form.alert else []),
        context(called),
        *([context(*changes)] if changes else []),
        _choice(form, words),
        *_reason(form, words),
    ]
    over = {"over": True} if form.handing_over else {}
    return modal(
        ID,
        words("btn.handover") if over else words("btn.officers"),
        blocks,
        {**form.origin, "case": form.case.id, "seq": form.case.seq, **over},
        submit=words("btn.handover") if over else words("btn.saveofficers"),
        close=words("btn.cancel"),
    )


def _choice(form: AssignForm, words: Words) -> Block:
    named = holders(form.chosen, form.catalog, words)
    initial = [option(name, ref) for ref, name in zip(form.chosen, named, strict=True)]
    element: Element = {
        "type": "multi_external_select",
        "placeholder": plain(words("officers.search"), 150),
        "min_query_length": 0,
        "max_selected_items": MOST_HOLDERS,
    }
    if initial:
        element["initial_options"] = initial[:MOST_HOLDERS]
    # Drawn anew when the case has changed, for else Slack keeps what was chosen before.
    name = f"{CHOICE}#{form.case.seq}"
    hint = words("officers.hint")
    optional = not form.handing_over
    return fields.field(name, words("label.officers"), element, optional=optional, hint=hint)


def _reason(form: AssignForm, words: Words) -> list[Block]:
    """Where Slack may show no texts of the case, none is asked for."""
    if on_page_only(form.case, form.catalog.service(form.case.service)):
        return []
    reason = {**fields.long_text(form.reason), "max_length": LONGEST_REASON}
    return [fields.field("reason", words("officers.reason"), reason, optional=True)]


def _changes(form: AssignForm, words: Words) -> list[str]:
    """Läggs till: Björn Ek, Tas bort: Anna Berg."""
    added = [ref for ref in form.chosen if ref not in form.case.holders]
    removed = [ref for ref in form.case.holders if ref not in form.chosen]
    return [
        words(f"officers.will.{change}", names=", ".join(holders(refs, form.catalog, words)))
        for change, refs in (("added", added), ("removed", removed))
        if refs
    ]


def suggestions(people: Sequence[Officer], groups: Sequence[Group], words: Words) -> list[Element]:
    """The answer to what was typed: people and groups under their headings, at most a hundred in all."""
    found = [
        ("officers.groups", [option(one.name.in_(words.language), f"group:{one.key}") for one in groups]),
        ("officers.people", [option(one.name, f"officer:{one.key}") for one in people]),
    ]
    room, shown = fields.MOST_OPTIONS, []
    for key, options in found:
        if options and room:
            shown.append({"label": plain(words(key), 75), "options": options[:room]})
            room -= len(options[:room])
    return list(reversed(shown))


def read(view: Mapping[str, Any]) -> Chosen:
    """What was filled in."""
    ids, given = ids_of(view), fields.values(view)
    holders = tuple(given.get(CHOICE) or ())
    return Chosen(ids["case"], int(ids["seq"]), holders, given.get("reason", ""), is_handover(view))


def is_handover(view: Mapping[str, Any]) -> bool:
    """Whether the dialog is one in which somebody hands the case over."""
    return bool(ids_of(view).get("over"))
