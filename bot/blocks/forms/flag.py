"""Flagga ärendet: one's own star, with what one wants to remember and be reminded of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.block_kit.elements import actions, button, context, section
from bot.blocks.block_kit.view import View, ids_of, modal
from bot.blocks.cases.case_words import case_title, on_page_only
from bot.blocks.forms import fields
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.flags import LONGEST_NOTE, Flag
from bot.text import Words
from bot.text.words import STOCKHOLM

ID = "case:flag:submit"


def flag_form(
    case: Case,
    service: EService,
    origin: Mapping[str, Any],
    words: Words,
    known: tuple[Flag | None, str] = (None, ""),
) -> View:
    """The dialog, with the officer's flag as it is and what they wrote after a command."""
    flag, text = known
    note = {"type": "plain_text_input", "max_length": LONGEST_NOTE}
    if written := (text or (flag.note if flag else ""))[:LONGEST_NOTE]:
        note["initial_value"] = written
    day = flag.remind_at.astimezone(STOCKHOLM).date().isoformat() if flag and flag.remind_at else ""
    remind = fields.field("remind_on", words("flag.remind"), fields.day(day), optional=True)
    noted = fields.field("note", words("flag.note"), note, optional=True, hint=words("flag.hint"))
    gone = button(words("btn.unflag"), "case:unflag", case.id)
    return modal(
        ID,
        words("flag.title"),
        [
            context(case_title(case, service, words)),
            *([actions([gone], "unflag")] if flag else []),
            *([] if on_page_only(case, service) else [noted]),
            remind,
        ],
        {**origin, "case": case.id},
        submit=words("btn.flag"),
        close=words("btn.cancel"),
    )


def told(key: str, words: Words) -> View:
    """What stands where the dialog was, for nothing else shows what came of it."""
    return modal("told", words("flag.title"), [section(words(key))], {}, close=words("btn.close"))


def read(view: Mapping[str, Any]) -> tuple[str, str, str]:
    """The case, the note and the day (empty for none) that were filled in."""
    given = fields.values(view)
    return str(ids_of(view)["case"]), given.get("note", ""), given.get("remind_on", "")
