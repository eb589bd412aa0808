"""What a person sees of a picture, and what Slack would say of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View as SdkView

from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.view import View
from sandbox.limits import MOST_VIEW_BYTES, validate_blocks, validate_view
from sandbox.town.values import initial_values

# Our own mrkdwn has no links or mentions, so no bracket is ever unescaped in it.
_PINGING = re.compile(r"[<>]|(?<!\w)@(?:channel|here|everyone)\b")


def visible_texts(part: Any) -> Iterator[str]:
    """Every string a person can read, in order."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for name, inner in part.items():
            if name not in ("text", "value", "action_id", "block_id") or isinstance(inner, dict):
                yield from visible_texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from visible_texts(inner)


def mrkdwn_texts(part: Any) -> Iterator[str]:
    """Every string that Slack reads as mrkdwn."""
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            yield part["text"]
        for inner in part.values():
            yield from mrkdwn_texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from mrkdwn_texts(inner)


def block_types(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["type"]} if isinstance(part.get("type"), str) else set()
        return own.union(*(block_types(inner) for inner in part.values()))
    return set().union(*(block_types(inner) for inner in part)) if isinstance(part, list) else set()


def read_text(view: Message | View) -> str:
    blocks = view.blocks if isinstance(view, Message) else view["blocks"]
    return "\n".join(visible_texts(blocks))


def button_texts(view: Message | View | list[Any]) -> list[str]:
    """The texts of its buttons, in order."""
    return [element["text"]["text"] for element in interactive_elements(view) if element["type"] == "button"]


def interactive_elements(view: Any) -> list[dict[str, Any]]:
    blocks = view.blocks if isinstance(view, Message) else view
    blocks = blocks["blocks"] if isinstance(blocks, dict) else blocks
    found = []
    for block in blocks:
        found += block.get("elements", []) if block["type"] == "actions" else []
        found += [block[name] for name in ("accessory", "element") if name in block]
    return found


def find_button(view: Any, text: str) -> dict[str, Any]:
    return next(
        one for one in interactive_elements(view) if one["type"] == "button" and one["text"]["text"] == text
    )


_accepted_blocks: set[str] = set()
"""Blocks that slack_sdk has accepted: most stand in many pictures, and it takes a millisecond for each."""


def assert_sdk_accepts(blocks: list[Any]) -> None:
    """slack_sdk's own validators, for the blocks that it knows."""
    for block in blocks:
        text = repr(block)
        parsed = Block.parse(block) if text not in _accepted_blocks else None
        if parsed is not None:
            parsed.validate_json()
            assert parsed.to_dict()["type"] == block["type"]
            _accepted_blocks.add(text)


def assert_within_limits(view: Message | View) -> None:
    """Slack takes it, and nothing in it pings anyone."""
    if isinstance(view, Message):
        assert validate_blocks(view.blocks) == [], validate_blocks(view.blocks)[:3]
        assert_sdk_accepts(view.blocks)
        assert 0 < len(view.text) <= 4_000, len(view.text)
        mrkdwn = [view.text, *mrkdwn_texts(view.blocks)]
    else:
        assert validate_view(view, (view["type"],)) == [], validate_view(view, (view["type"],))[:3]
        assert len(json.dumps(view)) <= MOST_VIEW_BYTES, f"{len(json.dumps(view))} bytes"
        assert_sdk_accepts(view["blocks"])
        SdkView(**view).validate_json()
        mrkdwn = list(mrkdwn_texts(view))
    pings = [text for text in mrkdwn if _PINGING.search(text)]
    assert pings == [], pings[:3]
    assert not block_types(view.blocks if isinstance(view, Message) else view) & {
        "broadcast",
        "user",
        "usergroup",
        "channel",
        "link",
    }


def filled_in(view: View, **chosen: str | list[str]) -> dict[str, Any]:
    """The dialog as Slack sends it, with what it showed, and with the values given for some of its fields."""
    values = initial_values([block for block in view["blocks"] if block["type"] == "input"])
    for field, given in chosen.items():
        (state,) = values[field].values()
        for name in state.keys() - {"type"}:
            options = [{"value": one} for one in given]
            state[name] = {"selected_options": options, "selected_option": {"value": given}}.get(name, given)
    return {**view, "state": {"values": values}}
