"""The actions on a case that a card or a modal in Slack offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.blocks.values import MenuChoice, decode

SHOWING = {"show", "read", "page", "tools", "more", "notes"}
"""What only opens the case, or a part of it."""


def find_actions(part: Any) -> Iterator[str]:
    """The case's actions among all buttons and menus of the blocks, without `case:`."""
    return (action for action, _ in find_labelled_actions(part))


def find_labelled_actions(part: Any) -> Iterator[tuple[str, str]]:
    """The case's actions among all buttons and menus of the blocks, without `case:`, each with its label."""
    if isinstance(part, list):
        for one in part:
            yield from find_labelled_actions(one)
    elif isinstance(part, dict):
        if part.get("type") == "overflow":
            for one in part["options"]:
                yield decode(one["value"], MenuChoice).action, one["text"]["text"]
        elif str(part.get("action_id", "")).startswith("case:"):
            yield str(part["action_id"]).removeprefix("case:"), part.get("text", {}).get("text", "")
        yield from find_labelled_actions([value for value in part.values() if isinstance(value, list | dict)])
