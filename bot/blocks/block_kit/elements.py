"""Blocks and elements, each within Slack's limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.mrkdwn import escape_within, shorten, split_text

Element = dict[str, Any]

SEPARATOR = " · "
EMPTY_TEXT = "–"
MAX_BUTTON_LENGTH = 75
MAX_OPTION_LENGTH = 75


def plain_text(text: str, max_length: int = 3_000) -> Element:
    return {"type": "plain_text", "text": shorten(text, max_length).strip() or EMPTY_TEXT, "emoji": False}


def mrkdwn_text(text: str) -> Element:
    """A mrkdwn text; callers have passed every part that others wrote through `escape_literally`."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text, 150)}


def section(text: str, accessory: Element | None = None) -> Block:
    block: Block = {"type": "section", "text": plain_text(text)}
    return block if accessory is None else {**block, "accessory": accessory}


def titled_section(title: str, text: str = "", accessory: Element | None = None) -> Block:
    """A title in bold above its text, where there is one."""
    lines = [f"*{escape_within(title, 300)}*", escape_within(text, 2_500)]
    block: Block = {"type": "section", "text": mrkdwn_text("\n".join(line for line in lines if line))}
    return block if accessory is None else {**block, "accessory": accessory}


def mrkdwn_section(text: str, accessory: Element) -> Block:
    """As `section`, for mrkdwn; callers have passed every part that others wrote through `escape_literally`."""
    return {"type": "section", "text": mrkdwn_text(text), "accessory": accessory}


def fields_section(pairs: Iterable[tuple[str, str]]) -> Block:
    """Labels in bold above their values, two columns."""
    fields = [
        mrkdwn_text(f"*{escape_within(label, 300)}*\n{escape_within(value or EMPTY_TEXT, 1_500)}")
        for label, value in pairs
    ]
    return {"type": "section", "fields": fields}


def context(*texts: str) -> Block:
    """Small grey text; the parts are shown on one line."""
    return {"type": "context", "elements": [plain_text(SEPARATOR.join(text for text in texts if text))]}


def alert(text: str) -> Block:
    return {"type": "alert", "text": plain_text(text, 200), "level": "warning"}


def divider() -> Block:
    return {"type": "divider"}


def actions(elements: Sequence[Element], block_id: str = "") -> Block:
    block: Block = {"type": "actions", "elements": list(elements)}
    return {**block, "block_id": block_id} if block_id else block


def button(text: str, action_id: str, value: str = "", **options: Any) -> Element:
    """A button. Of the options, `label` replaces the text for screen readers; `style` and `url` are Slack's."""
    label = options.pop("label", "")
    element: Element = {
        "type": "button",
        "text": plain_text(text, MAX_BUTTON_LENGTH),
        "action_id": action_id,
        **{name: setting for name, setting in options.items() if setting},
    }
    if value:
        element["value"] = value
    if label:
        element["accessibility_label"] = shorten(label, MAX_BUTTON_LENGTH)
    return element


def option(text: str, value: str, description: str = "") -> Element:
    element: Element = {"text": plain_text(text, MAX_OPTION_LENGTH), "value": value}
    return {**element, "description": plain_text(description, MAX_OPTION_LENGTH)} if description else element


def option_group(label: str, options: Sequence[Element]) -> Element:
    """Options under a heading."""
    return {"label": plain_text(label, MAX_OPTION_LENGTH), "options": list(options)}


def confirmation(title: str, text: str, confirm: str, deny: str) -> Element:
    """The question that Slack asks before it sends a press."""
    return {
        "title": plain_text(title, 100),
        "text": plain_text(text, 300),
        "confirm": plain_text(confirm, 30),
        "deny": plain_text(deny, 30),
    }


def overflow(action_id: str, options: Sequence[Element]) -> Element:
    return {"type": "overflow", "action_id": action_id, "options": list(options)}


def rich_text(text: str, label: str = "") -> list[Block]:
    """The text unchanged and uncut, in as many blocks as it needs; `label` in bold above it."""
    pieces = split_text(text) or [EMPTY_TEXT]
    return [_rich_text_block(piece, label if first else "") for first, piece in _with_is_first(pieces)]


def _with_is_first(pieces: list[str]) -> Iterable[tuple[bool, str]]:
    return ((place == 0, piece) for place, piece in enumerate(pieces))


def _rich_text_block(text: str, label: str) -> Block:
    elements: list[Element] = [{"type": "text", "text": text}]
    if label:
        elements.insert(0, {"type": "text", "text": f"{label}\n", "style": {"bold": True}})
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}
