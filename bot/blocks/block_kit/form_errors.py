"""A form that comes back: what was typed is kept, and above it stands why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import Element, actions, alert
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.mrkdwn import shortened, split
from bot.blocks.block_kit.view import View

ALERT = "alert"
LONGEST = 1_600
"""Characters of the sentence: it may name all who have a case, and the form is to fit beneath it."""

_KEPT = ("type", "callback_id", "title", "submit", "close", "private_metadata", "clear_on_close")
_INITIAL = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_date": "initial_date",
}


def returned(view: Mapping[str, Any], why: str, buttons: Sequence[Element] = ()) -> View:
    """The view as Slack sent it, filled in as it was, beneath an alert."""
    values = (view.get("state") or {}).get("values") or {}
    kept = [block for block in view["blocks"] if not str(block.get("block_id", "")).startswith(ALERT)]
    blocks = [*alerts(why, buttons), *(_filled(block, values) for block in kept)]
    return {name: view[name] for name in _KEPT if view.get(name) is not None} | {"blocks": blocks[:100]}


def alerts(why: str, buttons: Sequence[Element] = ()) -> list[Block]:
    """As many alerts as the sentence needs, for one holds 200 characters; and what to do about it."""
    pieces = split(shortened(why, LONGEST), 200)
    told = [{**alert(piece), "block_id": f"{ALERT}#{place}"} for place, piece in enumerate(pieces)]
    return [*told, actions(buttons, f"{ALERT}#next")] if buttons else told


def _filled(block: Block, values: Mapping[str, Any]) -> Block:
    element = block.get("element")
    if not isinstance(element, dict):
        return block
    given = (values.get(str(block.get("block_id"))) or {}).get(str(element.get("action_id"))) or {}
    initial = {
        _INITIAL[name]: value
        for name, value in given.items()
        if name in _INITIAL and value not in (None, "", [])
    }
    bare = {name: value for name, value in element.items() if not name.startswith("initial_")}
    return {**block, "element": {**bare, **initial}}
