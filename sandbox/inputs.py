"""What a person can enter in each element, as Slack's own client would let them."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlparse

from sandbox.limits.rules import choices, elements_of
from sandbox.payload_schema import Json
from sandbox.town.values import STATEFUL
from sandbox.town.workspace import Workspace

Offered = dict[str, Json]
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MOST_TYPED = 3_000


class Unfit(Exception):
    """Something that Slack's client does not allow a person to do."""


def find_element(blocks: list[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json]:
    """(block, element) with that action_id."""
    found = [
        (block, element)
        for block in blocks
        for _, element in elements_of(block)
        if element.get("action_id") == action_id and block_id in (None, block.get("block_id"))
    ]
    if not found:
        raise Unfit(f"there is no {action_id} here")
    if len(found) > 1:
        raise Unfit(f"there are several {action_id} here: say which block_id")
    return found[0]


def option_of(element: Json, value: Any, offered: Offered) -> Json:
    """The option with that value or text."""
    known = [*choices(element), *offered.values()]
    known += (
        [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    )
    for option in known:
        if value in (option, option["value"]):
            return option
    for option in known:
        if value == option["text"]["text"]:
            return option
    raise Unfit(f"{value!r} is not among the choices of {element.get('action_id')}")


def _one(kind: str, value: Any, workspace: Workspace) -> Any:
    if "user" in kind and value not in workspace.users:
        raise Unfit(f"no such user: {value}")
    if ("channel" in kind or "conversation" in kind) and value not in workspace.channels:
        raise Unfit(f"no such conversation: {value}")
    return value


def entered(element: Json, value: Any, offered: Offered, workspace: Workspace) -> Json:
    """The entry of `state.values` for what a person entered; None empties it."""
    kind = element["type"]
    key, _ = STATEFUL[kind]
    many = key.endswith("s")
    if value in (None, "", []):
        return {"type": kind, key: [] if many else None}
    if many != isinstance(value, list):
        raise Unfit(f"{kind} takes {'a list' if many else 'one value'}")
    if "option" in key:
        chosen = [option_of(element, item, offered) for item in (value if many else [value])]
        return {"type": kind, key: _at_most(element, chosen) if many else chosen[0]}
    if many:
        return {"type": kind, key: _at_most(element, [_one(kind, item, workspace) for item in value])}
    return {"type": kind, key: _one(kind, _typed(kind, value), workspace)}


def _at_most(element: Json, chosen: list[Any]) -> list[Any]:
    most = element.get("max_selected_items") or element.get("max_files") or len(chosen)
    if len(chosen) > most:
        raise Unfit(f"at most {most} can be chosen")
    return chosen


def _typed(kind: str, value: Any) -> Any:
    """Pickers offer only what is a date or a time; text fields take any text."""
    try:
        if kind == "datepicker":
            return date.fromisoformat(value).isoformat()
        if kind == "timepicker":
            return time.fromisoformat(value).strftime("%H:%M")
        if kind == "datetimepicker":
            return int(value) if str(value).isdigit() else int(datetime.fromisoformat(value).timestamp())
    except (TypeError, ValueError):
        raise Unfit(f"{value!r} is not what a {kind} offers") from None
    return value if kind == "rich_text_input" else str(value)


def complaint(block: Json, value: Json) -> str | None:
    """The client's error below a field at submission, in the sandbox's language; None without one."""
    element = block["element"]
    key, _ = STATEFUL[element["type"]]
    content = value.get(key)
    if content in (None, "", []):
        return None if block.get("optional") else "Fyll i det här fältet."
    if not isinstance(content, str):
        return None
    return _too_short_or_long(element, content) or _malformed(element, content)


def _too_short_or_long(element: Json, content: str) -> str | None:
    if element["type"] != "plain_text_input":
        return None
    if len(content) < element.get("min_length", 0):
        return f"Skriv minst {element['min_length']} tecken."
    most = element.get("max_length", MOST_TYPED)
    return f"Skriv högst {most} tecken." if len(content) > most else None


def _malformed(element: Json, content: str) -> str | None:
    kind = element["type"]
    if kind == "email_text_input" and not ADDRESS.fullmatch(content):
        return "Skriv en giltig e-postadress."
    if kind == "url_text_input" and not (urlparse(content).scheme and urlparse(content).netloc):
        return "Skriv en giltig webbadress."
    return _bad_number(element, content) if kind == "number_input" else None


def _bad_number(element: Json, content: str) -> str | None:
    try:
        number = float(content)
    except ValueError:
        return "Skriv ett tal."
    if not element.get("is_decimal_allowed") and not number.is_integer():
        return "Skriv ett heltal."
    if number < float(element.get("min_value", "-inf")):
        return f"Skriv lägst {element['min_value']}."
    return f"Skriv högst {element['max_value']}." if number > float(element.get("max_value", "inf")) else None


def action_of(block: Json, element: Json, value: Any, offered: Offered, workspace: Workspace) -> Json:
    """The entry of `actions` for a press, a choice or an entered text."""
    base = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    if element["type"] in ("button", "icon_button", "workflow_button"):
        payload = {**base, "text": element["text"]}
        return payload | {key: element[key] for key in ("value", "style", "url") if key in element}
    if element["type"] == "overflow":
        return {**base, "selected_option": option_of(element, value, offered)}
    if element["type"] == "feedback_buttons":
        return {**base, "text": element["positive_button"]["text"], "value": str(value)}
    payload = {**base, **entered(element, value, offered, workspace)}
    return payload | {
        key: element[key] for key in element if key == "placeholder" or key.startswith("initial_")
    }
