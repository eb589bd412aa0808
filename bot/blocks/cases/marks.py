"""The marks of a case (colour, protection): how they are shown, and the tools that set them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.blocks.cases.case_words import colour_words
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.case_actions import CaseAction
from bot.domain.retention import hold_texts, is_held
from bot.text import Words


@dataclass(frozen=True, slots=True)
class Tool:
    """A section of Verktyg, by text keys."""

    title_key: str
    description_key: str
    button_key: str


MARK_TOOLS: tuple[tuple[CaseAction, Tool], ...] = (
    ("colour", Tool("colour.label", "colour.hint", "btn.colour")),
    ("protect", Tool("label.protected", "tool.protect", "btn.mark")),
)
"""The tools that set or remove the case's marks."""


def mark_lines(case: Case, words: Words) -> list[str]:
    """The case's marks in words, for the card and the top of the modal."""
    lines = [colour_words(case.colour, words)]
    return [line for line in lines if line]


def hold_tool(case: Case, service: EService, today: date) -> tuple[CaseAction, Tool]:
    """The tool that puts the case on hold, or ends that."""
    if is_held(case, today):
        return "unhold", Tool("hold.title", "tool.unhold", "btn.unhold")
    about, _ = hold_texts(service.retention)
    return "hold", Tool("hold.title", about, "btn.hold")
