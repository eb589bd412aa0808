"""Presets: messages that open filled in, with the status that is to follow them."""

from __future__ import annotations

from bot.catalog.presets import PresetName
from bot.domain.messages.presets import fill_preset
from bot.handlers.cases import correspondence
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import find_case
from bot.text.working_days import local_day


async def on_completion(context: SlackContext) -> None:
    await _open(context, "completion")


async def on_decision(context: SlackContext) -> None:
    await _open(context, "decision")


async def on_delay(context: SlackContext) -> None:
    await _open(context, "delay")


async def on_refusal(context: SlackContext) -> None:
    await _open(context, "refusal")


async def _open(context: SlackContext, name: PresetName) -> None:
    """Open the message filled in. Raises Refused where its status cannot be set now."""
    found = (await find_case(context, context.request.target.case_id)).require_in_slack()
    today = local_day(context.deps.service.clock())
    preset = fill_preset(name, found.case, context.officer, found.catalog, today)
    await correspondence.open_form(context, found, preset=preset)
