"""Block Kit's rules that look at more than one field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.payload_schema import Fault, Faults, Json, Rule


def some(*names: str) -> Rule:
    def rule(value: Json, at: str) -> Faults:
        if not any(name in value for name in names):
            yield Fault(at, f"must define one of: {', '.join(names)}")

    return rule


def either(*names: str) -> Rule:
    def rule(value: Json, at: str) -> Faults:
        found = [name for name in names if name in value]
        if not found:
            yield Fault(at, f"must define either {' or '.join(names)}")
        elif len(found) > 1:
            yield Fault(at, f"must define only one of: {', '.join(names)}")

    return rule


def choices(element: Json) -> list[Json]:
    """The options a person could choose, groups laid end to end."""
    groups = element.get("option_groups")
    lists = [group.get("options", []) for group in groups] if groups else [element.get("options", [])]
    return [option for options in lists for option in options]


def initial_among_choices(element: Json, at: str) -> Faults:
    for name in ("initial_option", "initial_options"):
        chosen = element.get(name)
        many = chosen if isinstance(chosen, list) else [chosen] if chosen is not None else []
        if any(option not in choices(element) for option in many):
            yield Fault(f"{at}/{name}", f"{name} must match one of the options")


def not_too_many_chosen(element: Json, at: str) -> Faults:
    most = element.get("max_selected_items")
    for name, chosen in element.items():
        if most is not None and name.startswith("initial_") and len(chosen) > most:
            yield Fault(f"{at}/{name}", "no more than max_selected_items allowed")


def shortest_below_longest(element: Json, at: str) -> Faults:
    if element.get("min_length", 0) > element.get("max_length", 3000):
        yield Fault(f"{at}/min_length", "must not be above max_length")


def lowest_below_highest(element: Json, at: str) -> Faults:
    if float(element.get("min_value", "-inf")) > float(element.get("max_value", "inf")):
        yield Fault(f"{at}/min_value", "must not be above max_value")


def files_are_not_dispatched(block: Json, at: str) -> Faults:
    if block["element"]["type"] == "file_input" and block.get("dispatch_action"):
        yield Fault(f"{at}/dispatch_action", "not allowed with file_input")


def distinct_action_ids(block: Json, at: str) -> Faults:
    seen: set[str] = set()
    for where, element in elements_of(block):
        action_id = element.get("action_id")
        if action_id in seen:
            yield Fault(f"{at}{where}/action_id", f"`action_id` {action_id} already exists")
        if action_id is not None:
            seen.add(action_id)


def cells_hold_at_most(most: int) -> Rule:
    def rule(table: Json, at: str) -> Faults:
        if _letters(table["rows"]) > most:
            yield Fault(f"{at}/rows", f"must hold less than {most + 1} characters in all cells")

    return rule


def even_rows(table: Json, at: str) -> Faults:
    """Every row as long as the header, whose cells are plain."""
    header = table["rows"][0]
    for n, cell in enumerate(header):
        if cell["type"] == "rich_text":
            yield Fault(f"{at}/rows/0/{n}/type", "unsupported type here: rich_text")
    for n, row in enumerate(table["rows"]):
        if len(row) != len(header):
            yield Fault(f"{at}/rows/{n}", f"must have {len(header)} cells, as the header has")


def a_point_for_each_category(chart: Json, at: str) -> Faults:
    """Each series has one point for each category, in order, and a name of its own."""
    categories, names = chart["axis_config"]["categories"], set[str]()
    for n, series in enumerate(chart["series"]):
        if [point["label"] for point in series["data"]] != categories:
            yield Fault(f"{at}/series/{n}/data", "must have one point for each category")
        if series["name"] in names:
            yield Fault(f"{at}/series/{n}/name", "must be unique")
        names.add(series["name"])


def _letters(part: Any) -> int:
    if isinstance(part, dict):
        own = part.get("text")
        return (len(own) if isinstance(own, str) else 0) + _letters(part.get("elements"))
    return sum(_letters(item) for item in part) if isinstance(part, list) else 0


def _placed(whole: Any, at: str) -> Iterator[tuple[str, Json]]:
    """Each block with its pointer, whether the whole is a view or a message's list."""
    blocks, path = (whole["blocks"], f"{at}/blocks") if isinstance(whole, dict) else (whole, at)
    for n, block in enumerate(blocks):
        yield f"{path}/{n}", block


def distinct_block_ids(whole: Any, at: str) -> Faults:
    seen: set[str] = set()
    for path, block in _placed(whole, at):
        block_id = block.get("block_id")
        if block_id in seen:
            yield Fault(f"{path}/block_id", f"`block_id` {block_id} already exists")
        if block_id is not None:
            seen.add(block_id)


def submit_with_inputs(view: Json, at: str) -> Faults:
    has_input = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and has_input and not view.get("submit"):
        yield Fault(at, "missing required field: submit (the view has an input block)")


def no_files(blocks: Any, at: str) -> Faults:
    for path, block in _placed(blocks, at):
        if block["type"] == "input" and block["element"]["type"] == "file_input":
            yield Fault(f"{path}/element/type", "unsupported type here: file_input")


def files_in_modals_only(view: Json, at: str) -> Faults:
    if view["type"] != "modal":
        yield from no_files(view, at)


def few_tables_and_charts(blocks: Any, at: str) -> Faults:
    counts = Counter(block["type"] for block in blocks)
    if counts["table"] > 1:
        yield Fault(at, "only one table allowed in a message", code="only_one_table_allowed")
    if counts["data_visualization"] > 2:
        yield Fault(at, "no more than 2 data_visualization blocks allowed")


def markdown_in_all(blocks: Any, at: str) -> Faults:
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > 12_000:
        yield Fault(
            at, "must hold less than 12001 characters in all markdown blocks", code="msg_blocks_too_long"
        )


def one_focus(whole: Any, at: str) -> Faults:
    seen = False
    for path, block in _placed(whole, at):
        for where, element in elements_of(block):
            if element.get("focus_on_load"):
                if seen:
                    yield Fault(f"{path}{where}/focus_on_load", "only one element may have focus_on_load")
                seen = True


def elements_of(block: Json) -> Iterator[tuple[str, Json]]:
    """The elements of a block with their pointers inside it, however deep they stand."""
    for name in ("accessory", "element"):
        if isinstance(block.get(name), dict):
            yield f"/{name}", block[name]
    for where, part in _inner(block):
        if part.get("type") in CONTAINERS:
            for deeper, element in elements_of(part):
                yield where + deeper, element
        else:
            yield where, part


CONTAINERS = frozenset({"card", "action_cell"})


def _inner(block: Json) -> Iterator[tuple[str, Json]]:
    for name in ("elements", "actions"):
        for n, part in enumerate(block.get(name) or []):
            yield f"/{name}/{n}", part
    for n, row in enumerate(block.get("rows") or []):
        for m, cell in enumerate(row):
            if cell.get("type") in CONTAINERS:
                yield f"/rows/{n}/{m}", cell
    for n, child in enumerate(block.get("child_blocks") or []):
        for where, element in elements_of(child):
            yield f"/child_blocks/{n}{where}", element
