"""Questions before something is changed, and what came of it."""

from __future__ import annotations

from typing import Literal

from bot.blocks.block_kit.elements import button
from bot.blocks.block_kit.message import Message
from bot.blocks.cases.case_words import case_reference
from bot.blocks.private import private_message
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.text import Words

ConfirmedAction = Literal["take", "release", "unflag"]

ACTION_IDS: dict[ConfirmedAction, str] = {
    "take": "case:take",
    "release": "case:release",
    "unflag": "case:unflag",
}


def confirmation_question(
    action: ConfirmedAction, case: Case, service: EService | None, words: Words
) -> Message:
    """Gäller det 2026-000123 · Ansökan om bygglov?"""
    yes = button(words(f"ask.yes.{action}"), ACTION_IDS[action], f"{case.id}:{case.seq}", style="primary")
    no = button(words("ask.no"), "ask:no")
    return private_message(words("ask.take", case=case_reference(case, service, words)), yes, no)
