"""The ids in a view's private_metadata, which Slack returns with every press in the view.

They are a JSON object, so that a name may be added while views of an older program are still open. Each name has one
meaning in all views, and is declared here with what may stand under it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from bot.blocks.values import InvalidValue

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_MAX_NUMBER = 999_999_999
_MAX_KEY = 300


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_key(value: Any) -> bool:
    """A key of the catalog or of the domain; empty for none."""
    return value == "" or _is_id(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_NUMBER


def _is_true(value: Any) -> bool:
    return value is True


def _is_value_seen(value: Any) -> bool:
    """A status, a colour, or the officers who had the case."""
    return _is_key(value) or (isinstance(value, list | tuple) and all(_is_id(one) for one in value))


def _is_list_position(value: Any) -> bool:
    """The fields of a `ListPosition`, in their order; the key may be left out."""
    if not isinstance(value, list | tuple) or len(value) not in (3, 4):
        return False
    name, place, list_id, *keys = value
    is_placed = all(isinstance(key, str) and len(key) <= _MAX_KEY for key in keys)
    return _is_id(name) and _is_number(place) and _is_key(list_id) and is_placed


def _are_page_keys(value: Any) -> bool:
    """Two encoded `CaseKey`s, each of them empty for none."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(key, str) and len(key) <= _MAX_KEY for key in value)
    )


VIEW_IDS: Mapping[str, Callable[[Any], bool]] = {
    "case": _is_id,
    "seq": _is_number,  # the version of the case that the form was drawn from
    "was": _is_value_seen,  # what the person saw that the form is to replace
    "over": _is_true,  # the case is handed over
    "tab": _is_id,
    "page": _is_number,
    "begun": _are_page_keys,  # the keys after or before which the page was read
    "turns": _are_page_keys,  # the keys for the page before it and for the one after it
    "list": _is_list_position,
    "shown": _is_key,  # the open list that is shown; empty for the tab's own
    "view": _is_key,  # the saved view that is shown, if any
    "from": _is_id,  # the place whose search was widened to the list that is shown
    "note": _is_id,
    "batch": _is_id,
    "hits": _is_key,  # the results of a search, if there are any
    "home": _is_true,  # it was opened from App Home
    "gives_place": _is_true,  # a modal that is opened from it replaces it
    "draft": _is_id,
    "form": _is_id,  # identifies one opening of a form
    "n": _is_number,  # how often the bot has inserted a text into the form
    "message": _is_id,
    "ticking": _is_id,  # the open list whose cases are ticked
    "do": _is_id,  # the action on many cases
    "officer": _is_id,  # whose absence it is
    "service": _is_id,  # whose form it is
}
"""The check of the value under each name."""


class ViewIds(dict[str, Any]):
    """The ids of a view by their names. InvalidValue where one is read that the view does not have."""

    def __missing__(self, name: str) -> NoReturn:
        raise InvalidValue(f"no {name}")


def encode_view_ids(ids: Mapping[str, Any]) -> str:
    """The ids encoded for private_metadata."""
    return json.dumps(ids, separators=(",", ":"))


def decode_view_ids(text: str) -> ViewIds:
    """Decode private_metadata. An invalid value is left out.

    Raises ValueError for what is no JSON object.
    """
    ids = json.loads(text) if text else {}
    if not isinstance(ids, dict):
        raise ValueError("is no object")
    return ViewIds((name, value) for name, value in ids.items() if name in VIEW_IDS and VIEW_IDS[name](value))
