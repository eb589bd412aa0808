"""Koppla ärenden in Slack: from Verktyg and by words, seen in the case, and undone at once."""

from __future__ import annotations

from tests.handlers.commands.test_commands import run_command
from tests.handlers.screens.test_tools import open_tools
from tests.handlers.slack_harness import ANNA, SlackHarness


async def test_a_duplicate_is_linked_from_the_tools_shown_in_the_case_and_undone(
    any_harness: SlackHarness,
) -> None:
    other = await any_harness.submit()
    anna, case = await open_tools(any_harness)
    await anna.press_in_view("case:link")
    await anna.wait_until(lambda: len(anna.views) == 2)
    assert "Samma ansökan finns redan i ett annat ärende hos oss" in str(anna.view)
    await anna.fill_and_submit({"number": other.number, "kind": "duplicate_of"})
    told = f"{case.number} är kopplat till {other.number} och har fått statusen Dubblett."
    assert told in str(anna.view)
    now = await any_harness.load_case(case)
    assert now.status == "dubblett" and (await any_harness.load_case(other)).closed_at is None
    await anna.press_in_view("case:unlink")
    told = f"Kopplingen är borttagen, och {case.number} har åter statusen Inskickat."
    await anna.wait_until(lambda: told in str(anna.view))
    now = await any_harness.load_case(case)
    assert (now.links, now.status) == ((), "inskickat")
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_an_officer_may_link_a_duplicate_without_closing_it(harness: SlackHarness) -> None:
    case, other = await harness.submit(), await harness.submit()
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, f"koppla {case.number} {other.number}")
    await anna.fill_and_submit({"kind": "duplicate_of", "closing_status": "-"})
    assert f"{case.number} är kopplat till {other.number}." in str(anna.view)
    now = await harness.load_case(case)
    assert (now.links[0].kind, now.closed_at) == ("duplicate_of", None)


async def test_the_linked_case_is_shown_with_a_button_that_opens_it(harness: SlackHarness) -> None:
    case, other = await harness.submit(), await harness.submit()
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, f"koppla {case.number} {other.number}")
    await anna.fill_and_submit({"kind": "follows"})
    await anna.close(all=True)
    await run_command(harness, ANNA, f"visa {case.number}")
    await anna.wait_until(lambda: "*Uppföljning av*" in str(anna.view))
    await anna.press_in_view("case:show#0")
    await anna.wait_until(lambda: "*Följs upp i*" in str(anna.view))
    assert anna.view is not None and anna.view["title"]["text"] == other.number
    assert case.number in str(anna.view)


async def test_a_number_of_no_case_is_said_at_its_field(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, f"koppla {case.number} 987")
    await anna.fill_and_submit({})
    assert anna.errors == {"number": "Det finns inget ärende 987 som du kan se."}
    for no_number in ("Evas ärende", "987 och 988"):
        await anna.fill_and_submit({"number": no_number})
        assert anna.errors == {"number": "Skriv det andra ärendets nummer, till exempel 2026-000123."}
    assert (await harness.load_case(case)).links == ()
