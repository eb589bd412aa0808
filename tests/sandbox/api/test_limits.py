"""Block Kit's limits, each at its edge."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from sandbox.limits import BLOCKS, ELEMENTS, MOST_BLOCKS, validate_blocks, validate_suggestions, validate_view
from sandbox.payload_schema import Fault, Json
from tests.sandbox.api import limit_rows as rows
from tests.sandbox.api.block_samples import (
    actions,
    button,
    cell,
    data_table,
    entry,
    groups,
    image,
    lines,
    modal,
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
from tests.sandbox.api.limit_rows import EDGES, PLACED, VIEW_EDGES, Edge


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_a_limit_is_met_at_its_edge_and_broken_one_past_it(edge: Edge) -> None:
    assert validate_blocks([edge.make(edge.most)]) == []
    assert [fault.pointer for fault in validate_blocks([{"type": "divider"}, edge.make(edge.most + 1)])] == [
        f"/blocks/1{edge.pointer}"
    ]


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_the_judge_lets_nothing_through_that_the_sdk_refuses(edge: Edge) -> None:
    """The newest blocks the SDK does not know yet."""
    assert refusals_of_the_sdk(edge.make(edge.most)) == []


def refusals_of_the_sdk(block: Json) -> list[str]:
    try:
        for known in Block.parse_all([block]):
            if known is not None:
                known.to_dict()
    except SlackObjectFormationError as error:
        return [str(error)]
    return []


@pytest.mark.parametrize("edge", VIEW_EDGES, ids=str)
def test_a_view_has_its_limits_too(edge: Edge) -> None:
    view = modal(**edge.make(edge.most))
    assert validate_view(view) == []
    View(**view).to_dict()
    assert [fault.pointer for fault in validate_view(modal(**edge.make(edge.most + 1)))] == [edge.pointer]


ELSEWHERE = {
    rows.TEXTS: "test_a_wrong_block_is_pointed_at",
    rows.EXTERNAL: "test_suggestions_are_judged_as_well",
    rows.WHOLE: "tests/sandbox/api/test_web_api.py",
    rows.FOCUS: "test_only_one_field_has_the_focus",
    rows.LONG: "test_one_table_a_message_and_markdown_counted_together",
    rows.UNKNOWN: "test_a_wrong_block_is_pointed_at",
    rows.VALIDATE: "tests/conformance",
}


def test_every_row_of_the_documentation_is_tried() -> None:
    tried = {edge.row for edge in (*EDGES, *VIEW_EDGES)} | set(ELSEWHERE)
    assert tried == rows.ROWS


@pytest.mark.parametrize("surface", MOST_BLOCKS)
@pytest.mark.parametrize(("kind", "block", "places"), PLACED, ids=[row[0] for row in PLACED])
def test_a_block_stands_only_where_slack_shows_it(
    kind: str, block: Json, places: tuple[str, ...], surface: str
) -> None:
    assert (not on(surface, [block])) == (surface in places)


def on(surface: str, blocks: list[Json]) -> list[Fault]:
    if surface == "message":
        return validate_blocks(blocks)
    return validate_view({**VIEWS[surface], "blocks": blocks}, (surface,))


@pytest.mark.parametrize("surface", MOST_BLOCKS)
def test_each_surface_has_its_number_of_blocks(surface: str) -> None:
    most = MOST_BLOCKS[surface]
    many: list[Json] = [{"type": "divider"}] * most
    assert on(surface, many) == []
    assert str(on(surface, [*many, {"type": "divider"}])[0]).startswith(f"no more than {most} items allowed")


VIEWS: dict[str, Json] = {
    "modal": {"type": "modal", "title": plain("T"), "submit": plain("S")},
    "home": {"type": "home"},
}

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
        "an image with two sources",
        image(slack_file={"id": "F1"}),
        "",
        "only one of",
    ),
    ("a video without encryption", video(video_url="http://example.org"), "/video_url", "https"),
    ("a level that is none", {"type": "alert", "text": plain("x"), "level": "fatal"}, "/level", "enum"),
    ("an empty card", {"type": "card", "subtitle": plain("x")}, "", "hero_image, title, actions, body"),
    ("an empty carousel", {"type": "carousel", "elements": []}, "/elements", "no less than 1"),
    ("an empty cell", table(1, 1, ""), "/rows/0/0/text", "more than 0"),
    ("a data table of a header alone", data_table(1), "/rows", "no less than 2"),
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
    faults = validate_blocks([block])
    assert [fault.pointer for fault in faults] == [f"/blocks/0{pointer}"]
    assert words in faults[0].message


def test_the_same_block_id_twice_is_refused() -> None:
    twice = [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]
    assert [fault.pointer for fault in validate_blocks(twice)] == ["/blocks/1/block_id"]


def test_an_input_needs_a_submit_button() -> None:
    view = modal(blocks=[typed()])
    assert validate_view(view) == []
    del view["submit"]
    assert "submit" in validate_view(view)[0].message


def test_home_has_neither_title_nor_submit() -> None:
    home = {"type": "home", "blocks": [section()]}
    assert validate_view(home, ("home",)) == []
    assert validate_view({**home, "submit": plain("x")}, ("home",))
    assert validate_view({**home, "title": plain("x")}, ("home",))
    assert validate_view(home, ("modal",))


def test_one_table_a_message_and_markdown_counted_together() -> None:
    assert validate_blocks([table(1), table(1)])[0].code == "only_one_table_allowed"
    half = {"type": "markdown", "text": "x" * 6_001}
    assert validate_blocks([half, half])[0].code == "msg_blocks_too_long"


def test_a_data_table_has_even_rows_and_a_plain_header() -> None:
    plain_cell = cell()
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}],
    }
    press = {"type": "action_cell", "element": button(action_id="show"), "fallback": cell("Visa")}
    whole = data_table(2, rows=[[plain_cell, plain_cell], [press, rich]])
    assert validate_blocks([whole]) == []
    assert validate_view({"type": "home", "blocks": [whole]}, ("home",)) == []
    twice = {**whole, "rows": [[plain_cell] * 2, [press, press]]}
    assert validate_blocks([twice])[0].pointer == "/blocks/0/rows/1/1/element/action_id"
    assert validate_blocks([{**whole, "rows": [[cell()] * 2, [cell()]]}])[0].pointer == "/blocks/0/rows/1"
    assert (
        validate_blocks([{**whole, "rows": [[cell(), rich], [cell()] * 2]}])[0].pointer
        == "/blocks/0/rows/0/1/type"
    )


def test_a_data_table_holds_twenty_thousand_letters() -> None:
    assert validate_blocks([data_table(2, 1, "x" * 10_000)]) == []
    assert validate_blocks([data_table(2, 2, "x" * 5_001)])[0].pointer == "/blocks/0/rows"


def test_a_chart_has_a_point_for_each_category_and_two_stand_in_a_message() -> None:
    chart = lines(2, 3)["chart"]
    assert validate_blocks([pie(chart=chart), pie()]) == []
    assert validate_blocks([pie(), pie(), pie()])[0].pointer == "/blocks"
    short = {**chart, "axis_config": {"categories": ["p0"]}}
    assert validate_blocks([pie(chart=short)])[0].pointer == "/blocks/0/chart/series/0/data"


def test_only_one_field_has_the_focus() -> None:
    one = typed(focus_on_load=True, action_id="a")
    assert validate_view(modal(blocks=[one])) == []
    assert validate_view(modal(blocks=[one, one]))[0].pointer == "/view/blocks/1/element/focus_on_load"


def test_suggestions_are_judged_as_well() -> None:
    assert validate_suggestions({"options": options(100)}) == []
    assert validate_suggestions({"options": []}) == []
    assert validate_suggestions({"options": options(101)})
    assert validate_suggestions({"option_groups": groups(100, 100)}) == []
    assert validate_suggestions({})
    assert validate_suggestions(None)


def test_no_garbage_breaks_the_judge() -> None:
    garbage: list[Any] = [None, 1, "x", [], {}, {"type": 1}, {"type": ["a"]}, {"type": None}, [[]]]
    for value in garbage:
        assert validate_blocks([value])
        assert validate_view(value)
        for name, shape in (BLOCKS | ELEMENTS).items():
            for field in {**shape.must, **shape.may}:
                validate_blocks([{"type": name, field: value}, actions({"type": name, field: value})])
                validate_blocks([entry({"type": name, field: value})])
