"""A coordinator asks how it goes, and is answered privately."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.assignment import TakeCase
from tests.handlers.commands.test_commands import run_command
from tests.handlers.slack_harness import ANNA, ELIN, SOCIAL_CHANNEL, SlackHarness
from tests.store.figures.figure_counting import count_figures


async def ask(harness: SlackHarness, words: str = "") -> str:
    """What Elin, who coordinates a standard e-service and a strict one, is told."""
    return await run_command(harness, ELIN, f"statistik {words}".strip(), channel=SOCIAL_CHANNEL)


@pytest.fixture
async def counted(harness: SlackHarness) -> SlackHarness:
    """Two cases of October and one of November, which has an officer; and one of a strict e-service."""
    harness.clock.now = harness.clock.now.replace(month=10)
    await harness.submit("forskola")
    await harness.submit("forskola")
    harness.clock.now = harness.clock.now.replace(month=11)
    case = await harness.submit("forskola")
    await harness.submit("orosanmalan-barn")
    harness.clock.advance(hours=3)
    await harness.perform("zeynep-yildirim", TakeCase(case_id=case.case_id))
    count_figures(harness.service.database, harness.clock())
    return harness


def last_blocks(harness: SlackHarness, user: str) -> list[dict[str, Any]]:
    return list(harness.person(user).dm()[-1]["blocks"])


def find_chart(blocks: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((block for block in blocks if block["type"] == "data_visualization"), None)


async def test_a_coordinator_gets_the_telling_figures_in_words_and_as_a_chart(counted: SlackHarness) -> None:
    assert await ask(counted) == "Statistiken finns i din chatt med Ärendebot."
    text = str(last_blocks(counted, ELIN))
    assert "3 ärenden kom in och 0 avslutades. 3 är öppna." in text
    assert "Av 1 ärende som togs hade hälften en handläggare inom 3 tim" in text
    assert "2 öppna ärenden har ingen handläggare." in text
    found = find_chart(last_blocks(counted, ELIN))
    assert found is not None
    received, _closed = found["chart"]["series"]
    assert received["name"] == "Inkomna"
    assert [point["value"] for point in received["data"]][-2:] == [2, 1]


async def test_where_slack_refuses_the_chart_the_months_are_written(counted: SlackHarness) -> None:
    counted.sandbox.inject("chat.postMessage", "refused", code="invalid_blocks", times=1)
    await ask(counted)
    blocks = last_blocks(counted, ELIN)
    assert find_chart(blocks) is None
    assert "okt. 2026: 2 inkomna, 0 avslutade, 2 öppna" in str(blocks)


async def test_one_e_service_can_be_named_and_a_mistyped_one_is_asked_about(counted: SlackHarness) -> None:
    await ask(counted, "plats i förskola")
    text = str(last_blocks(counted, ELIN))
    assert "3 ärenden kom in" in text and "Plats i förskola" in text
    assert "statistik Plats i förskola" in await ask(counted, "förskloa")
    assert "Du samordnar ingen e-tjänst som heter xyzzy" in await ask(counted, "xyzzy")


async def test_strict_e_services_are_on_the_page_only(counted: SlackHarness) -> None:
    """Not even named here, as nowhere else in Slack."""
    await ask(counted)
    shown = str(last_blocks(counted, ELIN))
    assert "sträng sekretess finns bara på sidan" in shown and "orosanmälan" not in shown.lower()
    assert "kom in" not in await ask(counted, "orosanmälan")


async def test_who_coordinates_nothing_is_told_so_and_gets_no_link(counted: SlackHarness) -> None:
    refusal = "Statistiken är för samordnare, och du samordnar ingen e-tjänst."
    assert await run_command(counted, ANNA, "statistik") == refusal


async def test_the_button_leads_to_the_page_by_a_personal_link(counted: SlackHarness) -> None:
    await ask(counted)
    elin = counted.person(ELIN)
    await elin.press(elin.dm()[-1]["channel"], elin.dm()[-1]["ts"], "figures:page")
    await counted.wait_until_idle()
    assert "/oppna/elin-sara-blind-statistik" in str(elin.ephemerals()[-1]["blocks"])
