"""Block Kit's limits, one table in three parts: elements, blocks, and here the surfaces they stand on."""

from __future__ import annotations

from typing import Any

from sandbox.limits import rules
from sandbox.limits.blocks import BLOCKS
from sandbox.limits.elements import CHOICES, ELEMENTS, OPTION, plain
from sandbox.payload_schema import Fault, Flag, Kinds, Many, Maybe, Plain, Shape, Str, find_faults

__all__ = [
    "BLOCKS",
    "ELEMENTS",
    "MOST_BLOCKS",
    "MOST_VIEW_BYTES",
    "judge_blocks",
    "judge_suggestions",
    "judge_view",
]

MESSAGE_ONLY = frozenset({"markdown", "context_actions", "plan", "task_card"})
SURFACES: dict[str, frozenset[str]] = {
    "message": frozenset(BLOCKS),
    "home": frozenset(BLOCKS) - MESSAGE_ONLY,
    "modal": frozenset(BLOCKS) - MESSAGE_ONLY - {"table", "data_table", "data_visualization"},
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
    rules.few_tables_and_charts,
    rules.markdown_in_all,
    rules.one_focus,
)
WHOLE_VIEW = (rules.distinct_block_ids, rules.submit_with_inputs, rules.files_in_modals_only, rules.one_focus)
SUGGESTED = Plain(
    Shape(may={**CHOICES, "options": Many(OPTION, 100, 0)}, rules=(rules.either("options", "option_groups"),))
)


def validate_blocks(blocks: Any) -> list[Fault]:
    """What Slack would refuse in a message's blocks."""
    return find_faults(blocks_on("message"), blocks, "/blocks", WHOLE_MESSAGE)


def validate_view(view: Any, kinds: tuple[str, ...] = ("modal",)) -> list[Fault]:
    """What Slack would refuse in a view, its size apart."""
    return find_faults(Kinds(VIEWS, frozenset(kinds)), view, "/view", WHOLE_VIEW)


def validate_suggestions(answer: Any) -> list[Fault]:
    """What Slack would refuse in the answer to a keystroke in an external select."""
    return find_faults(SUGGESTED, answer, "")
