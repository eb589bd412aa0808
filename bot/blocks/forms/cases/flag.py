"""Flagga ärendet: the officer's own flag, with a note and a reminder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.block_kit.elements import actions, button, context, section
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title, is_case_page_only
from bot.blocks.forms import fields
from bot.blocks.values import CaseRef, encode
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.flags import MAX_NOTE_LENGTH, Flag
from bot.text import Words
from bot.text.words import STOCKHOLM

ID = "case:flag:submit"

MAX_FIELD_LENGTH = 3000
"""Characters that a text field of Slack's takes: `plain_text_input`, max_length."""


def flag_form(
    case: Case,
    service: EService,
    origin: Mapping[str, Any],
    words: Words,
    current: tuple[Flag | None, str] = (None, ""),
) -> View:
    """The dialog with the officer's `current` flag and the text that they wrote after the command.

    A text that is too long is in it as it was written, for its officer to shorten; of one that is longer than Slack's
    fields the beginning is, and the dialog says so.
    """
    flag, text = current
    day = flag.remind_at.astimezone(STOCKHOLM).date().isoformat() if flag and flag.remind_at else ""
    remind_block = fields.input_block(
        "remind_on", words("flag.remind"), fields.datepicker(day), optional=True
    )
    note_block = _note_block((text or (flag.note if flag else ""))[:MAX_FIELD_LENGTH], words)
    unflag_button = button(words("btn.unflag"), "case:unflag", encode(CaseRef(case.id)))
    return modal(
        ID,
        words("flag.title"),
        [
            context(case_title(case, service, words)),
            *([actions([unflag_button], "unflag")] if flag else []),
            *(
                _left_out(text, words)
                if is_case_page_only(case, service)
                else [*_cut(text, words), note_block]
            ),
            remind_block,
        ],
        {**origin, "case": case.id},
        submit=words("btn.flag"),
        close=words("btn.cancel"),
    )


def _note_block(initial: str, words: Words) -> dict[str, Any]:
    note = {"type": "plain_text_input", "max_length": max(MAX_NOTE_LENGTH, len(initial))}
    if initial:
        note["initial_value"] = initial
    return fields.input_block("note", words("flag.note"), note, optional=True, hint=words("flag.hint"))


def _cut(text: str, words: Words) -> list[dict[str, Any]]:
    """That the field has no room for all of the text after the command."""
    return [section(words("flag.cut"))] if len(text) > MAX_FIELD_LENGTH else []


def _left_out(text: str, words: Words) -> list[dict[str, Any]]:
    """That the text after the command is not kept, since the case takes none in Slack."""
    return [section(words("flag.leftout"))] if text else []


def flag_saved(key: str, words: Words) -> View:
    """The confirmation that replaces the dialog, since nothing else shows the result."""
    return modal("told", words("flag.title"), [section(words(key))], {}, close=words("btn.close"))


def marked_unread(words: Words) -> View:
    """The confirmation that replaces a case's modal when the officer has marked it as unread."""
    return modal("told", words("btn.unread"), [section(words("ok.unread"))], {}, close=words("btn.close"))


def read(view: Mapping[str, Any]) -> tuple[str, str, str]:
    """(case id, note, day) as filled in; the day is empty for none."""
    values = fields.read_values(view)
    return metadata_of(view)["case"], values.get("note", ""), values.get("remind_on", "")
