"""The ways to an officer's messages that are not sent, from App Home and *Din dag*."""

from __future__ import annotations

from collections.abc import Sequence

from bot.blocks.block_kit.elements import Element, button
from bot.blocks.values import CaseRef, encode
from bot.domain.views import UnsentMessage
from bot.text import Words


def unsent_buttons(unsent: Sequence[UnsentMessage], words: Words) -> list[Element]:
    """A button for each, which opens the case's messages, where the draft is continued or discarded."""
    return [
        button(words("btn.unsent", number=one.number), f"case:read#{n}", encode(CaseRef(one.case_id)))
        for n, one in enumerate(unsent)
    ]
