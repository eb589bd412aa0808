"""Text, composition objects and elements: their limits."""

from __future__ import annotations

from datetime import date, time

from sandbox.limits import rules
from sandbox.payload_schema import Flag, Json, Kinds, Many, Parsed, Plain, Shape, Str, Whole, Word

ID = Str(255, least=1)
URL = Str(3000, least=1)
HTTPS = Str(3000, least=1, start="https://")
USER = Str(255, least=1)
BOTH = ("plain_text", "mrkdwn")


def text(most: int, kinds: tuple[str, ...] = BOTH) -> Kinds:
    """A text object of at most so many characters."""
    forms = {
        "plain_text": Shape({"text": Str(most, least=1)}, {"emoji": Flag()}),
        "mrkdwn": Shape({"text": Str(most, least=1)}, {"verbatim": Flag()}),
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
