"""Ärendet har handläggare: join those who have the case, or take it over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bot.blocks.block_kit.elements import option, plain, section
from bot.blocks.block_kit.view import View, ids_of, modal
from bot.blocks.cases.case_words import names
from bot.catalog.models import Catalog
from bot.domain.actors import name_of
from bot.domain.assignment import TakeCase
from bot.domain.case import Case
from bot.text import Words

ID = "case:take:submit"


def taking(case: Case, catalog: Catalog, origin: Mapping[str, Any], words: Words) -> View:
    """The choice, with who has the case since when."""
    people = [one for one in case.assignees if one.kind == "officer"]
    called = [name_of(f"officer:{one.key}", catalog) for one in people]
    since = words.day_short(max(one.since for one in people))
    key = "taking.said" if len(called) == 1 else "taking.said.several"
    return modal(
        ID,
        words("taking.title"),
        [section(words(key, name=names(called, words), date=since)), _choice(called, words)],
        {**origin, "case": case.id, "was": case.officers},
        submit=words("btn.take"),
        close=words("btn.cancel"),
    )


def _choice(called: Sequence[str], words: Words) -> dict[str, Any]:
    over = words("taking.over", name=_first_names(called, words))
    options = [option(words("taking.together"), "together"), option(words("btn.takeover"), "over", over)]
    return {
        "type": "input",
        "block_id": "mode",
        "label": plain(words("taking.how")),
        "element": {
            "type": "radio_buttons",
            "action_id": "mode",
            "options": options,
            "initial_option": options[0],
        },
    }


def _first_names(called: Sequence[str], words: Words) -> str:
    return names([name.split()[0] for name in called], words)


def read(view: Mapping[str, Any]) -> TakeCase:
    """The command that was chosen."""
    ids = ids_of(view)
    chosen = view["state"]["values"]["mode"]["mode"]["selected_option"]
    mode: Literal["together", "over"] = "over" if chosen and chosen["value"] == "over" else "together"
    return TakeCase(case_id=ids["case"], mode=mode, was=tuple(ids["was"]))
