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
from sandbox.limits import MOST_VIEW_BYTES, judge_blocks, judge_view

# Our own mrkdwn has no links or mentions, so no bracket is ever unescaped in it.
_LIVE = re.compile(r"[<>]|(?<!\w)@(?:channel|here|everyone)\b")


def texts(part: Any) -> Iterator[str]:
    """Every string a person can read, in order."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for name, inner in part.items():
            if name not in ("text", "value", "action_id", "block_id") or isinstance(inner, dict):
                yield from texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from texts(inner)


def styled(part: Any) -> Iterator[str]:
    """Every string that Slack reads as mrkdwn."""
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            yield part["text"]
        for inner in part.values():
            yield from styled(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from styled(inner)


def types(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["type"]} if isinstance(part.get("type"), str) else set()
        return own.union(*(types(inner) for inner in part.values()))
    return set().union(*(types(inner) for inner in part)) if isinstance(part, list) else set()


def read(picture: Message | View) -> str:
    blocks = picture.blocks if isinstance(picture, Message) else picture["blocks"]
    return "\n".join(texts(blocks))


def buttons(picture: Message | View | list[Any]) -> list[str]:
    """The texts of its buttons, in order."""
    return [element["text"]["text"] for element in elements(picture) if element["type"] == "button"]


def elements(picture: Any) -> list[dict[str, Any]]:
    blocks = picture.blocks if isinstance(picture, Message) else picture
    blocks = blocks["blocks"] if isinstance(blocks, dict) else blocks
    found = []
    for block in blocks:
        found += block.get("elements", []) if block["type"] == "actions" else []
        found += [block[name] for name in ("accessory", "element") if name in block]
    return found


def button(picture: Any, text: str) -> dict[str, Any]:
    return next(one for one in elements(picture) if one["type"] == "button" and one["text"]["text"] == text)


def passes_sdk(blocks: list[Any]) -> None:
    """slack_sdk's own validators, for the blocks that it knows."""
    for block in blocks:
        parsed = Block.parse(block)
        if parsed is not None:
            parsed.validate_json()
            assert parsed.to_dict()["type"] == block["type"]


def assert_fits(picture: Message | View) -> None:
    """Slack takes it, and nothing in it pings anyone."""
    if isinstance(picture, Message):
        assert judge_blocks(picture.blocks) == [], judge_blocks(picture.blocks)[:3]
        passes_sdk(picture.blocks)
        assert 0 < len(picture.text) <= 4_000, len(picture.text)
        live = [picture.text, *styled(picture.blocks)]
    else:
        assert judge_view(picture, (picture["type"],)) == [], judge_view(picture, (picture["type"],))[:3]
        assert len(json.dumps(picture)) <= MOST_VIEW_BYTES
        passes_sdk(picture["blocks"])
        SdkView(**picture).validate_json()
        live = list(styled(picture))
    calls = [text for text in live if _LIVE.search(text)]
    assert calls == [], calls[:3]
    assert not types(picture.blocks if isinstance(picture, Message) else picture) & {
        "broadcast",
        "user",
        "usergroup",
        "channel",
        "link",
    }
