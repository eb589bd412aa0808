"""Saved views: saving the list that is shown, and the dialog in which views are renamed and deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import (
    SEPARATOR,
    Element,
    actions,
    button,
    confirmation,
    context,
    section,
    titled_section,
)
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.mrkdwn import shorten
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.blocks.values import ViewRef, encode
from bot.catalog.models import Catalog
from bot.domain.lists.query_wording import describe_order, query_title
from bot.domain.lists.saved_views import MAX_NAME_LENGTH, SavedView
from bot.text import Words

SAVE_ID = "home:saveview:submit"
LIST_ID = "views"
RENAME_ID = "views:rename:submit"
NAME_FIELD = "name"

MAX_CONTENTS_LENGTH = 600
"""Characters of what a view shows, in the dialog of all views: thirty of them fit into the bytes of Slack's view."""


def save_form(view: SavedView | None, description: str, metadata: Mapping[str, Any], words: Words) -> View:
    """The dialog that saves the list. With the name of the view that is shown, that view is changed."""
    hint = words("view.name.hint") if view is not None else ""
    blocks = [context(description), _name_field(view.name if view is not None else "", hint, words)]
    return modal(
        SAVE_ID,
        words("btn.saveview"),
        blocks,
        metadata,
        submit=words("btn.saveview"),
        close=words("btn.cancel"),
    )


def _name_field(name: str, hint: str, words: Words) -> Block:
    element: Element = {"type": "plain_text_input", "max_length": MAX_NAME_LENGTH, "focus_on_load": True}
    if name:
        element["initial_value"] = name
    return fields.input_block(NAME_FIELD, words("view.name"), element, hint=hint)


def views_modal(
    views: Sequence[SavedView], catalog: Catalog, metadata: Mapping[str, Any], words: Words
) -> View:
    """The officer's views, each with what can be done with it."""
    blocks = [block for view in views for block in _view_blocks(view, catalog, words)]
    if not blocks:
        blocks = [section(words("view.none"))]
    return modal(LIST_ID, words("view.title"), blocks, metadata, close=words("btn.close"))


def _view_blocks(view: SavedView, catalog: Catalog, words: Words) -> list[Block]:
    if view.query is None:
        contents = words("no.view.unreadable")
    else:
        order = words("page.views.order", sort=describe_order(view.query, words))
        contents = SEPARATOR.join([query_title(view.query, catalog, words), order])
    rename, delete = words("view.rename"), words("view.delete")
    question = confirmation(
        words("view.delete.title"),
        words("view.delete.text", name=view.name),
        delete,
        words("btn.cancel"),
    )
    value = encode(ViewRef(view.id))
    buttons = [
        button(rename, "views:rename", value, label=words("btn.about", button=rename, number=view.name)),
        button(
            delete,
            "views:delete",
            value,
            style="danger",
            label=words("btn.about", button=delete, number=view.name),
            confirm=question,
        ),
    ]
    return [titled_section(view.name, shorten(contents, MAX_CONTENTS_LENGTH)), actions(buttons)]


def rename_form(view: SavedView, metadata: Mapping[str, Any], words: Words) -> View:
    return modal(
        RENAME_ID,
        words("view.rename"),
        [_name_field(view.name, "", words)],
        {**metadata, "view": view.id},
        submit=words("view.rename"),
        close=words("btn.cancel"),
    )


def read_name(view: Mapping[str, Any]) -> str:
    """The name that was typed."""
    return str(fields.read_values(view).get(NAME_FIELD, ""))
