"""Skyddade personuppgifter: marking a case, so that only those who are named for such open it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import alert, context, section
from bot.blocks.block_kit.view import View, ids_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.protection import REASON_LENGTH, SetProtection
from bot.text import Words

ID = "case:protect:submit"


def protection_form(
    case: Case, service: EService, named: Sequence[str], origin: Mapping[str, Any], words: Words
) -> View:
    """The dialog; `named` are those who may open the case when it is marked."""
    reason = {**fields.long_text(), "max_length": REASON_LENGTH}
    return modal(
        ID,
        words("label.protected"),
        [
            context(case_title(case, service, words)),
            section(words("page.protection.who", names=words.list(named))),
            fields.field("reason", words("page.protection.reason"), reason, hint=words("protect.hint")),
        ],
        {**origin, "case": case.id},
        submit=words("btn.mark"),
        close=words("btn.cancel"),
    )


def with_warning(view: View, words: Words) -> View:
    """The dialog for one who will not be among those who may open the case."""
    return {**view, "blocks": [alert(words("page.protection.notyou")), *view["blocks"]]}


def away(number: str, named: Sequence[str], words: Words) -> View:
    """What stands where the case was, for one who no longer may open it."""
    said = words("page.protection.away", names=words.list(named))
    return modal("told", number, [section(said)], {}, close=words("btn.close"))


def read(view: Mapping[str, Any]) -> SetProtection:
    """The command that was filled in."""
    reason = fields.values(view).get("reason", "")
    return SetProtection(case_id=ids_of(view)["case"], protected=True, reason=reason)
