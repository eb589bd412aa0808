"""Generated ids, and the values that people have entered."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from sandbox.payload_schema import Json


def name_parts(blocks: list[Json]) -> list[Json]:
    """The blocks with the ids that Slack makes up where the app gave none."""
    return [
        _named({**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}) for block in blocks
    ]


def _named(block: Json) -> Json:
    """A block, a card or a cell, with action_ids on what can be pressed in it."""
    named = dict(block)
    for key in ("accessory", "element"):
        if isinstance(block.get(key), dict):
            named[key] = _with_action_id(block[key])
    if block["type"] in ("actions", "context_actions"):
        named["elements"] = [_with_action_id(element) for element in block["elements"]]
    if block["type"] == "card" and "actions" in block:
        named["actions"] = [_with_action_id(element) for element in block["actions"]]
    if block["type"] == "carousel":
        named["elements"] = [_named(card) for card in block["elements"]]
    if block["type"] == "data_table":
        named["rows"] = [[_named(cell) for cell in row] for row in block["rows"]]
    if block["type"] == "container":
        named["child_blocks"] = name_parts(block["child_blocks"])
    return named


def _with_action_id(element: Json) -> Json:
    if element["type"] == "image":
        return element
    return {**element, "action_id": element.get("action_id") or secrets.token_urlsafe(4)}


STATEFUL = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "file_input": ("files", "initial_files"),
}


def stateful_elements(blocks: list[Json]) -> Iterator[tuple[str, Json, Json]]:
    """(block_id, element, block) for everything whose value Slack reports in `state.values`."""
    for block in blocks:
        found: list[Any] = [block.get("element"), block.get("accessory"), *(block.get("elements") or [])]
        for element in found:
            if isinstance(element, dict) and element.get("type") in STATEFUL:
                yield block["block_id"], element, block


def initial_values(blocks: list[Json]) -> Json:
    values: Json = {}
    for block_id, element, _ in stateful_elements(blocks):
        key, initial = STATEFUL[element["type"]]
        empty: Any = [] if key.endswith("s") and key != "rich_text_value" else None
        value = {"type": element["type"], key: element.get(initial, empty)}
        values.setdefault(block_id, {})[element["action_id"]] = value
    return values
