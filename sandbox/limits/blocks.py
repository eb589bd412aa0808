"""Rich text and blocks: their limits."""

from __future__ import annotations

from typing import Any

from sandbox.limits import rules
from sandbox.limits.elements import ELEMENTS, HTTPS, ID, IMAGE, URL, USER, plain, text
from sandbox.payload_schema import Flag, Kinds, Many, Maybe, Number, Plain, Shape, Str, Whole, Word

STYLE = Plain(Shape(may={name: Flag() for name in ("bold", "italic", "strike", "code", "underline")}))
MENTION_STYLE = Plain(
    Shape(
        may={name: Flag() for name in ("bold", "italic", "strike", "highlight", "client_highlight", "unlink")}
    )
)
LEAVES: dict[str, Shape] = {
    "text": Shape({"text": Str(12_000, 1)}, {"style": STYLE}),
    "link": Shape({"url": URL}, {"text": Str(12_000), "unsafe": Flag(), "style": STYLE}),
    "emoji": Shape({"name": Str(255, 1)}, {"unicode": Str(255), "skin_tone": Whole(1, 6), "style": STYLE}),
    "user": Shape({"user_id": USER}, {"style": MENTION_STYLE}),
    "channel": Shape({"channel_id": ID}, {"style": MENTION_STYLE}),
    "usergroup": Shape({"usergroup_id": ID}, {"style": MENTION_STYLE}),
    "team": Shape({"team_id": ID}, {"style": STYLE}),
    "broadcast": Shape({"range": Word(("here", "channel", "everyone"))}, {"style": STYLE}),
    "date": Shape(
        {"timestamp": Number(), "format": Str(255, 1)}, {"url": URL, "fallback": Str(3000), "style": STYLE}
    ),
    "color": Shape({"value": Str(20, 1)}, {"style": STYLE}),
}
LINE = Many(Kinds(LEAVES), 1000, least=0)
RICH_SECTION = Shape({"elements": LINE})
RICH: dict[str, Shape] = {
    "rich_text_section": RICH_SECTION,
    "rich_text_preformatted": Shape({"elements": LINE}, {"border": Whole(0, 1), "language": Str(255)}),
    "rich_text_quote": Shape({"elements": LINE}, {"border": Whole(0, 1)}),
    "rich_text_list": Shape(
        {
            "style": Word(("bullet", "ordered")),
            "elements": Many(Kinds({"rich_text_section": RICH_SECTION}), 1000),
        },
        {"indent": Whole(0, 8), "offset": Whole(0, 1_000_000), "border": Whole(0, 1)},
    ),
}

PICKERS = frozenset(
    {"button", "checkboxes", "datepicker", "overflow", "radio_buttons", "timepicker", "workflow_button"}
    | {"static_select", "external_select", "users_select", "channels_select", "conversations_select"}
)
SEVERAL_SELECTS = frozenset(name for name in ELEMENTS if name.startswith("multi_"))
IN_ACTIONS = PICKERS | {"datetimepicker"}
IN_SECTION = PICKERS | SEVERAL_SELECTS | {"image"}
IN_INPUT = (
    PICKERS - {"button", "overflow", "workflow_button"} | SEVERAL_SELECTS | {"datetimepicker", "file_input"}
) | {name for name in ELEMENTS if name.endswith("_input")}
BLOCK_ID = {"block_id": ID}
RICH_TEXT = Shape({"elements": Many(Kinds(RICH), 1000)}, BLOCK_ID)
PLAIN_CELLS = {
    "raw_text": Shape({"text": Str(10_000, 1)}),
    "raw_number": Shape({"value": Number()}, {"text": Str(10_000, 1)}),
}
CELL = Kinds({**PLAIN_CELLS, "rich_text": RICH_TEXT})
BUTTON = Kinds({"button": ELEMENTS["button"]})
DATA_CELL = Kinds({**CELL.table, "action_cell": Shape({"element": BUTTON}, {"fallback": Kinds(PLAIN_CELLS)})})
COLUMN = Maybe(Plain(Shape(may={"align": Word(("left", "center", "right")), "is_wrapped": Flag()})))
SEGMENT = Plain(Shape({"label": Str(20, 1), "value": Number()}))
SERIES = Shape(
    {
        "series": Many(Plain(Shape({"name": Str(20, 1), "data": Many(SEGMENT, 20)})), 6),
        "axis_config": Plain(
            Shape({"categories": Many(Str(20, 1), 20)}, {"x_label": Str(50, 1), "y_label": Str(50, 1)})
        ),
    },
    rules=(rules.a_point_for_each_category,),
)
# Newer sources name twelve segments and series; what fits in six fits there too.
CHART = Kinds({"pie": Shape({"segments": Many(SEGMENT, 6)}), "bar": SERIES, "area": SERIES, "line": SERIES})
IMAGE_ELEMENT = Kinds({"image": ELEMENTS["image"]})
CARD = Shape(
    {},
    {
        **BLOCK_ID,
        "hero_image": IMAGE_ELEMENT,
        "icon": IMAGE_ELEMENT,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": Many(Kinds(ELEMENTS, frozenset({"button"})), 3),
    },
    (rules.some("hero_image", "title", "actions", "body"),),
)
TASK = Shape(
    {
        "task_id": ID,
        "title": Str(3000, 1),
        "status": Word(("pending", "in_progress", "complete", "error")),
    },
    {
        **BLOCK_ID,
        "details": Kinds({"rich_text": RICH_TEXT}),
        "output": Kinds({"rich_text": RICH_TEXT}),
        "sources": Many(Kinds({"url": Shape({"url": URL, "text": Str(3000, 1)}, {"icon_url": URL})}), 100),
    },
)

