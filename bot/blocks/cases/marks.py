"""The marks of a case (colour, protection): how they are shown, and the tools that set them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.blocks.cases.case_words import colour_words
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.protection import NoProtectedOfficers
from bot.domain.retention import hold_texts, is_held
from bot.text import Words


@dataclass(frozen=True, slots=True)
class Tool:
    """A section of Verktyg, by text keys; where `refusal` says why it cannot be used now, it has no button."""

    title_key: str
    description_key: str
    action_id: str
    button_key: str
    refusal: str = ""


def mark_lines(case: Case, words: Words) -> list[str]:
    """The case's marks in words, for the card and the top of the modal."""
    lines = [colour_words(case.colour, words)]
    return [line for line in lines if line]


def hold_tool(case: Case, service: EService, today: date) -> Tool:
    """The tool that puts the case on hold, or ends that."""
    if is_held(case, today):
        return Tool("hold.title", "tool.unhold", "case:unhold", "btn.unhold")
    about, _ = hold_texts(service.retention)
    return Tool("hold.title", about, "case:hold", "btn.hold")


def mark_tools(service: EService, catalog: Catalog, words: Words) -> list[Tool]:
    """The tools that set or remove the case's marks."""
    # Without protected officers nobody could open the case.
    unprotectable = NoProtectedOfficers(contact=catalog.municipality.support).in_words(words)
    refusal = "" if service.protected_officers else unprotectable
    return [
        Tool("colour.label", "colour.hint", "case:colour", "btn.colour"),
        Tool("label.protected", "tool.protect", "case:protect", "btn.mark", refusal),
    ]
