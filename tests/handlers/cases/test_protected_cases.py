"""A protected case in Slack."""

from __future__ import annotations

import pytest

from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, ELIN, SlackHarness

# The sample names anna-berg for building permits, not bjorn-ek.
TOLD = (
    "Ärende {number} har skyddade personuppgifter och öppnas bara av särskilt utsedda handläggare. "
    "Vänd dig till Anna Berg."
)


@pytest.mark.parametrize("action", ["case:take", "case:page"])
async def test_a_press_by_one_not_named_is_refused_with_whom_to_ask(
    harness: SlackHarness, action: str
) -> None:
    case = await harness.submit(protected=True)
    await harness.person(BJORN).press(*await harness.post_card(case), action)
    await harness.wait_until_idle()
    assert harness.last_ephemeral(BJORN) == TOLD.format(number=case.number)
    assert (await harness.load_case(case)).officers == ()


@pytest.mark.parametrize("typed", ["{number}", "ta {number}", "ta ärende {number}", "notera {number} hej"])
async def test_its_typed_number_gets_the_answer_that_its_card_gives(
    harness: SlackHarness, typed: str
) -> None:
    case = await harness.submit(protected=True)
    await harness.person(BJORN).slash(BYGGLOV_CHANNEL, "/arende", typed.format(number=case.number))
    await harness.wait_until_idle()
    assert harness.last_ephemeral(BJORN) == TOLD.format(number=case.number)


async def test_who_writes_in_its_thread_gets_that_answer_too(harness: SlackHarness) -> None:
    case = await harness.submit(protected=True)
    channel, thread = await harness.post_known_card(case)
    await harness.person(BJORN).say(channel, "Jag känner honom", thread)
    await harness.wait_for_events()
    assert harness.last_ephemeral(BJORN).startswith(TOLD.format(number=case.number))
    assert "sparades inte" in harness.last_ephemeral(BJORN)


async def test_to_who_works_with_other_e_services_it_is_as_if_there_were_no_case(
    harness: SlackHarness,
) -> None:
    case = await harness.submit(protected=True)
    said = []
    for number in (case.number, "2026-009999"):
        await harness.person(ELIN).slash(BYGGLOV_CHANNEL, "/arende", number)
        await harness.wait_until_idle()
        said.append(harness.last_ephemeral(ELIN).replace(number, "N"))
    assert said == ["Det finns inget ärende N. Kontrollera numret."] * 2


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
