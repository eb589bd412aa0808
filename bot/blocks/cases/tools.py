"""Verktyg: what is rarer done with a case, and why some of it cannot be done now."""

from __future__ import annotations

from dataclasses import dataclass

from bot.blocks.block_kit.elements import button, titled
from bot.blocks.block_kit.message import Block
from bot.blocks.cases.card import versioned
from bot.blocks.cases.case_words import status_name
from bot.catalog.models import Catalog
from bot.catalog.people import Access
from bot.catalog.services import EService
from bot.domain.assignment import MayNotReassign, NotYours
from bot.domain.case import Case
from bot.domain.protection import NobodyNamed
from bot.text import Words


@dataclass(frozen=True, slots=True)
class Bench:
    """What the tools are for: the case, and what its officer may do with it."""

    case: Case
    service: EService
    catalog: Catalog
    officer: str
    access: Access | None

    def why_not_officers(self, words: Words) -> str:
        """Why the officer cannot decide who has the case; empty where they can."""
        if self.access is None or not self.access.may_reassign:
            return MayNotReassign().said(words)
        if self.case.closed_at is not None:
            return words("tool.notin", status=status_name(self.service, self.case.status, words))
        return ""

    def why_not_handover(self, words: Words) -> str:
        """Only who has the case hands it over."""
        return self.why_not_officers(words) or (
            "" if self.officer in self.case.officers else NotYours().said(words)
        )

    def why_not_protection(self, words: Words) -> str:
        """Nobody could open a case that is marked where nobody is named for it."""
        if self.service.protected_officers:
            return ""
        return NobodyNamed(contact=self.catalog.municipality.support).said(words)


@dataclass(frozen=True, slots=True)
class _Tool:
    title: str
    about: str
    action: str
    button: str
    why_not: str = ""


def tools(bench: Bench, words: Words) -> list[Block]:
    """A section a tool, with its button; or without, and with why it cannot be used now."""
    offered = (
        _Tool(
            "btn.officers", "tool.officers", "case:officers", "btn.officers", bench.why_not_officers(words)
        ),
        _Tool(
            "btn.handover", "tool.handover", "case:handover", "btn.handover", bench.why_not_handover(words)
        ),
        _Tool("label.protected", "tool.protect", "case:protect", "btn.mark", bench.why_not_protection(words)),
        _Tool("tool.page.title", "tool.page", "case:page", "btn.page"),
    )
    return [_drawn(tool, bench, words) for tool in offered]


def _drawn(tool: _Tool, bench: Bench, words: Words) -> Block:
    title = words(tool.title)
    if tool.why_not:
        return titled(title, tool.why_not)
    text = words(tool.button)
    label = words("btn.about", button=text, number=bench.case.number)
    return titled(title, words(tool.about), button(text, tool.action, versioned(bench.case), label=label))
