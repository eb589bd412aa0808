"""Fler filter: everything that a list can be narrowed by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import Element, context, option, option_group, plain_text
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.blocks.forms.cases import assign
from bot.catalog.models import Catalog
from bot.catalog.people import Group, Officer
from bot.domain.lists.case_lists import CaseList
from bot.domain.lists.case_query import MAX_VALUES, NOBODY, CaseQuery
from bot.domain.lists.query_choices import (
    Choices,
    colour_choices,
    kind_choices,
    origin_choices,
)
from bot.domain.lists.query_form import (
    CHECKS,
    CHOICES,
    DAY_RANGES,
    VALUES,
    FilledFilter,
    fill_from_query,
)
from bot.domain.lists.query_wording import assignee_name, service_name, status_name
from bot.text import Words, fold

ID = "home:filter:submit"

FIELDS = {"services": "only_services", "statuses": "only_statuses", "assignees": "only_assignees"}
"""The fields with suggestions: their action_ids are their own, since those of all forms are listened to together."""

ANY = "-"
"""The choice of no value in a menu."""


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The dialog's state: the list that is narrowed."""

    tab: CaseList
    query: CaseQuery
    catalog: Catalog
    metadata: Mapping[str, Any]


def filter_form(form: FilterForm, words: Words) -> View:
    """The dialog with what the list is narrowed to. What belongs to its tab is not part of it."""
    filled = fill_from_query(form.tab, form.query)
    blocks = [
        *([context(words("filter.text"))] if form.query.text else []),
        *_suggested_fields(form, filled, words),
        _checkboxes("kinds", words("page.list.kinds"), kind_choices(words), filled, words),
        _menu("state", words("page.list.state"), _states(words), filled, words),
        _checks(filled, words),
        *_days(filled, words),
        _checkboxes("colours", words("column.colour"), colour_choices(words), filled, words),
        _checkboxes("origins", words("column.origin"), origin_choices(words), filled, words),
        _menu("audience", words("column.audience"), _audiences(words), filled, words),
    ]
    return modal(
        ID,
        words("page.list.filter"),
        blocks,
        form.metadata,
        submit=words("page.list.show"),
        close=words("btn.cancel"),
    )


def _suggested_fields(form: FilterForm, filled: FilledFilter, words: Words) -> list[Block]:
    """The fields whose values are found by typing; what is chosen and no longer there stands under its key."""
    names = {"services": service_name, "statuses": status_name, "assignees": assignee_name}
    labels = {
        "services": words("column.service"),
        "statuses": words("label.status"),
        "assignees": words("label.officers"),
    }
    blocks = []
    for name, name_of in names.items():
        element: Element = {
            "type": "multi_external_select",
            "placeholder": plain_text(words("home.menu.search"), 150),
            "min_query_length": 0,
            "max_selected_items": MAX_VALUES,
        }
        chosen = [option(name_of(key, form.catalog, words), key) for key in filled.choices[name]]
        if chosen:
            element["initial_options"] = chosen
        blocks.append(fields.input_block(FIELDS[name], labels[name], element, optional=True))
    return blocks


def _checkboxes(name: str, label: str, choices: Choices, filled: FilledFilter, words: Words) -> Block:
    options = [option(text, value) for value, text in choices]
    return fields.input_block(name, label, fields.checkboxes(options, filled.choices[name]), optional=True)


def _checks(filled: FilledFilter, words: Words) -> Block:
    """The parts of the filter that are either there or not, but for those of the tab."""
    options = [option(words(f"page.list.{name}"), name) for name in CHECKS]
    ticked = [name for name in CHECKS if filled.values[name]]
    return fields.input_block(
        "only", words("page.list.only"), fields.checkboxes(options, ticked), optional=True
    )


def _states(words: Words) -> Choices:
    return [(state, words(f"page.list.state.{state}")) for state in ("open", "closed")]


def _audiences(words: Words) -> Choices:
    return [(audience, words(f"audience.{audience}")) for audience in ("external", "internal")]


def _menu(name: str, label: str, choices: Choices, filled: FilledFilter, words: Words) -> Block:
    options = [option(words("page.list.any"), ANY), *(option(text, value) for value, text in choices)]
    return fields.input_block(name, label, fields.static_select(options, filled.values[name] or ANY))


def _days(filled: FilledFilter, words: Words) -> list[Block]:
    days = [
        (
            f"{name}_{end}",
            words("filter.days", column=words(f"column.{name}"), end=words(f"page.list.{word}")),
        )
        for name in DAY_RANGES
        for end, word in (("first", "from"), ("last", "to"))
    ]
    days.append(("due_before", words("page.list.duebefore")))
    return [
        fields.input_block(name, label, fields.datepicker(filled.values[name]), optional=True)
        for name, label in days
    ]


def read(view: Mapping[str, Any], tab: CaseList, query: CaseQuery) -> FilledFilter:
    """The form as it was filled in; the text and the order of the list are not part of it."""
    given = fields.read_values(view)
    before = fill_from_query(tab, query).values
    ticked = given.get("only") or ()
    values = {
        name: "1" if name in ticked else "" if name in CHECKS else _single(given.get(name)) for name in VALUES
    }
    values |= {name: before[name] for name in ("text", "sort", "descending")}
    choices = {name: tuple(given.get(FIELDS.get(name, name)) or ()) for name in CHOICES}
    return FilledFilter(tab, values, choices)


def _single(value: Any) -> str:
    return value if isinstance(value, str) and value != ANY else ""


def field_of(name: str) -> str:
    """The block_id of a part of the filter."""
    if name in CHECKS:
        return "only"
    return FIELDS.get(name, name)


def assignee_suggestions(
    people: Sequence[Officer], groups: Sequence[Group], typed: str, words: Words
) -> list[Element]:
    """The answer to typing in the field for officers: nobody, groups and people, at most a hundred in all."""
    nobody = words("query.nobody")
    is_requested = all(word in fold(nobody) for word in fold(typed).split())
    first = [option_group(nobody, [option(nobody, NOBODY)])] if is_requested else []
    return [*first, *assign.suggestions(people, groups, words)]


def suggestions(label: str, choices: Choices, typed: str) -> list[Element]:
    """The answer to typing: the choices whose label has every typed word, under a heading, at most a hundred."""
    parts = fold(typed).split()
    found = [option(text, value) for value, text in choices if all(part in fold(text) for part in parts)]
    return [option_group(label, found[: fields.MAX_OPTIONS])] if found else []
