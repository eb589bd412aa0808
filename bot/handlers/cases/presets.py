"""Presets: messages that open filled in, with the status that is to follow them."""

from __future__ import annotations

from bot.catalog.presets import PresetName
from bot.domain.messages.presets import fill_preset
from bot.handlers.cases import correspondence
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.text.working_days import local_day


async def on_completion(context: SlackContext) -> None:
    await open_completion(context, await _find_target(context))


async def on_decision(context: SlackContext) -> None:
    await open_decision(context, await _find_target(context))


async def on_delay(context: SlackContext) -> None:
    await open_delay(context, await _find_target(context))


async def on_refusal(context: SlackContext) -> None:
    await open_refusal(context, await _find_target(context))


async def open_completion(context: SlackContext, found: FoundCase, text: str = "") -> None:
    """Open the request for more, with the text above that of the template."""
    await _open(context, found, "completion", text)


async def open_decision(context: SlackContext, found: FoundCase, text: str = "") -> None:
    """Open the decision that closes the case, with the text above that of the template."""
    await _open(context, found, "decision", text)


async def open_delay(context: SlackContext, found: FoundCase, text: str = "") -> None:
    """Open the message that the case is late, and why, with the text above that of the template."""
    await _open(context, found, "delay", text)


async def open_refusal(context: SlackContext, found: FoundCase, text: str = "") -> None:
    """Open the refusal of the request for a decision, with the text above that of the template."""
    await _open(context, found, "refusal", text)


async def _find_target(context: SlackContext) -> FoundCase:
    return await find_case(context, context.request.target.case_id)


async def _open(context: SlackContext, found: FoundCase, name: PresetName, text: str = "") -> None:
    """Open the message filled in. Raises Refused where its status cannot be set now."""
    found.require_in_slack()
    today = local_day(context.deps.service.clock())
    preset = fill_preset(name, found.case, context.officer, found.catalog, today)
    await correspondence.open_form(context, found, text, preset)
