"""Verktyg: rarer actions on a case, and why some of them cannot be used now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.blocks.block_kit.elements import button, titled_section
from bot.blocks.block_kit.message import Block
from bot.blocks.cases.marks import Tool, hold_tool, mark_tools
from bot.blocks.values import case_value
from bot.catalog.models import Catalog
from bot.catalog.people import Access
from bot.catalog.services import EService
from bot.domain.assignment import MayNotReassign, NotYours
from bot.domain.case import Case
from bot.domain.deletion import deletion_refusal
from bot.domain.editing import edit_refusal
from bot.domain.status import current_status_name
from bot.text import Words


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The case, and what the officer may do with it."""

    case: Case
    service: EService
    catalog: Catalog
    officer: str
    access: Access | None
    today: date

    def reassign_refusal(self, words: Words) -> str:
        """Why the officer cannot change the assignees; empty where they can."""
        if self.access is None or not self.access.may_reassign:
            return MayNotReassign().in_words(words)
        if self.case.closed_at is not None:
            return words("tool.notin", status=current_status_name(self.service, self.case, words))
        return ""

    def edit_refusal(self, words: Words) -> str:
        """Why the case cannot be edited; empty where it can."""
        refusal = edit_refusal(self.case, self.service)
        return refusal.in_words(words) if refusal is not None else ""

    def delete_refusal(self, words: Words) -> str:
        """Why the officer cannot delete the case; empty where they can."""
        refusal = deletion_refusal(self.case, self.access, self.service, self.today)
        return refusal.in_words(words) if refusal is not None else ""

    def handover_refusal(self, words: Words) -> str:
        """Why the officer cannot hand over the case; empty where they can, as an assignee."""
        return self.reassign_refusal(words) or (
            "" if self.officer in self.case.officers else NotYours().in_words(words)
        )


def tools(context: ToolContext, words: Words) -> list[Block]:
    """A section for each tool, with its button, or with the reason why it cannot be used now."""
    case, catalog = context.case, context.catalog
    all_tools = [
        Tool("btn.edit", "tool.edit", "case:edit", "btn.edit", context.edit_refusal(words)),
        Tool(
            "btn.officers", "tool.officers", "case:officers", "btn.officers", context.reassign_refusal(words)
        ),
        Tool(
            "btn.handover", "tool.handover", "case:handover", "btn.handover", context.handover_refusal(words)
        ),
        *mark_tools(context.service, catalog, words),
        hold_tool(case, context.service, context.today),
        Tool("btn.link", "tool.link", "case:link", "btn.link"),
        Tool("btn.unread", "tool.unread", "case:unread", "btn.unread"),
        Tool("summary.title", "tool.summary", "case:summary", "btn.summary"),
        Tool("tool.page.title", "tool.page", "case:page", "btn.page"),
        Tool("btn.delete", "tool.delete", "case:delete", "btn.delete", context.delete_refusal(words)),
    ]
    return [_tool_section(tool, context, words) for tool in all_tools]


def _tool_section(tool: Tool, context: ToolContext, words: Words) -> Block:
    title = words(tool.title_key)
    if tool.refusal:
        return titled_section(title, tool.refusal)
    text = words(tool.button_key)
    label = words("btn.about", button=text, number=context.case.number)
    return titled_section(
        title,
        words(tool.description_key),
        button(text, tool.action_id, case_value(context.case), label=label),
    )
