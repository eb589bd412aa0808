"""The page on the architecture is how the program is built."""

from __future__ import annotations

import ast
import re
from pathlib import Path

BOT = Path(__file__).parents[2] / "bot"
PAGE = (BOT.parent / "docs" / "architecture.md").read_text("utf-8")
ROOMS = {path.parent.name for path in BOT.glob("*/__init__.py")}
MODULES = {path.stem for path in BOT.glob("*.py")} - {"__init__", "__main__"}

WAYS_IN = {"handlers", "portal", "intake", "jobs"}
ARROWS = {
    "delivery": {"store", "blocks", "letters"},
    "service": {"store", "domain"},
    **{room: {"service"} for room in WAYS_IN},
}
"""By room, those that the drawing's arrows say it uses: what is drawn for Slack and mail is drawn by delivery."""


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def rooms_used_by(room: str) -> set[str]:
    used: set[str] = set()
    for file in (BOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "bot":
                used |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot."):
                used.add(str(node.module).split(".")[1])
    return used - {room}


def test_each_room_is_told_of_and_no_other() -> None:
    named = set(
        re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", section("The layers"), re.MULTILINE)))
    )
    assert (ROOMS | MODULES) - named == set(), "tell in docs/architecture.md what it is"
    assert named - ROOMS - MODULES == set()


def test_the_drawing_of_the_flow_is_how_the_rooms_use_each_other() -> None:
    drawing = section("The flow").split("```")[1]
    assert set(re.findall(r"\w+", drawing)) & ROOMS == WAYS_IN | {
        "domain",
        "service",
        "store",
        *ARROWS["delivery"],
        "delivery",
    }
    for room, targets in ARROWS.items():
        assert targets <= rooms_used_by(room), room
    assert not rooms_used_by("domain") - {"catalog", "text"}, "the rules know nobody"
    for room in ("store", "blocks", "letters"):
        assert not rooms_used_by(room) & {*ARROWS}, f"{room} is used, and uses none of those"
