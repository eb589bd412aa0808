"""Buttons that an older program posted: they stay in their channels for years, and do what they say."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks.block_kit.elements import actions, button, option, overflow
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, SlackHarness

OLD_BUTTONS = [
    ("case:show", "{id}:1", "case:modal"),
    ("case:show", "{id}", "case:modal"),
    ("case:show", "{id}@unassigned:0:", "case:modal"),
    ("case:read", "{id}@search:3:0f8fad5bd9cb469fa16570867728950e", "case:modal"),
    ("case:status", "{id}:1", "case:status:submit"),
    ("case:message", "{id}:1", "case:message:preview"),
    ("case:note", "{id}:1", "case:note:submit"),
    ("case:more", "officers:{id}:1", "case:officers:submit"),
    ("case:more", "note:{id}:1", "case:note:submit"),
    ("case:more", "flag:{id}:1", "case:flag:submit"),
    ("case:more", "colour:{id}:1", "case:colour:submit"),
    ("case:more", "tools:{id}:1", "case:modal"),
]


async def press_old(harness: SlackHarness, action_id: str, value: str) -> None:
    """Post a message with the element as it once was drawn, and press it."""
    element: dict[str, Any] = button("Gammal", action_id, value)
    if action_id == "case:more":
        element = overflow(action_id, [option("Gammal", value), option("Annat", "annat")])
    client = AsyncWebClient(harness.sandbox.app.bot_token, base_url=harness.sandbox.api_url)
    posted = await client.chat_postMessage(channel=BYGGLOV_CHANNEL, text="Kort", blocks=[actions([element])])
    result = await harness.person(ANNA).press(BYGGLOV_CHANNEL, posted["ts"], action_id, value)
    assert result["ok"], result["error"]
    await harness.wait_until_idle()


@pytest.mark.parametrize(("action_id", "value", "opened"), OLD_BUTTONS)
async def test_an_old_button_opens_what_it_opened(
    harness: SlackHarness, action_id: str, value: str, opened: str
) -> None:
    case = await harness.submit()
    await press_old(harness, action_id, value.format(id=case.case_id))
    view = harness.person(ANNA).view
    assert view is not None and view["callback_id"] == opened
    assert case.number in str(view)


async def test_an_old_button_takes_the_case(harness: SlackHarness) -> None:
    case = await harness.submit()
    await press_old(harness, "case:take", f"{case.case_id}:1")
    assert (await harness.load_case(case)).officers == ("anna-berg",)
