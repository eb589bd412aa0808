"""Ärendet har handläggare: joining the assignees, or taking the case over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bot.blocks.block_kit.elements import MAX_OPTION_LENGTH, option, plain_text, titled_section
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_reference, join_names
from bot.catalog.models import Catalog
from bot.domain.actors import officer_name
from bot.domain.assignment import TakeCase
from bot.domain.case import Case
from bot.text import Words

ID = "case:take:submit"


def take_form(case: Case, catalog: Catalog, origin: Mapping[str, Any], words: Words) -> View:
    """The dialog: which case it is, and who has had it since when."""
    people = [one for one in case.assignees if one.kind == "officer"]
    officer_names = [officer_name(f"officer:{one.key}", catalog) for one in people]
    since = words.day_short(max(one.since for one in people))
    key = "taking.said" if len(officer_names) == 1 else "taking.said.several"
    return modal(
        ID,
        words("taking.title"),
        [
            titled_section(
                case_reference(case, catalog.service(case.service), words),
                words(key, name=join_names(officer_names, words), date=since),
            ),
            _choice(officer_names, words),
        ],
        {**origin, "case": case.id, "was": case.officers},
        submit=words("btn.take"),
        close=words("btn.cancel"),
    )


def _choice(officer_names: Sequence[str], words: Words) -> dict[str, Any]:
    options = [
        option(words("taking.together"), "together", words("taking.together.about")),
        option(words("btn.takeover"), "over", _takeover_description(officer_names, words)),
    ]
    return {
        "type": "input",
        "block_id": "mode",
        "label": plain_text(words("taking.how")),
        "element": {
            "type": "radio_buttons",
            "action_id": "mode",
            "options": options,
            "initial_option": options[0],
        },
    }


def _takeover_description(officer_names: Sequence[str], words: Words) -> str:
    """Who is removed; by first names where an option has no room for more."""
    full = words("taking.over", name=join_names(officer_names, words))
    if len(full) <= MAX_OPTION_LENGTH:
        return full
    first_names = [name.split()[0] for name in officer_names]
    return words("taking.over", name=join_names(first_names, words))


def read(view: Mapping[str, Any]) -> TakeCase:
    """The command that was chosen."""
    metadata = metadata_of(view)
    chosen = view["state"]["values"]["mode"]["mode"]["selected_option"]
    mode: Literal["together", "over"] = "over" if chosen and chosen["value"] == "over" else "together"
    return TakeCase(case_id=metadata["case"], mode=mode, expected=tuple(metadata["was"]))
