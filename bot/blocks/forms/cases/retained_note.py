"""What was written beside a change that was not made: it can be kept as a note of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.block_kit.elements import Element, button
from bot.blocks.forms import fields
from bot.text import Words

KEEP_ACTION = "case:note:keep"

TEXT_FIELDS = ("note", "reason")
"""The fields for texts that go with a change."""


def typed_text(values: Mapping[str, Any]) -> str:
    """The texts of a form's values, below each other; empty where none was written."""
    texts = (str(values.get(name) or "").strip() for name in TEXT_FIELDS)
    return "\n\n".join(text for text in texts if text)


def typed_text_of(view: Mapping[str, Any]) -> str:
    """The same of a dialog as Slack sent it."""
    return typed_text(fields.read_values(view))


def keep_buttons(text: str, words: Words) -> list[Element]:
    """The button that keeps the text; none where there is no text."""
    return [button(words("btn.keepnote"), KEEP_ACTION)] if text else []
