"""A refused form: shown again with what was typed, below the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import Element, actions, alert
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.mrkdwn import shorten, split_text
from bot.blocks.block_kit.view import View

ALERT_BLOCK_ID = "alert"
MAX_ALERT_LENGTH = 1_600
"""Characters of the reason, which may name all assignees, such that the form fits below it."""

_PRESERVED_KEYS = ("type", "callback_id", "title", "submit", "close", "private_metadata", "clear_on_close")
_INITIAL_KEYS = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
}


def view_with_alert(view: Mapping[str, Any], reason: str, buttons: Sequence[Element] = ()) -> View:
    """The view as Slack sent it, with what is filled in, below alerts with the reason."""
    values = (view.get("state") or {}).get("values") or {}
    form_blocks = [
        block for block in view["blocks"] if not str(block.get("block_id", "")).startswith(ALERT_BLOCK_ID)
    ]
    blocks = [*alerts(reason, buttons), *(_with_initial_values(block, values) for block in form_blocks)]
    return {name: view[name] for name in _PRESERVED_KEYS if view.get(name) is not None} | {
        "blocks": blocks[:100]
    }


def alerts(reason: str, buttons: Sequence[Element] = ()) -> list[Block]:
    """As many alerts as the sentence needs, since one holds 200 characters, and the buttons for what to do."""
    pieces = split_text(shorten(reason, MAX_ALERT_LENGTH), 200)
    blocks = [{**alert(piece), "block_id": f"{ALERT_BLOCK_ID}#{place}"} for place, piece in enumerate(pieces)]
    return [*blocks, actions(buttons, f"{ALERT_BLOCK_ID}#next")] if buttons else blocks


def _with_initial_values(block: Block, values: Mapping[str, Any]) -> Block:
    element = block.get("element")
    if not isinstance(element, dict):
        return block
    element_state = (values.get(str(block.get("block_id"))) or {}).get(str(element.get("action_id"))) or {}
    initial = {
        _INITIAL_KEYS[name]: value
        for name, value in element_state.items()
        if name in _INITIAL_KEYS and value not in (None, "", [])
    }
    cleared = {name: value for name, value in element.items() if not name.startswith("initial_")}
    return {**block, "element": {**cleared, **initial}}
