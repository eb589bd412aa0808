"""Skyddade personuppgifter: marking a case as protected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import alert, context, section
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.protection import SetProtection
from bot.domain.rules import MAX_REASON_LENGTH
from bot.text import Words

ID = "case:protect:submit"


def protection_form(
    case: Case, service: EService, allowed_names: Sequence[str], origin: Mapping[str, Any], words: Words
) -> View:
    """The dialog; `allowed_names` are the officers who may open the case once it is marked."""
    reason = {**fields.multiline_input(), "max_length": MAX_REASON_LENGTH}
    return modal(
        ID,
        words("label.protected"),
        [
            context(case_title(case, service, words)),
            section(words("page.protection.who", names=words.list(allowed_names))),
            fields.input_block("reason", words("officers.reason"), reason, hint=words("protect.hint")),
        ],
        {**origin, "case": case.id},
        submit=words("btn.mark"),
        close=words("btn.cancel"),
    )


def with_warning(view: View, words: Words) -> View:
    """The dialog with a warning, for an officer who will not be able to open the case."""
    return {**view, "blocks": [alert(words("page.protection.notyou")), *view["blocks"]]}


def case_hidden(number: str, allowed_names: Sequence[str], words: Words) -> View:
    """What replaces the case's modal for an officer who may no longer open it."""
    text = words("page.protection.away", names=words.list(allowed_names))
    return modal("told", number, [section(text)], {}, close=words("btn.close"))


def read(view: Mapping[str, Any]) -> SetProtection:
    """The command that was filled in."""
    reason = fields.read_values(view).get("reason", "")
    return SetProtection(case_id=metadata_of(view)["case"], protected=True, reason=reason)
