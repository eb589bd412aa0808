"""Block Kit's limits as Slack's documentation states them, row by row, each with what stands at its edge.

They are tried on the sandbox's own judge, and on a real workspace by `make conformance`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.sandbox.api.block_samples import (
    Json,
    actions,
    button,
    card,
    chosen,
    confirming,
    container,
    data_table,
    entry,
    groups,
    image,
    lines,
    mrkdwn,
    option,
    options,
    picked,
    pie,
    plain,
    section,
    select,
    table,
    typed,
    video,
)


@dataclass(frozen=True)
class Edge:
    """A limit of the documentation's `row`: `make(most)` is accepted, and `make(most + 1)` refused at `pointer`."""

    row: str
    name: str
    make: Callable[[int], Any]
    most: int
    pointer: str

    def __str__(self) -> str:
        return self.name


IDS, TEXTS = "block_id, action_id, callback_id, external_id", "text object"
SECTION, HEADER = "section text / fields", "header"
ELEMENTS, INPUT = "actions elements / context elements / context_actions", "input label, hint"
BUTTON, OPTION = "button text / value / url / accessibility_label", "option text / value / description / url"
SELECT, SHORT = "select options / groups / options per group", "overflow / checkboxes / radio"
EXTERNAL, PLACEHOLDER, CONFIRM = (
    "external_select answer",
    "placeholder",
    "confirm: title, text, confirm, deny",
)
TYPED, FILES = "plain_text_input min/max_length", "file_input"
IMAGE, VIDEO = "image alt_text / image_url / title", "video title / author_name"
TITLES, PRIVATE, WHOLE = "modal title, submit, close", "private_metadata", "whole view"
BLOCKS, FOCUS, MARKDOWN = "blocks: message / modal / home", "focus_on_load", "markdown block / sum in payload"
LONG, TABLE = "all blocks of one message", "table"
CARDS, SURFACES = "card / carousel / alert / container / plan / task_card", "surfaces"
UNKNOWN, VALIDATE = "unknown type or field", "`blocks.validate`"
ROWS = frozenset(
    {
        IDS,
        TEXTS,
        SECTION,
        HEADER,
        ELEMENTS,
        INPUT,
        BUTTON,
        OPTION,
        SELECT,
        SHORT,
        EXTERNAL,
        PLACEHOLDER,
        CONFIRM,
    }
    | {
        TYPED,
        FILES,
        IMAGE,
        VIDEO,
        TITLES,
        PRIVATE,
        WHOLE,
        BLOCKS,
        FOCUS,
        MARKDOWN,
        LONG,
        TABLE,
        CARDS,
        SURFACES,
    }
    | {UNKNOWN, VALIDATE}
)
"""Every row of the documentation's limits; `test_limits` holds that each is tried."""

