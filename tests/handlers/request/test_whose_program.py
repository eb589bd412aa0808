"""Whose program this is, which Slack is asked once: until it has answered, nothing is taken for done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.handlers.slack_harness import ANNA, SlackHarness

AWAY = "Slack svarar inte just nu. Inget har ändrats. Försök igen om en stund."


@pytest.mark.parametrize("fault", ["status", "refused", "ratelimited", "cut_before"])
async def test_a_first_press_that_slack_says_nothing_of_is_told_so_and_the_next_is_done(
    any_harness: SlackHarness, fault: str
) -> None:
    harness = any_harness
    case = await harness.submit()
    card, anna = await harness.post_card(case), harness.person(ANNA)
    harness.sandbox.inject("auth.test", fault)
    assert (await anna.press(*card, "case:take"))["ok"]
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == AWAY
    assert (await harness.load_case(case)).officers == ()
    await anna.press(*card, "case:take")
    assert (await harness.load_case(case)).officers == ("anna-berg",)
    assert harness.warnings() == []


async def test_a_first_reply_that_slack_says_nothing_of_is_heard_when_it_is_told_of_again(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    harness.sandbox.inject("auth.test", "status")
    harness.sandbox.shared.config = replace(harness.sandbox.shared.config, retry_seconds=(0.01,))
    await harness.person(ANNA).say(channel, "Fyra meter", thread)
    await harness.wait_for_events()
    await harness.person(ANNA).wait_until(
        lambda: [one for one in harness.sandbox.state()["acks"] if one["retry"]]
    )
    await harness.wait_until_idle()
    assert [note.text for note in (await harness.load_full_case(case)).notes] == ["Fyra meter"]
