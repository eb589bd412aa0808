"""A modal as Slack takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import plain, section
from bot.blocks.block_kit.message import Block
from bot.text import Words

View = dict[str, Any]


def modal(
    callback_id: str, title: str, blocks: Sequence[Block], ids: Mapping[str, Any], **buttons: str
) -> View:
    """A modal; `ids` go to private_metadata and come back with every press in it, and hold no text of anyone's.

    `submit` and `close` are the words on its buttons.
    """
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "blocks": list(blocks),
        "private_metadata": _metadata(ids),
    }
    return view | {name: plain(text, 24) for name, text in buttons.items() if text}


def ids_of(view: Mapping[str, Any]) -> dict[str, Any]:
    """What `modal` was given as `ids`."""
    return dict(json.loads(view.get("private_metadata") or "{}"))


def with_ids(view: Mapping[str, Any], **ids: Any) -> View:
    """The view with these ids besides its own, or in place of those of the same names."""
    return {**view, "private_metadata": _metadata({**ids_of(view), **ids})}


def _metadata(ids: Mapping[str, Any]) -> str:
    return json.dumps(ids, separators=(",", ":"))


def loading(callback_id: str, title: str, ids: Mapping[str, Any], words: Words) -> View:
    """What is shown at once, until the contents are fetched."""
    return modal(callback_id, title, [section(words("loading.case"))], ids, close=words("btn.close"))