EDGES = [
    Edge(SECTION, "section text", lambda n: section(text=mrkdwn("x" * n)), 3000, "/text/text"),
    Edge(SECTION, "section field", lambda n: section(fields=[mrkdwn("x" * n)]), 2000, "/fields/0/text"),
    Edge(SECTION, "section fields", lambda n: section(fields=[mrkdwn("x")] * n), 10, "/fields"),
    Edge(HEADER, "header", lambda n: {"type": "header", "text": plain("x" * n)}, 150, "/text/text"),
    Edge(IDS, "block_id", lambda n: {"type": "divider", "block_id": "x" * n}, 255, "/block_id"),
    Edge(IDS, "action_id", lambda n: actions(button(action_id="x" * n)), 255, "/elements/0/action_id"),
    Edge(ELEMENTS, "actions", lambda n: actions(*[button() for _ in range(n)]), 25, "/elements"),
    Edge(ELEMENTS, "context", lambda n: {"type": "context", "elements": [mrkdwn("x")] * n}, 10, "/elements"),
    Edge(
        ELEMENTS,
        "context_actions",
        lambda n: {
            "type": "context_actions",
            "elements": [{"type": "icon_button", "icon": "trash", "text": plain("x")}] * n,
        },
        5,
        "/elements",
    ),
    Edge(BUTTON, "button text", lambda n: actions(button(text=plain("x" * n))), 75, "/elements/0/text/text"),
    Edge(BUTTON, "button value", lambda n: actions(button(value="x" * n)), 2000, "/elements/0/value"),
    Edge(
        BUTTON,
        "button url",
        lambda n: actions(button(url="https://example.org/".ljust(n, "x"))),
        3000,
        "/elements/0/url",
    ),
    Edge(
        BUTTON,
        "button label",
        lambda n: actions(button(accessibility_label="x" * n)),
        75,
        "/elements/0/accessibility_label",
    ),
    Edge(INPUT, "input label", lambda n: entry(select(), label=plain("x" * n)), 2000, "/label/text"),
    Edge(INPUT, "input hint", lambda n: entry(select(), hint=plain("x" * n)), 2000, "/hint/text"),
    Edge(
        PLACEHOLDER,
        "placeholder",
        lambda n: entry(select(placeholder=plain("x" * n))),
        150,
        "/element/placeholder/text",
    ),
    Edge(SELECT, "options", lambda n: entry(select(options=options(n))), 100, "/element/options"),
    Edge(SELECT, "groups", lambda n: entry(select(option_groups=groups(n))), 100, "/element/option_groups"),
    Edge(
        SELECT,
        "group's options",
        lambda n: entry(select(option_groups=groups(1, n))),
        100,
        "/element/option_groups/0/options",
    ),
    Edge(OPTION, "option text", lambda n: chosen(text=plain("x" * n)), 75, "/element/options/0/text/text"),
    Edge(OPTION, "option value", lambda n: chosen(value="x" * n), 150, "/element/options/0/value"),
    Edge(
        OPTION,
        "option description",
        lambda n: chosen(description=plain("x" * n)),
        75,
        "/element/options/0/description/text",
    ),
    Edge(
        OPTION,
        "option url",
        lambda n: picked("overflow", options=[option(url="https://example.org/".ljust(n, "x"))]),
        3000,
        "/elements/0/options/0/url",
    ),
    Edge(SHORT, "overflow", lambda n: picked("overflow", options=options(n)), 5, "/elements/0/options"),
    Edge(SHORT, "checkboxes", lambda n: picked("checkboxes", options=options(n)), 10, "/elements/0/options"),
    Edge(
        SHORT,
        "radio buttons",
        lambda n: picked("radio_buttons", options=options(n)),
        10,
        "/elements/0/options",
    ),
    Edge(
        CONFIRM,
        "confirm title",
        lambda n: confirming(title=plain("x" * n)),
        100,
        "/elements/0/confirm/title/text",
    ),
    Edge(
        CONFIRM,
        "confirm text",
        lambda n: confirming(text=plain("x" * n)),
        300,
        "/elements/0/confirm/text/text",
    ),
    Edge(
        CONFIRM,
        "confirm yes",
        lambda n: confirming(confirm=plain("x" * n)),
        30,
        "/elements/0/confirm/confirm/text",
    ),
    Edge(
        CONFIRM, "confirm no", lambda n: confirming(deny=plain("x" * n)), 30, "/elements/0/confirm/deny/text"
    ),
    Edge(TYPED, "max_length", lambda n: typed(max_length=n), 3000, "/element/max_length"),
    Edge(TYPED, "min_length", lambda n: typed(min_length=n), 3000, "/element/min_length"),
    Edge(TYPED, "initial value", lambda n: typed(initial_value="x" * n), 3000, "/element/initial_value"),
    Edge(IMAGE, "image alt", lambda n: image(alt_text="x" * n), 2000, "/alt_text"),
    Edge(
        IMAGE,
        "image url",
        lambda n: image(image_url="https://example.org/".ljust(n, "x")),
        3000,
        "/image_url",
    ),
    Edge(IMAGE, "image title", lambda n: image(title=plain("x" * n)), 2000, "/title/text"),
    Edge(VIDEO, "video title", lambda n: video(title=plain("x" * n)), 199, "/title/text"),
    Edge(VIDEO, "video author", lambda n: video(author_name="x" * n), 49, "/author_name"),
    Edge(MARKDOWN, "markdown", lambda n: {"type": "markdown", "text": "x" * n}, 12_000, "/text"),
    Edge(TABLE, "table rows", table, 100, "/rows"),
    Edge(TABLE, "table cells", lambda n: table(1, n), 20, "/rows/0"),
    Edge(TABLE, "table letters", lambda n: table(1, 1, "x" * n), 10_000, "/rows/0/0/text"),
    Edge(TABLE, "table columns", lambda n: table(1, column_settings=[None] * n), 20, "/column_settings"),
    Edge(TABLE, "data table rows", data_table, 101, "/rows"),
    Edge(TABLE, "data table page", lambda n: data_table(2, page_size=n), 100, "/page_size"),
    Edge(CARDS, "alert", lambda n: {"type": "alert", "text": plain("x" * n)}, 200, "/text/text"),
    Edge(CARDS, "card title", lambda n: card(title=plain("x" * n)), 150, "/title/text"),
    Edge(CARDS, "card subtitle", lambda n: card(subtitle=plain("x" * n)), 150, "/subtitle/text"),
    Edge(CARDS, "card body", lambda n: card(body=plain("x" * n)), 200, "/body/text"),
    Edge(CARDS, "card actions", lambda n: card(actions=[button()] * n), 3, "/actions"),
    Edge(CARDS, "carousel", lambda n: {"type": "carousel", "elements": [card()] * n}, 10, "/elements"),
    Edge(
        CARDS, "container", lambda n: container(child_blocks=[{"type": "divider"}] * n), 10, "/child_blocks"
    ),
    Edge(SURFACES, "chart title", lambda n: pie(title="x" * n), 50, "/title"),
    Edge(SURFACES, "chart segments", pie, 6, "/chart/segments"),
    Edge(SURFACES, "chart label", lambda n: pie(1, "x" * n), 20, "/chart/segments/0/label"),
    Edge(SURFACES, "chart series", lines, 6, "/chart/series"),
    Edge(SURFACES, "chart axis", lambda n: lines(axis="x" * n), 50, "/chart/axis_config/x_label"),
]

