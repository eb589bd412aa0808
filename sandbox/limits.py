"""Block Kit's limits, one table."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from sandbox import rules
from sandbox.shapes import (
    Fault,
    Flag,
    Json,
    Kinds,
    Many,
    Maybe,
    Number,
    Parsed,
    Plain,
    Shape,
    Str,
    Whole,
    Word,
    judge_in_peace,
)

ID = Str(255, least=1)
URL = Str(3000, least=1)
USER = Str(255, least=1)
BOTH = ("plain_text", "mrkdwn")


def text(most: int, kinds: tuple[str, ...] = BOTH, least: int = 1) -> Kinds:
    """A text object of at most so many characters."""
    forms = {
        "plain_text": Shape({"text": Str(most, least)}, {"emoji": Flag()}),
        "mrkdwn": Shape({"text": Str(most, least)}, {"verbatim": Flag()}),
    }
    return Kinds({kind: forms[kind] for kind in kinds})


def plain(most: int) -> Kinds:
    return text(most, ("plain_text",))


CONFIRM = Plain(
    Shape(
        {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
        {"style": Word(("primary", "danger"))},
    )
)


def option(kinds: tuple[str, ...] = ("plain_text",), url: bool = False) -> Plain:
    may: Json = {"description": text(75, kinds)}
    if url:
        may["url"] = URL
    return Plain(Shape({"text": text(75, kinds), "value": Str(150, 1)}, may))


OPTION = option()
RICH_OPTION = option(BOTH)
GROUP = Plain(Shape({"label": plain(75), "options": Many(OPTION, 100)}))
FILTER = Plain(
    Shape(
        may={
            "include": Many(Word(("im", "mpim", "private", "public")), 4),
            "exclude_bot_users": Flag(),
            "exclude_external_shared_channels": Flag(),
        },
        rules=(rules.some("include", "exclude_bot_users", "exclude_external_shared_channels"),),
    )
)
DISPATCH = Plain(Shape({"trigger_actions_on": Many(Word(("on_enter_pressed", "on_character_entered")), 2)}))
WORKFLOW = Plain(
    Shape({"trigger": Plain(Shape({"url": URL}, {"customizable_input_parameters": Many(Shape(), 100)}))})
)
SLACK_FILE = Plain(Shape(may={"id": ID, "url": URL}, rules=(rules.either("id", "url"),)))

CHOICES = {"options": Many(OPTION, 100), "option_groups": Many(GROUP, 100)}
FOCUS = {"focus_on_load": Flag()}
MENU = {"action_id": ID, "placeholder": plain(150), "confirm": CONFIRM, **FOCUS}
TYPED = {"action_id": ID, "placeholder": plain(150), "dispatch_action_config": DISPATCH, **FOCUS}
SEVERAL = {"max_selected_items": Whole(1, 1_000_000)}
DATE = Parsed(date.fromisoformat, "date")
CLOCK = Parsed(lambda value: time.fromisoformat(value) if len(value) == 5 else int("no"), "time")
NUMERAL = Parsed(float, "number")
PICKED = (rules.either("options", "option_groups"), rules.initial_among_choices)
IMAGE = {"image_url": URL, "slack_file": SLACK_FILE}
FEEDBACK = Plain(Shape({"text": plain(75), "value": Str(2000)}, {"accessibility_label": Str(75)}))

ELEMENTS: dict[str, Shape] = {
    "button": Shape(
        {"text": plain(75)},
        {
            "action_id": ID,
            "url": URL,
            "value": Str(2000),
            "style": Word(("primary", "danger")),
            "confirm": CONFIRM,
            "accessibility_label": Str(75),
        },
    ),
    "workflow_button": Shape(
        {"text": plain(75), "workflow": WORKFLOW, "action_id": ID},
        {"style": Word(("primary", "danger")), "accessibility_label": Str(75)},
    ),
    "static_select": Shape({}, {**MENU, **CHOICES, "initial_option": OPTION}, PICKED),
    "multi_static_select": Shape(
        {},
        {**MENU, **CHOICES, **SEVERAL, "initial_options": Many(OPTION, 100)},
        (*PICKED, rules.not_too_many_chosen),
    ),
    "external_select": Shape({}, {**MENU, "min_query_length": Whole(0, 3000), "initial_option": OPTION}),
    "multi_external_select": Shape(
        {},
        {**MENU, **SEVERAL, "min_query_length": Whole(0, 3000), "initial_options": Many(OPTION, 100)},
        (rules.not_too_many_chosen,),
    ),
    "users_select": Shape({}, {**MENU, "initial_user": USER}),
    "multi_users_select": Shape(
        {}, {**MENU, **SEVERAL, "initial_users": Many(USER, 1000)}, (rules.not_too_many_chosen,)
    ),
    "channels_select": Shape({}, {**MENU, "initial_channel": ID, "response_url_enabled": Flag()}),
    "multi_channels_select": Shape(
        {}, {**MENU, **SEVERAL, "initial_channels": Many(ID, 1000)}, (rules.not_too_many_chosen,)
    ),
    "conversations_select": Shape(
        {},
        {
            **MENU,
            "initial_conversation": ID,
            "default_to_current_conversation": Flag(),
            "response_url_enabled": Flag(),
            "filter": FILTER,
        },
    ),
    "multi_conversations_select": Shape(
        {},
        {
            **MENU,
            **SEVERAL,
            "initial_conversations": Many(ID, 1000),
            "default_to_current_conversation": Flag(),
            "filter": FILTER,
        },
        (rules.not_too_many_chosen,),
    ),
    "overflow": Shape({"options": Many(option(url=True), 5)}, {"action_id": ID, "confirm": CONFIRM}),
    "checkboxes": Shape(
        {"options": Many(RICH_OPTION, 10)},
        {"action_id": ID, "initial_options": Many(RICH_OPTION, 10), "confirm": CONFIRM, **FOCUS},
        (rules.initial_among_choices,),
    ),
    "radio_buttons": Shape(
        {"options": Many(RICH_OPTION, 10)},
        {"action_id": ID, "initial_option": RICH_OPTION, "confirm": CONFIRM, **FOCUS},
        (rules.initial_among_choices,),
    ),
    "plain_text_input": Shape(
        {},
        {
            **TYPED,
            "initial_value": Str(3000),
            "multiline": Flag(),
            "min_length": Whole(0, 3000),
            "max_length": Whole(1, 3000),
        },
        (rules.shortest_below_longest,),
    ),
    "rich_text_input": Shape({}, {**TYPED, "initial_value": Shape({"elements": Many(Shape(), 1000)})}),
    "email_text_input": Shape({}, {**TYPED, "initial_value": Str(3000)}),
    "url_text_input": Shape({}, {**TYPED, "initial_value": Str(3000)}),
    "number_input": Shape(
        {"is_decimal_allowed": Flag()},
        {**TYPED, "initial_value": NUMERAL, "min_value": NUMERAL, "max_value": NUMERAL},
        (rules.lowest_below_highest,),
    ),
    "datepicker": Shape({}, {**MENU, "initial_date": DATE}),
    "timepicker": Shape({}, {**MENU, "initial_time": CLOCK, "timezone": Str(255, 1)}),
    "datetimepicker": Shape(
        {},
        {
            "action_id": ID,
            "confirm": CONFIRM,
            "initial_date_time": Whole(1_000_000_000, 9_999_999_999),
            **FOCUS,
        },
    ),
    "file_input": Shape(
        {}, {"action_id": ID, "filetypes": Many(Str(255, 1), 1000), "max_files": Whole(1, 10)}
    ),
    "image": Shape({"alt_text": Str(2000, 1)}, IMAGE, (rules.either("image_url", "slack_file"),)),
    "feedback_buttons": Shape({"positive_button": FEEDBACK, "negative_button": FEEDBACK}, {"action_id": ID}),
    "icon_button": Shape(
        {"icon": Word(("trash",)), "text": plain(75)},
        {
            "action_id": ID,
            "value": Str(2000),
            "confirm": CONFIRM,
            "accessibility_label": Str(75),
            "visible_to_user_ids": Many(USER, 100),
        },
    ),
}

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
CELL = Kinds(
    {
        "raw_text": Shape({"text": Str(10_000, 1)}),
        "raw_number": Shape({"value": Number()}, {"text": Str(10_000, 1)}),
        "rich_text": RICH_TEXT,
    }
)
COLUMN = Maybe(Plain(Shape(may={"align": Word(("left", "center", "right")), "is_wrapped": Flag()})))
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
        {"caption": Str(2000, 1), "rows": Many(Many(CELL, 20), 101, least=2)},
        {**BLOCK_ID, "page_size": Whole(1, 100), "row_header_column_index": Whole(0, 19)},
        (rules.cells_hold_at_most(20_000), rules.even_rows),
    ),
    "video": Shape(
        {"alt_text": Str(2000, 1), "title": plain(199), "thumbnail_url": URL, "video_url": URL},
        {
            **BLOCK_ID,
            "author_name": Str(49),
            "description": plain(200),
            "provider_icon_url": URL,
            "provider_name": Str(255),
            "title_url": URL,
        },
    ),
    "card": CARD,
    "carousel": Shape({"elements": Many(Kinds({"card": CARD}), 10)}, BLOCK_ID),
    "task_card": TASK,
    "plan": Shape({"title": Str(3000, 1)}, {**BLOCK_ID, "tasks": Many(Kinds({"task_card": TASK}), 50)}),
}
BLOCKS["container"] = Shape(
    {"child_blocks": Many(Kinds(BLOCKS), 10)},
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

MESSAGE_ONLY = frozenset({"markdown", "context_actions", "plan", "task_card"})
SURFACES: dict[str, frozenset[str]] = {
    "message": frozenset(BLOCKS),
    "home": frozenset(BLOCKS) - MESSAGE_ONLY,
    "modal": frozenset(BLOCKS) - MESSAGE_ONLY - {"table", "data_table"},
}
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST_VIEW_BYTES = 250_000

SETTINGS = {
    "private_metadata": Str(3000),
    "callback_id": Str(255),
    "external_id": Str(255),
    "clear_on_close": Flag(),
    "notify_on_close": Flag(),
}


def blocks_on(surface: str) -> Many:
    return Many(
        Kinds(BLOCKS, SURFACES[surface]), MOST_BLOCKS[surface], least=0 if surface == "message" else 1
    )


VIEWS: dict[str, Shape] = {
    "modal": Shape(
        {"title": plain(24), "blocks": blocks_on("modal")},
        {"submit": Maybe(plain(24)), "close": Maybe(plain(24)), "submit_disabled": Flag(), **SETTINGS},
    ),
    "home": Shape({"blocks": blocks_on("home")}, SETTINGS),
}
WHOLE_MESSAGE = (
    rules.distinct_block_ids,
    rules.no_files,
    rules.one_table,
    rules.markdown_in_all,
    rules.one_focus,
)
WHOLE_VIEW = (rules.distinct_block_ids, rules.submit_with_inputs, rules.files_in_modals_only, rules.one_focus)
SUGGESTED = Plain(
    Shape(may={**CHOICES, "options": Many(OPTION, 100, 0)}, rules=(rules.either("options", "option_groups"),))
)


def judge_blocks(blocks: Any) -> list[Fault]:
    """What Slack would refuse in a message's blocks."""
    return judge_in_peace(blocks_on("message"), blocks, "/blocks", WHOLE_MESSAGE)


def judge_view(view: Any, kinds: tuple[str, ...] = ("modal",)) -> list[Fault]:
    """What Slack would refuse in a view, its size apart."""
    return judge_in_peace(Kinds(VIEWS, frozenset(kinds)), view, "/view", WHOLE_VIEW)


def judge_suggestions(answer: Any) -> list[Fault]:
    """What Slack would refuse in the answer to a keystroke in an external select."""
    return judge_in_peace(SUGGESTED, answer, "")
