"""Questions before something is changed, and their results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, NamedTuple

from bot.blocks.block_kit.elements import button, section
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.mrkdwn import escape_within
from bot.blocks.cases.case_words import case_reference
from bot.blocks.private import MAX_WORD_SHOWN, private_message
from bot.blocks.values import EACH_BLOCK, case_value
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
    action: ConfirmedAction, case: Case, service: EService | None, words: Words, not_understood: str = ""
) -> Message:
    """Gäller det 2026-000123 · Ansökan om bygglov? First what was not understood of what was typed, if anything."""
    yes = button(words(f"ask.yes.{action}"), ACTION_IDS[action], case_value(case), style="primary")
    no = button(words("ask.no"), "ask:no")
    question = words("ask.take", case=case_reference(case, service, words))
    if not_understood:
        question = f"{words('ask.beside', words=not_understood[:MAX_WORD_SHOWN])} {question}"
    return private_message(question, yes, no)


class Choice(NamedTuple):
    """One of the things that may be meant: its name, its button's value, and what choosing it does, in words."""

    name: str
    value: str
    effect: str = ""


def which_question(question: str, action_id: str, choices: Iterable[Choice], words: Words) -> Message:
    """Vilken menar du? A button for each choice."""
    rows = [
        section(
            "\n".join(filter(None, (choice.name, choice.effect))),
            button(
                words("ask.choose"),
                action_id,
                choice.value,
                label=f"{words('ask.choose')} {choice.name}",
            ),
        )
        for choice in choices
    ]
    return Message(escape_within(question, 3_000), [section(question), *rows])


def each_question(question: str, action_id: str, choices: Iterable[Choice], words: Words) -> Message:
    """As `which_question`, for several things that are all meant: it remains until each has been pressed."""
    message = which_question(question, action_id, choices, words)
    first, *rows = message.blocks
    numbered = [{**row, "block_id": f"{EACH_BLOCK}{n}"} for n, row in enumerate(rows)]
    return replace(message, blocks=[first, *numbered])
