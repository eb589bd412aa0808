"""What a case is marked with: how it is shown, and the tools that mark it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.blocks.cases.case_words import colour_words
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.protection import NoProtectedOfficers
from bot.text import Words


@dataclass(frozen=True, slots=True)
class Tool:
    """A section of Verktyg by the keys of its words; with a `refusal`, why it cannot be used now, it has no button."""

    title_key: str
    description_key: str
    action_id: str
    button_key: str
    refusal: str = ""


def mark_lines(case: Case, words: Words) -> list[str]:
    """The case's marks in words, as they stand on its card and in the head of its modal."""
    lines = [colour_words(case.colour, words)]
    return [line for line in lines if line]


def mark_tools(case: Case, service: EService, catalog: Catalog, words: Words) -> list[Tool]:
    """What marks the case, or takes the mark away."""
    # Nobody could open a case that is marked where nobody is named for it.
    unprotectable = NoProtectedOfficers(contact=catalog.municipality.support).in_words(words)
    refusal = "" if service.protected_officers else unprotectable
    return [Tool("label.protected", "tool.protect", "case:protect", "btn.mark", refusal)]
