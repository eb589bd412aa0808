"""Gallringsstopp: putting a case on hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.blocks.block_kit.elements import context, option, section
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.retention import HOLD_KINDS, HoldCase, HoldEndRequired, HoldKindRequired, hold_texts
from bot.domain.rules import MAX_REASON_LENGTH, EmptyText, ReasonTooLong, Refused
from bot.text import Words

ID = "case:hold:submit"

FIELDS: dict[type[Refused], str] = {
    HoldKindRequired: "hold",
    HoldEndRequired: "until",
    EmptyText: "reason",
    ReasonTooLong: "reason",
}
"""The field that each refusal is about."""


def hold_form(case: Case, service: EService, origin: Mapping[str, Any], words: Words) -> View:
    """The dialog: why, until when, and in words."""
    about, afterwards = hold_texts(service.retention)
    reason = {**fields.multiline_input(), "max_length": MAX_REASON_LENGTH}
    kinds = [option(words(f"hold.{kind}").capitalize(), kind) for kind in HOLD_KINDS]
    return modal(
        ID,
        words("hold.title"),
        [
            context(case_title(case, service, words)),
            section(words(about)),
            fields.input_block("hold", words("hold.kind"), fields.radio_buttons(kinds)),
            fields.input_block("until", words("hold.until"), fields.datepicker(), hint=words(afterwards)),
            fields.input_block("reason", words("officers.reason"), reason),
        ],
        {**origin, "case": case.id},
        submit=words("btn.hold"),
        close=words("btn.cancel"),
    )


def read(view: Mapping[str, Any]) -> HoldCase:
    """The command that was filled in."""
    values = fields.read_values(view)
    kind, day = values.get("hold", ""), values.get("until", "")
    return HoldCase(
        case_id=metadata_of(view)["case"],
        hold=next((one for one in HOLD_KINDS if one == kind), ""),
        until=date.fromisoformat(day) if day else None,
        reason=values.get("reason", ""),
    )
