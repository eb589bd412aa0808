"""Whose program this is, which Slack is asked once: until it has answered, nothing is taken for done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.handlers.office import ANNA, Office

AWAY = "Slack svarar inte just nu. Inget har ändrats. Försök igen om en stund."


@pytest.mark.parametrize("fault", ["status", "refused", "ratelimited", "cut_before"])
async def test_a_first_press_that_slack_says_nothing_of_is_told_so_and_the_next_is_done(
    any_office: Office, fault: str
) -> None:
    office = any_office
    case = await office.submits()
    card, anna = await office.card(case), office.person(ANNA)
    office.sandbox.inject("auth.test", fault)
    assert (await anna.press(*card, "case:take"))["ok"]
    await office.settled()
    assert office.ephemeral(ANNA) == AWAY
    assert (await office.case(case)).officers == ()
    await anna.press(*card, "case:take")
    assert (await office.case(case)).officers == ("anna-berg",)
    assert office.warnings() == []


async def test_a_first_reply_that_slack_says_nothing_of_is_heard_when_it_is_told_of_again(
    office: Office,
) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    office.sandbox.inject("auth.test", "status")
    office.sandbox.stage.config = replace(office.sandbox.stage.config, retry_seconds=(0.01,))
    await office.person(ANNA).say(channel, "Fyra meter", thread)
    await office.heard()
    await office.person(ANNA).wait_until(
        lambda: [one for one in office.sandbox.state()["acks"] if one["retry"]]
    )
    await office.settled()
    assert [note.text for note in (await office.all_of(case)).notes] == ["Fyra meter"]
