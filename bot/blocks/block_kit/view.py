"""A modal as Slack takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import plain_text, section
from bot.blocks.block_kit.message import Block
from bot.text import Words

View = dict[str, Any]


GIVES_PLACE = "gives_place"
"""Among a view's ids: what is opened from it is put in its place. Slack stacks three views and no more, and a case, a
form of its and that one's preview are three."""


def gives_place(metadata: Mapping[str, Any]) -> bool:
    """Whether the view with these ids gives its place to what is opened from it."""
    return bool(metadata.get(GIVES_PLACE))


def modal(
    callback_id: str, title: str, blocks: Sequence[Block], metadata: Mapping[str, Any], **buttons: str
) -> View:
    """A modal; `metadata` go to private_metadata and come back with every press in it, and hold no text of anyone's.

    `submit` and `close` are the words on its buttons.
    """
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(title, 24),
        "blocks": list(blocks),
        "private_metadata": _encode_metadata(metadata),
    }
    return view | {name: plain_text(text, 24) for name, text in buttons.items() if text}


def metadata_of(view: Mapping[str, Any]) -> dict[str, Any]:
    """What `modal` was given as `metadata`."""
    return dict(json.loads(view.get("private_metadata") or "{}"))


def with_metadata(view: Mapping[str, Any], **metadata: Any) -> View:
    """The view with these ids besides its own, or in place of those of the same names."""
    return {**view, "private_metadata": _encode_metadata({**metadata_of(view), **metadata})}


def _encode_metadata(metadata: Mapping[str, Any]) -> str:
    return json.dumps(metadata, separators=(",", ":"))


def loading_modal(callback_id: str, title: str, metadata: Mapping[str, Any], words: Words) -> View:
    """What is shown at once, until the contents are fetched."""
    return modal(callback_id, title, [section(words("loading.case"))], metadata, close=words("btn.close"))
