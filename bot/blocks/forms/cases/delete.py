"""Ta bort ärende: the typed number, the ground, and a comment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.block_kit.elements import alert, context, option, section
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.deletion import (
    GRACE_DAYS,
    GROUNDS,
    CommentRequired,
    DeleteCase,
    GroundRequired,
    WrongNumber,
)
from bot.domain.rules import MAX_REASON_LENGTH, ReasonTooLong, Refused
from bot.text import Words

ID = "case:delete:submit"

FIELDS: dict[type[Refused], str] = {
    WrongNumber: "typed_number",
    GroundRequired: "ground",
    CommentRequired: "comment",
    ReasonTooLong: "comment",
}
"""The field that each refusal is about."""


def delete_form(case: Case, service: EService, origin: Mapping[str, Any], words: Words) -> View:
    """The dialog, for the case as it is now: what happens in it meanwhile refuses the deletion."""
    grounds = [option(words(f"ground.{one}"), one) for one in GROUNDS]
    comment = {**fields.multiline_input(), "max_length": MAX_REASON_LENGTH}
    return modal(
        ID,
        words("btn.delete"),
        [
            alert(words("delete.warning", n=GRACE_DAYS)),
            context(case_title(case, service, words)),
            fields.input_block("typed_number", words("delete.number"), fields.text_input()),
            fields.input_block("ground", words("delete.ground"), _ground_menu(grounds, words)),
            fields.input_block(
                "comment",
                words("delete.comment"),
                comment,
                optional=True,
                hint=words("delete.comment.help", ground=words("ground.other")),
            ),
        ],
        {**origin, "case": case.id, "seq": case.seq},
        submit=words("btn.delete.submit"),
        close=words("btn.cancel"),
    )


def _ground_menu(grounds: list[dict[str, Any]], words: Words) -> dict[str, Any]:
    return fields.static_select(grounds, placeholder=words("delete.ground.choose"))


def case_gone(number: str, text: str, words: Words) -> View:
    """What replaces the modal of a case that was just deleted."""
    return modal("told", number, [section(text)], {}, close=words("btn.close"))


def read(view: Mapping[str, Any]) -> DeleteCase:
    """The command that was filled in."""
    values, metadata = fields.read_values(view), metadata_of(view)
    return DeleteCase(
        case_id=metadata["case"],
        typed_number=values.get("typed_number", ""),
        ground=values.get("ground", ""),
        comment=values.get("comment", ""),
        expected=metadata["seq"],
    )
