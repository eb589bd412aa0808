"""Block Kit's limits, each at its edge."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from sandbox.limits import BLOCKS, ELEMENTS, MOST_BLOCKS, judge_blocks, judge_suggestions, judge_view
from sandbox.shapes import Fault, Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(n: int = 1, **more: Any) -> Json:
    return {"text": plain(f"val {n}"), "value": f"v{n}", **more}


def options(n: int) -> list[Json]:
    return [option(i) for i in range(n)]


def groups(n: int, each: int = 1) -> list[Json]:
    return [{"label": plain(f"g{i}"), "options": options(each)} for i in range(n)]


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Tryck"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(**more: Any) -> Json:
    return {"type": "static_select", **({} if "option_groups" in more else {"options": options(2)}), **more}


def entry(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain("Fält"), "element": element, **more}


def typed(**more: Any) -> Json:
    return entry({"type": "plain_text_input", **more})


def section(**more: Any) -> Json:
    return {"type": "section", **({} if "fields" in more else {"text": mrkdwn("x")}), **more}


def confirm(**more: Any) -> Json:
    return {"title": plain("a"), "text": mrkdwn("b"), "confirm": plain("c"), "deny": plain("d"), **more}


def picked(kind: str, **more: Any) -> Json:
    return actions({"type": kind, **more})


def rows(n: int, width: int = 1, text: str = "a") -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * width for _ in range(n)]}


# (name, how a block of size n is made, the edge, where the fault is)
EDGES: list[tuple[str, Any, int, str]] = [
    ("section text", lambda n: section(text=mrkdwn("x" * n)), 3000, "/text/text"),
    ("section field", lambda n: section(fields=[mrkdwn("x" * n)]), 2000, "/fields/0/text"),
    ("section fields", lambda n: section(fields=[mrkdwn("x")] * n), 10, "/fields"),
    ("header", lambda n: {"type": "header", "text": plain("x" * n)}, 150, "/text/text"),
    ("block_id", lambda n: {"type": "divider", "block_id": "x" * n}, 255, "/block_id"),
    ("actions", lambda n: actions(*[button() for _ in range(n)]), 25, "/elements"),
    ("context", lambda n: {"type": "context", "elements": [mrkdwn("x")] * n}, 10, "/elements"),
    ("button text", lambda n: actions(button(text=plain("x" * n))), 75, "/elements/0/text/text"),
    ("button value", lambda n: actions(button(value="x" * n)), 2000, "/elements/0/value"),
    ("button url", lambda n: actions(button(url="x" * n)), 3000, "/elements/0/url"),
    (
        "button label",
        lambda n: actions(button(accessibility_label="x" * n)),
        75,
        "/elements/0/accessibility_label",
    ),
    ("action_id", lambda n: actions(button(action_id="x" * n)), 255, "/elements/0/action_id"),
    ("input label", lambda n: entry(select(), label=plain("x" * n)), 2000, "/label/text"),
    ("input hint", lambda n: entry(select(), hint=plain("x" * n)), 2000, "/hint/text"),
    ("placeholder", lambda n: entry(select(placeholder=plain("x" * n))), 150, "/element/placeholder/text"),
    ("options", lambda n: entry(select(options=options(n))), 100, "/element/options"),
    ("groups", lambda n: entry(select(option_groups=groups(n))), 100, "/element/option_groups"),
    (
        "group's options",
        lambda n: entry(select(option_groups=groups(1, n))),
        100,
        "/element/option_groups/0/options",
    ),
    (
        "option text",
        lambda n: entry(select(options=[option(text=plain("x" * n))])),
        75,
        "/element/options/0/text/text",
    ),
    (
        "option value",
        lambda n: entry(select(options=[option(value="x" * n)])),
        150,
        "/element/options/0/value",
    ),
    (
        "option description",
        lambda n: entry(select(options=[option(description=plain("x" * n))])),
        75,
        "/element/options/0/description/text",
    ),
    ("overflow", lambda n: picked("overflow", options=options(n)), 5, "/elements/0/options"),
    ("checkboxes", lambda n: picked("checkboxes", options=options(n)), 10, "/elements/0/options"),
    ("radio buttons", lambda n: picked("radio_buttons", options=options(n)), 10, "/elements/0/options"),
    (
        "confirm title",
        lambda n: actions(button(confirm=confirm(title=plain("x" * n)))),
        100,
        "/elements/0/confirm/title/text",
    ),
    (
        "confirm text",
        lambda n: actions(button(confirm=confirm(text=plain("x" * n)))),
        300,
        "/elements/0/confirm/text/text",
    ),
    (
        "confirm yes",
        lambda n: actions(button(confirm=confirm(confirm=plain("x" * n)))),
        30,
        "/elements/0/confirm/confirm/text",
    ),
    (
        "confirm no",
        lambda n: actions(button(confirm=confirm(deny=plain("x" * n)))),
        30,
        "/elements/0/confirm/deny/text",
    ),
    ("max_length", lambda n: typed(max_length=n), 3000, "/element/max_length"),
    ("initial value", lambda n: typed(initial_value="x" * n), 3000, "/element/initial_value"),
    (
        "image alt",
        lambda n: {"type": "image", "image_url": "https://a", "alt_text": "x" * n},
        2000,
        "/alt_text",
    ),
    ("image url", lambda n: {"type": "image", "image_url": "x" * n, "alt_text": "x"}, 3000, "/image_url"),
    ("alert", lambda n: {"type": "alert", "text": plain("x" * n)}, 200, "/text/text"),
    ("markdown", lambda n: {"type": "markdown", "text": "x" * n}, 12_000, "/text"),
    ("table rows", rows, 100, "/rows"),
    ("table cells", lambda n: rows(1, n), 20, "/rows/0"),
    ("table letters", lambda n: rows(1, 1, "x" * n), 10_000, "/rows/0/0/text"),
    ("card title", lambda n: {"type": "card", "title": plain("x" * n)}, 150, "/title/text"),
    (
        "carousel",
        lambda n: {"type": "carousel", "elements": [{"type": "card", "title": plain("x")}] * n},
        10,
        "/elements",
    ),
    (
        "container",
        lambda n: {"type": "container", "title": plain("x"), "child_blocks": [{"type": "divider"}] * n},
        10,
        "/child_blocks",
    ),
]


@pytest.mark.parametrize(("name", "make", "edge", "pointer"), EDGES, ids=[edge[0] for edge in EDGES])
def test_a_limit_is_met_at_its_edge_and_broken_one_past_it(
    name: str, make: Any, edge: int, pointer: str
) -> None:
    assert judge_blocks([make(edge)]) == []
    assert [fault.pointer for fault in judge_blocks([{"type": "divider"}, make(edge + 1)])] == [
        f"/blocks/1{pointer}"
    ]


@pytest.mark.parametrize(("name", "make", "edge", "pointer"), EDGES, ids=[edge[0] for edge in EDGES])
def test_the_judge_lets_nothing_through_that_the_sdk_refuses(
    name: str, make: Any, edge: int, pointer: str
) -> None:
    try:
        for block in Block.parse_all([make(edge)]):
            block.to_dict()
    except SlackObjectFormationError as error:
        pytest.fail(f"slack_sdk refuses what the judge accepts: {error}")


VIEW_EDGES: list[tuple[str, Any, int, str]] = [
    ("title", lambda n: {"title": plain("x" * n)}, 24, "/view/title/text"),
    ("submit", lambda n: {"submit": plain("x" * n)}, 24, "/view/submit/text"),
    ("close", lambda n: {"close": plain("x" * n)}, 24, "/view/close/text"),
    ("private_metadata", lambda n: {"private_metadata": "x" * n}, 3000, "/view/private_metadata"),
    ("callback_id", lambda n: {"callback_id": "x" * n}, 255, "/view/callback_id"),
    ("external_id", lambda n: {"external_id": "x" * n}, 255, "/view/external_id"),
    ("blocks", lambda n: {"blocks": [{"type": "divider"}] * n}, 100, "/view/blocks"),
    (
        "files",
        lambda n: {"blocks": [entry({"type": "file_input", "max_files": n})]},
        10,
        "/view/blocks/0/element/max_files",
    ),
]


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("T"), "submit": plain("S"), "blocks": [section()], **more}


@pytest.mark.parametrize(
    ("name", "make", "edge", "pointer"), VIEW_EDGES, ids=[edge[0] for edge in VIEW_EDGES]
)
def test_a_view_has_its_limits_too(name: str, make: Any, edge: int, pointer: str) -> None:
    view = modal(**make(edge))
    assert judge_view(view) == []
    View(**view).to_dict()
    assert [fault.pointer for fault in judge_view(modal(**make(edge + 1)))] == [pointer]


@pytest.mark.parametrize("surface", MOST_BLOCKS)
def test_each_surface_has_its_number_of_blocks(surface: str) -> None:
    most = MOST_BLOCKS[surface]
    many: list[Json] = [{"type": "divider"}] * most

    def judge(blocks: list[Json]) -> list[Fault]:
        if surface == "message":
            return judge_blocks(blocks)
        return judge_view({**VIEWS[surface], "blocks": blocks}, (surface,))

    assert judge(many) == []
    assert str(judge([*many, {"type": "divider"}])[0]).startswith(f"no more than {most} items allowed")


VIEWS: dict[str, Json] = {"modal": {"type": "modal", "title": plain("T")}, "home": {"type": "home"}}

REFUSED: list[tuple[str, Json, str, str]] = [
    ("an unknown block", {"type": "sektion"}, "/type", "unsupported type"),
    ("a block without type", {"text": plain("x")}, "", "missing required field: type"),
    ("an unknown field", section(colour="red"), "", "invalid additional property: colour"),
    (
        "an unknown field deep down",
        actions(button(text={**plain("x"), "bold": True})),
        "/elements/0/text",
        "additional",
    ),
    ("a section without text or fields", {"type": "section"}, "", "text, fields"),
    ("an empty text", section(text=mrkdwn("")), "/text/text", "must be more than 0"),
    (
        "mrkdwn where plain text is wanted",
        {"type": "header", "text": mrkdwn("x")},
        "/text/type",
        "unsupported type",
    ),
    ("emoji in mrkdwn", section(text={**mrkdwn("x"), "emoji": True}), "/text", "emoji"),
    ("a string for a text object", section(text="x"), "/text", "must provide an object"),
    ("a third style", actions(button(style="warning")), "/elements/0/style", "enum"),
    (
        "the same action_id twice",
        actions(button(action_id="a"), button(action_id="a")),
        "/elements/1/action_id",
        "exists",
    ),
    ("no elements", actions(), "/elements", "no less than 1"),
    (
        "an input element among actions",
        actions({"type": "plain_text_input"}),
        "/elements/0/type",
        "unsupported type here",
    ),
    (
        "a multi-select among actions",
        actions({**select(), "type": "multi_static_select"}),
        "/elements/0/type",
        "here",
    ),
    ("a button in an input", entry(button()), "/element/type", "unsupported type here"),
    (
        "options and groups",
        entry(select(options=options(1), option_groups=groups(1))),
        "/element",
        "only one of",
    ),
    (
        "neither options nor groups",
        entry({"type": "static_select"}),
        "/element",
        "either options or option_groups",
    ),
    (
        "a foreign initial option",
        entry(select(initial_option=option(9))),
        "/element/initial_option",
        "must match",
    ),
    (
        "an initial option that differs in its text",
        entry(select(initial_option={"text": plain("Val 1"), "value": "v1"})),
        "/element/initial_option",
        "must match",
    ),
    ("a url outside overflow", entry(select(options=[option(url="https://a")])), "/element/options/0", "url"),
    ("min_length above max_length", typed(min_length=5, max_length=4), "/element/min_length", "max_length"),
    (
        "a date that is none",
        picked("datepicker", initial_date="2026-02-30"),
        "/elements/0/initial_date",
        "date",
    ),
    ("a time that is none", picked("timepicker", initial_time="24:00"), "/elements/0/initial_time", "time"),
    ("a file input in a message", entry({"type": "file_input"}), "/element/type", "file_input"),
    ("an image without a source", {"type": "image", "alt_text": "x"}, "", "image_url or slack_file"),
    (
        "a broken rich text leaf",
        {"type": "rich_text", "elements": [{"type": "text", "text": "x"}]},
        "/elements/0/type",
        "unsupported",
    ),
    ("a number without its kind", entry({"type": "number_input"}), "/element", "is_decimal_allowed"),
    ("a boolean as a word", entry(select(), optional="yes"), "/optional", "boolean"),
    ("a file block", {"type": "file", "source": "remote"}, "/type", "unsupported type"),
]


@pytest.mark.parametrize(("name", "block", "pointer", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_wrong_block_is_pointed_at(name: str, block: Json, pointer: str, words: str) -> None:
    faults = judge_blocks([block])
    assert [fault.pointer for fault in faults] == [f"/blocks/0{pointer}"]
    assert words in faults[0].message


def test_the_same_block_id_twice_is_refused() -> None:
    twice = [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]
    assert [fault.pointer for fault in judge_blocks(twice)] == ["/blocks/1/block_id"]


def test_an_input_needs_a_submit_button() -> None:
    view = modal(blocks=[typed()])
    assert judge_view(view) == []
    del view["submit"]
    assert "submit" in judge_view(view)[0].message


def test_home_has_neither_title_nor_submit() -> None:
    home = {"type": "home", "blocks": [section()]}
    assert judge_view(home, ("home",)) == []
    assert judge_view({**home, "submit": plain("x")}, ("home",))
    assert judge_view({**home, "title": plain("x")}, ("home",))
    assert judge_view(home, ("modal",))


@pytest.mark.parametrize("kind", ["markdown", "table", "data_table", "context_actions", "plan", "task_card"])
def test_some_blocks_stay_out_of_modals(kind: str) -> None:
    assert judge_view(modal(blocks=[{"type": kind}]))[0].pointer == "/view/blocks/0/type"


def test_one_table_a_message_and_markdown_counted_together() -> None:
    assert judge_blocks([rows(1), rows(1)])[0].code == "only_one_table_allowed"
    half = {"type": "markdown", "text": "x" * 6_001}
    assert judge_blocks([half, half])[0].code == "msg_blocks_too_long"


def test_a_data_table_has_even_rows_and_a_plain_header() -> None:
    cell = {"type": "raw_text", "text": "a"}
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}],
    }
    table = {"type": "data_table", "caption": "Ärenden", "rows": [[cell, cell], [cell, rich]]}
    assert judge_blocks([table]) == []
    assert judge_view({"type": "home", "blocks": [table]}, ("home",)) == []
    assert judge_blocks([{**table, "rows": [[cell, cell], [cell]]}])[0].pointer == "/blocks/0/rows/1"
    assert (
        judge_blocks([{**table, "rows": [[cell, rich], [cell, cell]]}])[0].pointer
        == "/blocks/0/rows/0/1/type"
    )
    assert judge_blocks([{**table, "rows": [[cell]] * 102}])[0].pointer == "/blocks/0/rows"


def test_only_one_field_has_the_focus() -> None:
    one = typed(focus_on_load=True, action_id="a")
    assert judge_view(modal(blocks=[one])) == []
    assert judge_view(modal(blocks=[one, one]))[0].pointer == "/view/blocks/1/element/focus_on_load"


def test_suggestions_are_judged_as_well() -> None:
    assert judge_suggestions({"options": options(100)}) == []
    assert judge_suggestions({"options": []}) == []
    assert judge_suggestions({"options": options(101)})
    assert judge_suggestions({"option_groups": groups(100, 100)}) == []
    assert judge_suggestions({})
    assert judge_suggestions(None)


def test_no_garbage_breaks_the_judge() -> None:
    garbage: list[Any] = [None, 1, "x", [], {}, {"type": 1}, {"type": ["a"]}, {"type": None}, [[]]]
    for value in garbage:
        assert judge_blocks([value])
        assert judge_view(value)
        for name, shape in (BLOCKS | ELEMENTS).items():
            for field in {**shape.must, **shape.may}:
                judge_blocks([{"type": name, field: value}, actions({"type": name, field: value})])
                judge_blocks([entry({"type": name, field: value})])