VIEW_EDGES = [
    Edge(TITLES, "title", lambda n: {"title": plain("x" * n)}, 24, "/view/title/text"),
    Edge(TITLES, "submit", lambda n: {"submit": plain("x" * n)}, 24, "/view/submit/text"),
    Edge(TITLES, "close", lambda n: {"close": plain("x" * n)}, 24, "/view/close/text"),
    Edge(
        PRIVATE, "private_metadata", lambda n: {"private_metadata": "x" * n}, 3000, "/view/private_metadata"
    ),
    Edge(IDS, "callback_id", lambda n: {"callback_id": "x" * n}, 255, "/view/callback_id"),
    Edge(IDS, "external_id", lambda n: {"external_id": "x" * n}, 255, "/view/external_id"),
    Edge(BLOCKS, "blocks", lambda n: {"blocks": [{"type": "divider"}] * n}, 100, "/view/blocks"),
    Edge(
        FILES,
        "files",
        lambda n: {"blocks": [entry({"type": "file_input", "max_files": n})]},
        10,
        "/view/blocks/0/element/max_files",
    ),
]

PLACED: list[tuple[str, Json, tuple[str, ...]]] = [
    ("section", section(), ("message", "modal", "home")),
    ("alert", {"type": "alert", "text": plain("x")}, ("message", "modal", "home")),
    ("card", card(), ("message", "modal", "home")),
    ("carousel", {"type": "carousel", "elements": [card()]}, ("message", "modal", "home")),
    ("container", container(), ("message", "modal", "home")),
    ("table", table(1), ("message", "home")),
    ("data_table", data_table(2), ("message", "home")),
    ("data_visualization", pie(), ("message", "home")),
    ("markdown", {"type": "markdown", "text": "x"}, ("message",)),
    (
        "context_actions",
        {
            "type": "context_actions",
            "elements": [{"type": "icon_button", "icon": "trash", "text": plain("x")}],
        },
        ("message",),
    ),
    ("plan", {"type": "plan", "title": "x"}, ("message",)),
    ("task_card", {"type": "task_card", "task_id": "1", "title": "x", "status": "complete"}, ("message",)),
    ("file_input", entry({"type": "file_input"}), ("modal",)),
    ("file", {"type": "file", "external_id": "1", "source": "remote"}, ()),
]
"""Which block may stand where."""
