"""Verktyg: rarer actions on a case, and why some of them cannot be used now."""

from __future__ import annotations

from bot.blocks.block_kit.elements import button, titled_section
from bot.blocks.block_kit.message import Block
from bot.blocks.cases.marks import MARK_TOOLS, Tool, hold_tool
from bot.blocks.values import case_value
from bot.catalog.services import EService
from bot.domain.assignment import CaseIsClosed
from bot.domain.case_actions import ActionContext, CaseAction, action_refusal
from bot.domain.status import current_status_name
from bot.text import Words


def tools(context: ActionContext, service: EService, words: Words) -> list[Block]:
    """A section for each tool, with its button, or with the reason why it cannot be used now."""
    all_tools: list[tuple[CaseAction, Tool]] = [
        ("edit", Tool("btn.edit", "tool.edit", "btn.edit")),
        ("officers", Tool("btn.officers", "tool.officers", "btn.officers")),
        ("handover", Tool("btn.handover", "tool.handover", "btn.handover")),
        *MARK_TOOLS,
        hold_tool(context.case, service, context.today),
        ("link", Tool("btn.link", "tool.link", "btn.link")),
        ("unread", Tool("btn.unread", "tool.unread", "btn.unread")),
        ("summary", Tool("summary.title", "tool.summary", "btn.summary")),
    ]
    page = Tool("tool.page.title", "tool.page", "btn.page")
    delete = Tool("btn.delete", "tool.delete", "btn.delete")
    return [
        *(_section_or_reason(action, tool, context, words) for action, tool in all_tools),
        _tool_section("page", page, context, words),
        _section_or_reason("delete", delete, context, words),
    ]


def _section_or_reason(action: CaseAction, tool: Tool, context: ActionContext, words: Words) -> Block:
    refusal = action_refusal(action, context)
    if refusal is None:
        return _tool_section(action, tool, context, words)
    reason = refusal.in_words(words)
    if isinstance(refusal, CaseIsClosed):
        reason = words("tool.notin", status=current_status_name(context.service, context.case, words))
    return titled_section(words(tool.title_key), reason)


def _tool_section(action: str, tool: Tool, context: ActionContext, words: Words) -> Block:
    text = words(tool.button_key)
    label = words("btn.about", button=text, number=context.case.number)
    return titled_section(
        words(tool.title_key),
        words(tool.description_key),
        button(text, f"case:{action}", case_value(context.case), label=label),
    )
