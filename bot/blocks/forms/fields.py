"""The fields of forms, drawn and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import Element, plain
from bot.blocks.block_kit.message import Block
from bot.catalog.municipality import FileLimits
from bot.text import Words, clean

LONGEST = 3_000
"""Characters that Slack's own text field takes."""

LONGEST_LINE = 200

MOST_OPTIONS = 100
"""Options that Slack takes in a list, and in an answer to what is typed."""

FILES, MOST_FILES = "files", 10
"""The field for files, and how many Slack takes in it, of 10 MB each."""


def field(name: str, label: str, element: Element, **more: Any) -> Block:
    """An input whose block_id and action_id are `name`; `optional`, `hint` and `dispatch` are Slack's.

    A number after # in the name makes Slack draw the field anew; the action is known without it.
    """
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(label, 2_000),
        "element": {**element, "action_id": name.partition("#")[0]},
        "optional": bool(more.get("optional")),
    }
    if more.get("hint"):
        block["hint"] = plain(more["hint"], 2_000)
    if more.get("dispatch"):
        block["dispatch_action"] = True
    return block


def long_text(value: str = "") -> Element:
    element: Element = {"type": "plain_text_input", "multiline": True, "max_length": LONGEST}
    return {**element, "initial_value": value[:LONGEST]} if value else element


def short_text() -> Element:
    return {"type": "plain_text_input", "max_length": LONGEST_LINE}


def select(options: Sequence[Element], chosen: str = "", prompt: str = "") -> Element:
    """`prompt` is what stands there while nothing is chosen; Slack's own words for it are in no language of ours."""
    element: Element = {"type": "static_select", "options": list(options[:MOST_OPTIONS])}
    return _chosen(element | ({"placeholder": plain(prompt, 150)} if prompt else {}), chosen)


def radio(options: Sequence[Element], chosen: str = "") -> Element:
    return _chosen({"type": "radio_buttons", "options": list(options[:10])}, chosen)


def _chosen(element: Element, chosen: str) -> Element:
    found = [one for one in element["options"] if one["value"] == chosen]
    return {**element, "initial_option": found[0]} if found else element


def ticks(options: Sequence[Element], ticked: Sequence[str] = ()) -> Element:
    element: Element = {"type": "checkboxes", "options": list(options[:10])}
    found = [one for one in element["options"] if one["value"] in ticked]
    return {**element, "initial_options": found} if found else element


def day(chosen: str = "") -> Element:
    return {"type": "datepicker", **({"initial_date": chosen} if chosen else {})}


def attach(limits: FileLimits, words: Words) -> Block:
    """A field for files. Slack's own client holds people to the kinds; what comes is judged by what is in it."""
    element: Element = {
        "type": "file_input",
        "filetypes": list(limits.kinds),
        "max_files": most_files(limits),
    }
    return field(FILES, words("attach.label"), element, optional=True, hint=words("attach.hint"))


def most_files(limits: FileLimits) -> int:
    """How many may come with one message or note that is written in Slack."""
    return min(limits.max_files, MOST_FILES)


def files_in(view: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The files that were put in, as Slack tells of them."""
    return list(values(view).get(FILES) or ())


def values(view: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in, by field: texts cleaned, choices by their values, files as Slack tells of them.

    Nothing is an empty string.
    """
    given = (view.get("state") or {}).get("values") or {}
    return {
        block_id.partition("#")[0]: _value(entry)
        for block_id, entries in given.items()
        for entry in entries.values()
    }


def _value(entry: Mapping[str, Any]) -> Any:
    if "files" in entry:
        return list(entry["files"] or ())
    if "selected_options" in entry:
        return [one["value"] for one in entry["selected_options"] or ()]
    if "selected_option" in entry:
        return (entry["selected_option"] or {}).get("value", "")
    if "selected_date" in entry:
        return entry["selected_date"] or ""
    return clean(entry.get("value") or "")


def block_id_of(view: Mapping[str, Any], name: str) -> str:
    """The field's block_id in the view as it is, with the number that the bot gave it."""
    return next(
        (
            str(block["block_id"])
            for block in view["blocks"]
            if str(block.get("block_id")).partition("#")[0] == name
        ),
        name,
    )
