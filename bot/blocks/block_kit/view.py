"""Modals, and their metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import plain_text, section
from bot.blocks.block_kit.message import Block
from bot.blocks.view_ids import ViewIds, decode_view_ids, encode_view_ids
from bot.text import Words

View = dict[str, Any]


GIVES_PLACE = "gives_place"
"""A metadata key: a modal that is opened from the view replaces it. Slack stacks at most three views, and a case, a
form of it and the form's preview are three."""


def gives_place(metadata: Mapping[str, Any]) -> bool:
    """Whether a modal that is opened from the view with this metadata replaces it."""
    return bool(metadata.get(GIVES_PLACE))


def modal(
    callback_id: str, title: str, blocks: Sequence[Block], metadata: Mapping[str, Any], **buttons: str
) -> View:
    """A modal. Slack returns `metadata` (private_metadata) with every press; it must hold nothing that people wrote.

    `submit` and `close` are the words on its buttons.
    """
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(title, 24),
        "blocks": list(blocks),
        "private_metadata": encode_view_ids(metadata),
    }
    return view | {name: plain_text(text, 24) for name, text in buttons.items() if text}


def metadata_of(view: Mapping[str, Any]) -> ViewIds:
    """The `metadata` that was given to `modal`."""
    return decode_view_ids(view.get("private_metadata") or "")


def with_metadata(view: Mapping[str, Any], **metadata: Any) -> View:
    """The view with these keys added to its metadata, or replaced."""
    return {**view, "private_metadata": encode_view_ids({**metadata_of(view), **metadata})}


def loading_modal(callback_id: str, title: str, metadata: Mapping[str, Any], words: Words) -> View:
    """A placeholder modal, shown until the contents are loaded."""
    return modal(callback_id, title, [section(words("loading.case"))], metadata, close=words("btn.close"))
