"""A protected case in Slack."""

from __future__ import annotations

import pytest

from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, SlackHarness

# The sample names anna-berg for building permits, not bjorn-ek.


@pytest.mark.parametrize("action", ["case:take", "case:page"])
async def test_a_press_by_one_not_named_is_refused_with_whom_to_ask(
    harness: SlackHarness, action: str
) -> None:
    case = await harness.submit(protected=True)
    await harness.person(BJORN).press(*await harness.post_card(case), action)
    await harness.wait_until_idle()
    assert harness.last_ephemeral(BJORN) == (
        f"Ärende {case.number} har skyddade personuppgifter och öppnas bara av särskilt utsedda handläggare. "
        "Vänd dig till Anna Berg."
    )
    assert (await harness.load_case(case)).officers == ()


async def test_by_its_number_it_is_as_if_there_were_no_case(harness: SlackHarness) -> None:
    case = await harness.submit(protected=True)
    bjorn = harness.person(BJORN)
    wording = []
    for number in (case.number, "2026-009999"):
        await bjorn.slash(BYGGLOV_CHANNEL, "/arende", number)
        await harness.wait_until_idle()
        wording.append(harness.last_ephemeral(BJORN).replace(number, "N"))
    assert wording == ["Det finns inget ärende N."] * 2


async def test_a_named_officer_takes_it_and_reads_nothing_of_it_in_slack(harness: SlackHarness) -> None:
    case = await harness.submit(protected=True)
    anna = harness.person(ANNA)
    card = await harness.post_card(case)
    await anna.press(*card, "case:take")
    assert (await harness.load_case(case)).officers == ("anna-berg",)
    await anna.press(*card, "case:page")
    await harness.wait_until_idle()
    assert await harness.readings(case) == []


@pytest.mark.parametrize("words", ["visa", "meddela", "notera", "status"])
async def test_no_word_shows_anything_of_it_in_slack(harness: SlackHarness, words: str) -> None:
    case = await harness.submit(protected=True)
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", f"{words} {case.number}")
    await harness.wait_until_idle()
    shown = f"{anna.view} {anna.ephemerals()}"
    assert case.number in shown or "Det här gör du på ärendesidan." in shown
    for secret in ("Eva", "Björken", "bygglov", "Centrum"):
        assert secret not in shown, secret
    assert await harness.readings(case) == []