BLOCKS: dict[str, Any] = {
    "section": Shape(
        {},
        {
            **BLOCK_ID,
            "text": text(3000),
            "fields": Many(text(2000), 10),
            "accessory": Kinds(ELEMENTS, IN_SECTION),
            "expand": Flag(),
        },
        (rules.some("text", "fields"),),
    ),
    "header": Shape({"text": plain(150)}, BLOCK_ID),
    "divider": Shape({}, BLOCK_ID),
    "context": Shape(
        {"elements": Many(Kinds({"image": ELEMENTS["image"], **text(3000).table}), 10)},
        BLOCK_ID,
    ),
    "actions": Shape(
        {"elements": Many(Kinds(ELEMENTS, IN_ACTIONS), 25)}, BLOCK_ID, (rules.distinct_action_ids,)
    ),
    "context_actions": Shape(
        {"elements": Many(Kinds(ELEMENTS, frozenset({"feedback_buttons", "icon_button"})), 5)},
        BLOCK_ID,
        (rules.distinct_action_ids,),
    ),
    "input": Shape(
        {"label": plain(2000), "element": Kinds(ELEMENTS, frozenset(IN_INPUT))},
        {**BLOCK_ID, "hint": plain(2000), "optional": Flag(), "dispatch_action": Flag()},
        (rules.files_are_not_dispatched,),
    ),
    "image": Shape(
        {"alt_text": Str(2000, 1)},
        {**BLOCK_ID, **IMAGE, "title": plain(2000)},
        (rules.either("image_url", "slack_file"),),
    ),
    "rich_text": RICH_TEXT,
    "markdown": Shape({"text": Str(12_000, 1)}, BLOCK_ID),
    "alert": Shape(
        {"text": text(200)}, {**BLOCK_ID, "level": Word(("default", "info", "warning", "error", "success"))}
    ),
    "table": Shape(
        {"rows": Many(Many(CELL, 20), 100)},
        {**BLOCK_ID, "column_settings": Many(COLUMN, 20)},
        (rules.cells_hold_at_most(10_000),),
    ),
    "data_table": Shape(
        {"caption": Str(2000, 1), "rows": Many(Many(DATA_CELL, 20), 101, least=2)},
        {**BLOCK_ID, "page_size": Whole(1, 100), "row_header_column_index": Whole(0, 19)},
        (rules.cells_hold_at_most(20_000), rules.even_rows, rules.distinct_action_ids),
    ),
    "data_visualization": Shape({"title": Str(50, 1), "chart": CHART}, BLOCK_ID),
    "video": Shape(
        {"alt_text": Str(2000, 1), "title": plain(199), "thumbnail_url": URL, "video_url": HTTPS},
        {
            **BLOCK_ID,
            "author_name": Str(49),
            "description": plain(200),
            "provider_icon_url": URL,
            "provider_name": Str(255),
            "title_url": HTTPS,
        },
    ),
    "card": CARD,
    "carousel": Shape({"elements": Many(Kinds({"card": CARD}), 10)}, BLOCK_ID),
    "task_card": TASK,
    "plan": Shape({"title": Str(3000, 1)}, {**BLOCK_ID, "tasks": Many(Kinds({"task_card": TASK}), 50)}),
}
BLOCKS["container"] = Shape(
    {"child_blocks": Many(Kinds(BLOCKS, frozenset(BLOCKS)), 10)},
    {
        **BLOCK_ID,
        "title": plain(150),
        "rich_text_title": Kinds({"rich_text": RICH_TEXT}),
        "subtitle": text(150),
        "icon": IMAGE_ELEMENT,
        "width": Word(("narrow", "standard", "wide", "full")),
        "is_collapsible": Flag(),
        "default_collapsed": Flag(),
        "has_header_divider": Flag(),
    },
    (rules.some("title", "rich_text_title"),),
)
