"""Rendering and reading of form fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import Element, plain_text
from bot.blocks.block_kit.message import Block
from bot.catalog.municipality import FileLimits
from bot.text import Words, clean

MAX_TEXT_LENGTH = 3_000
"""Characters that Slack's text field accepts."""

MAX_LINE_LENGTH = 200

MAX_OPTIONS = 100
"""Options that Slack accepts in a menu, and in a response to typing."""

FILES_FIELD, MAX_FILES = "files", 10
"""The field for files, and how many Slack accepts in it, of 10 MB each."""


def input_block(name: str, label: str, element: Element, **settings: Any) -> Block:
    """An input whose block_id and action_id are `name`; `optional`, `hint` and `dispatch` are Slack's settings.

    A number after # in the name makes Slack discard what was typed in the field; the action_id is without it.
    """
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": plain_text(label, 2_000),
        "element": {**element, "action_id": name.partition("#")[0]},
        "optional": bool(settings.get("optional")),
    }
    if settings.get("hint"):
        block["hint"] = plain_text(settings["hint"], 2_000)
    if settings.get("dispatch"):
        block["dispatch_action"] = True
    return block


def multiline_input(value: str = "") -> Element:
    element: Element = {"type": "plain_text_input", "multiline": True, "max_length": MAX_TEXT_LENGTH}
    return {**element, "initial_value": value[:MAX_TEXT_LENGTH]} if value else element


def text_input() -> Element:
    return {"type": "plain_text_input", "max_length": MAX_LINE_LENGTH}


def static_select(options: Sequence[Element], initial: str = "", placeholder: str = "") -> Element:
    """A menu; `placeholder` is shown while nothing is chosen, in place of Slack's own, which is not translated."""
    element: Element = {"type": "static_select", "options": list(options[:MAX_OPTIONS])}
    return _with_initial_option(
        element | ({"placeholder": plain_text(placeholder, 150)} if placeholder else {}), initial
    )


def radio_buttons(options: Sequence[Element], initial: str = "") -> Element:
    return _with_initial_option({"type": "radio_buttons", "options": list(options[:10])}, initial)


def _with_initial_option(element: Element, initial: str) -> Element:
    found = [one for one in element["options"] if one["value"] == initial]
    return {**element, "initial_option": found[0]} if found else element


def checkboxes(options: Sequence[Element], initial: Sequence[str] = ()) -> Element:
    element: Element = {"type": "checkboxes", "options": list(options[:10])}
    found = [one for one in element["options"] if one["value"] in initial]
    return {**element, "initial_options": found} if found else element


def datepicker(initial: str = "") -> Element:
    return {"type": "datepicker", **({"initial_date": initial} if initial else {})}


def timepicker(initial: str = "") -> Element:
    return {"type": "timepicker", **({"initial_time": initial} if initial else {})}


def file_input_block(limits: FileLimits, words: Words) -> Block:
    """A field for files. Slack's client limits the kinds by name; received files are checked by content."""
    element: Element = {
        "type": "file_input",
        "filetypes": list(limits.kinds),
        "max_files": max_files(limits),
    }
    return input_block(FILES_FIELD, words("attach.label"), element, optional=True, hint=words("attach.hint"))


def max_files(limits: FileLimits) -> int:
    """How many files may be sent with one message or note in Slack."""
    return min(limits.max_files, MAX_FILES)


def uploaded_files(view: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Slack's file objects of the uploaded files."""
    return list(read_values(view).get(FILES_FIELD) or ())


def read_values(view: Mapping[str, Any]) -> dict[str, Any]:
    """The values filled in, by field: texts cleaned, choices by their values, files as Slack's file objects.

    An empty field is an empty string.
    """
    state = (view.get("state") or {}).get("values") or {}
    return {
        block_id.partition("#")[0]: _read_value(entry)
        for block_id, entries in state.items()
        for entry in entries.values()
    }


def _read_value(entry: Mapping[str, Any]) -> Any:
    if "files" in entry:
        return list(entry["files"] or ())
    if "selected_options" in entry:
        return [one["value"] for one in entry["selected_options"] or ()]
    if "selected_option" in entry:
        return (entry["selected_option"] or {}).get("value", "")
    if "selected_date" in entry:
        return entry["selected_date"] or ""
    if "selected_time" in entry:
        return entry["selected_time"] or ""
    return clean(entry.get("value") or "")


def block_id_of(view: Mapping[str, Any], name: str) -> str:
    """The field's block_id in the displayed view, with its number after #."""
    return next(
        (
            str(block["block_id"])
            for block in view["blocks"]
            if str(block.get("block_id")).partition("#")[0] == name
        ),
        name,
    )
