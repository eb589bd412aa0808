"""The parts that every picture is made of, each within Slack's limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.mrkdwn import literal_within, shortened, split

Element = dict[str, Any]

SEPARATOR = " · "
NOTHING = "–"
LONGEST_BUTTON = 75


def plain(text: str, most: int = 3_000) -> Element:
    return {"type": "plain_text", "text": shortened(text, most).strip() or NOTHING, "emoji": False}


def styled(text: str) -> Element:
    """mrkdwn; every part that others wrote has been through `literal`."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text, 150)}


def section(text: str, accessory: Element | None = None) -> Block:
    block: Block = {"type": "section", "text": plain(text)}
    return block if accessory is None else {**block, "accessory": accessory}


def titled(title: str, text: str, accessory: Element | None = None) -> Block:
    """A title in bold above its text."""
    block: Block = {
        "type": "section",
        "text": styled(f"*{literal_within(title, 300)}*\n{literal_within(text, 2_500)}"),
    }
    return block if accessory is None else {**block, "accessory": accessory}


def styled_section(text: str, accessory: Element) -> Block:
    """As `section`, of mrkdwn; every part that others wrote has been through `literal`."""
    return {"type": "section", "text": styled(text), "accessory": accessory}


def facts(pairs: Iterable[tuple[str, str]]) -> Block:
    """Labels in bold above their values, two columns."""
    fields = [
        styled(f"*{literal_within(label, 300)}*\n{literal_within(value or NOTHING, 1_500)}")
        for label, value in pairs
    ]
    return {"type": "section", "fields": fields}


def context(*texts: str) -> Block:
    """Small grey text; parts side by side become one line."""
    return {"type": "context", "elements": [plain(SEPARATOR.join(text for text in texts if text))]}


def alert(text: str) -> Block:
    return {"type": "alert", "text": plain(text, 200), "level": "warning"}


def divider() -> Block:
    return {"type": "divider"}


def actions(elements: Sequence[Element], block_id: str = "") -> Block:
    block: Block = {"type": "actions", "elements": list(elements)}
    return {**block, "block_id": block_id} if block_id else block


def button(text: str, action_id: str, value: str = "", **more: Any) -> Element:
    """`label` is what a screen reader says instead of the text; `style` and `url` are Slack's."""
    label = more.pop("label", "")
    element: Element = {
        "type": "button",
        "text": plain(text, LONGEST_BUTTON),
        "action_id": action_id,
        **{name: given for name, given in more.items() if given},
    }
    if value:
        element["value"] = value
    if label:
        element["accessibility_label"] = shortened(label, LONGEST_BUTTON)
    return element


def option(text: str, value: str, description: str = "") -> Element:
    element: Element = {"text": plain(text, 75), "value": value}
    return {**element, "description": plain(description, 75)} if description else element


def overflow(action_id: str, options: Sequence[Element]) -> Element:
    return {"type": "overflow", "action_id": action_id, "options": list(options)}


def written(text: str, label: str = "") -> list[Block]:
    """What people wrote, whole, letter for letter, over as many blocks as it takes; `label` in bold above it."""
    pieces = split(text) or [NOTHING]
    return [_rich(piece, label if first else "") for first, piece in _first(pieces)]


def _first(pieces: list[str]) -> Iterable[tuple[bool, str]]:
    return ((place == 0, piece) for place, piece in enumerate(pieces))


def _rich(text: str, label: str) -> Block:
    shown: list[Element] = [{"type": "text", "text": text}]
    if label:
        shown.insert(0, {"type": "text", "text": f"{label}\n", "style": {"bold": True}})
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": shown}]}
