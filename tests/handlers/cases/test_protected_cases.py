"""A protected case in Slack."""

from __future__ import annotations

import pytest

from tests.handlers.office import ANNA, BJORN, BYGGLOV, Office

# The sample names anna-berg for building permits, not bjorn-ek.


@pytest.mark.parametrize("action", ["case:take", "case:page"])
async def test_a_press_by_one_not_named_is_refused_with_whom_to_ask(office: Office, action: str) -> None:
    case = await office.submits(protected=True)
    await office.person(BJORN).press(*await office.card(case), action)
    await office.settled()
    assert office.ephemeral(BJORN) == (
        f"Ärende {case.number} har skyddade personuppgifter och öppnas bara av särskilt utsedda handläggare. "
        "Vänd dig till Anna Berg."
    )
    assert (await office.case(case)).officers == ()


async def test_by_its_number_it_is_as_if_there_were_no_case(office: Office) -> None:
    case = await office.submits(protected=True)
    bjorn = office.person(BJORN)
    said = []
    for number in (case.number, "2026-009999"):
        await bjorn.slash(BYGGLOV, "/arende", number)
        await office.settled()
        said.append(office.ephemeral(BJORN).replace(number, "N"))
    assert said == ["Det finns inget ärende N."] * 2


async def test_a_named_officer_takes_it_and_reads_nothing_of_it_in_slack(office: Office) -> None:
    case = await office.submits(protected=True)
    anna = office.person(ANNA)
    card = await office.card(case)
    await anna.press(*card, "case:take")
    assert (await office.case(case)).officers == ("anna-berg",)
    await anna.press(*card, "case:page")
    await office.settled()
    assert await office.readings(case) == []


@pytest.mark.parametrize("words", ["visa", "meddela", "notera", "status"])
async def test_no_word_shows_anything_of_it_in_slack(office: Office, words: str) -> None:
    case = await office.submits(protected=True)
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", f"{words} {case.number}")
    await office.settled()
    shown = f"{anna.view} {anna.ephemerals()}"
    assert case.number in shown or "Det här gör du på ärendesidan." in shown
    for secret in ("Eva", "Björken", "bygglov", "Centrum"):
        assert secret not in shown, secret
    assert await office.readings(case) == []
