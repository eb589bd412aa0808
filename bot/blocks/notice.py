"""Private notices to one officer."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from bot.blocks.case_words import title
from bot.blocks.elements import actions, button, section
from bot.blocks.message import Message
from bot.blocks.mrkdwn import literal_within
from bot.catalog.services import EService
from bot.text import Words

Reason = Literal["message", "added"]


def officer_notice(
    number: str, service: EService | None, reasons: Collection[Reason], case_id: str, words: Words
) -> Message:
    """That there is something to read in a case, never what."""
    called = title(number, service, words)
    said = [words(f"notice.{reason}", case=called) for reason in dict.fromkeys(reasons)]
    if service is None or service.strict:
        buttons = [button(words("btn.page"), "case:page", case_id)]
    else:
        buttons = [
            button(words("btn.read"), "case:read", case_id),
            button(words("btn.write"), "case:message", case_id),
        ]
    return Message(literal_within(". ".join(said), 3_900), [section("\n".join(said)), actions(buttons)])
