"""Ärendet har handläggare: joining the assignees, or taking the case over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bot.blocks.block_kit.elements import option, plain_text, section
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import join_names
from bot.catalog.models import Catalog
from bot.domain.actors import officer_name
from bot.domain.assignment import TakeCase
from bot.domain.case import Case
from bot.text import Words

ID = "case:take:submit"


def take_form(case: Case, catalog: Catalog, origin: Mapping[str, Any], words: Words) -> View:
    """The dialog, with who has had the case since when."""
    people = [one for one in case.assignees if one.kind == "officer"]
    officer_names = [officer_name(f"officer:{one.key}", catalog) for one in people]
    since = words.day_short(max(one.since for one in people))
    key = "taking.said" if len(officer_names) == 1 else "taking.said.several"
    return modal(
        ID,
        words("taking.title"),
        [
            section(words(key, name=join_names(officer_names, words), date=since)),
            _choice(officer_names, words),
        ],
        {**origin, "case": case.id, "was": case.officers},
        submit=words("btn.take"),
        close=words("btn.cancel"),
    )


def _choice(officer_names: Sequence[str], words: Words) -> dict[str, Any]:
    takeover_description = words("taking.over", name=_first_names(officer_names, words))
    options = [
        option(words("taking.together"), "together"),
        option(words("btn.takeover"), "over", takeover_description),
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


def _first_names(officer_names: Sequence[str], words: Words) -> str:
    return join_names([name.split()[0] for name in officer_names], words)


def read(view: Mapping[str, Any]) -> TakeCase:
    """The command that was chosen."""
    metadata = metadata_of(view)
    chosen = view["state"]["values"]["mode"]["mode"]["selected_option"]
    mode: Literal["together", "over"] = "over" if chosen and chosen["value"] == "over" else "together"
    return TakeCase(case_id=metadata["case"], mode=mode, expected=tuple(metadata["was"]))
