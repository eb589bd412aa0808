"""Questions before something is changed, and what came of it."""

from __future__ import annotations

from typing import Literal

from bot.blocks.block_kit.elements import button
from bot.blocks.block_kit.message import Message
from bot.blocks.cases.case_words import called
from bot.blocks.private import private
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.text import Words

Deed = Literal["take", "release", "unflag"]

ACTIONS: dict[Deed, str] = {
    "take": "case:take",
    "release": "case:release",
    "unflag": "case:unflag",
}


def is_it_this(deed: Deed, case: Case, service: EService | None, words: Words) -> Message:
    """Gäller det 2026-000123 · Ansökan om bygglov?"""
    yes = button(words(f"ask.yes.{deed}"), ACTIONS[deed], f"{case.id}:{case.seq}", style="primary")
    no = button(words("ask.no"), "ask:no")
    return private(words("ask.take", case=called(case, service, words)), yes, no)
