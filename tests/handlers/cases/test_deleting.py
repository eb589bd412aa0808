"""Ta bort ärende and Återställ in Slack: the dialog, what is left of the card, old buttons, and the commands."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.catalog.people import Grant
from bot.catalog.services import EService
from bot.domain.colour import ColourCase
from bot.domain.deletion import DeleteCase
from bot.domain.retention import HoldCase
from bot.service import CommandResult
from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, SlackHarness


@pytest.fixture
async def case(harness: SlackHarness, monkeypatch: pytest.MonkeyPatch) -> CommandResult:
    """A case of an e-service that Anna coordinates and whose new cases may be deleted."""
    catalog = harness.catalog
    services = catalog.services | {"bygglov": _with_deletion(catalog.services["bygglov"])}
    changed = catalog.model_copy(update={"services": services})
    monkeypatch.setattr(harness.service, "_catalog", lambda: changed)
    return await harness.submit()


def _with_deletion(service: EService) -> EService:
    officers = (*service.officers, Grant(officer="anna-berg", coordinator=True))
    statuses = (one.model_copy(update={"may_delete": one.kind == "submitted"}) for one in service.statuses)
    return service.model_copy(update={"officers": officers, "statuses": tuple(statuses)})


async def delete(harness: SlackHarness, case: CommandResult) -> None:
    command = DeleteCase(case_id=case.case_id, typed_number=case.number, ground="test", expected=1)
    await harness.perform("anna-berg", command)


async def run_command(harness: SlackHarness, user: str, text: str) -> str:
    await harness.person(user).slash(BYGGLOV_CHANNEL, "/arende", text)
    await harness.wait_until_idle()
    return harness.last_ephemeral(user)


async def test_the_dialog_asks_for_number_and_ground_and_the_card_becomes_a_tombstone(
    harness: SlackHarness, case: CommandResult
) -> None:
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, f"ta bort {case.number}")
    wrong: Any = await anna.fill_and_submit({"typed_number": "2026-000099", "ground": "test"})
    assert "Det är inte ärendets nummer" in str(anna.view) + str(wrong)
    result = await anna.fill_and_submit({"typed_number": case.number, "ground": "test"})
    assert result["ok"], result
    deleted = await harness.load_case(case)
    assert (deleted.deletion_ground, deleted.deleted_by) == ("test", "officer:anna-berg")
    channel, ts = await harness.post_card(case)
    (card,) = (one for one in anna.sees(channel) if one["ts"] == ts)
    assert f"{case.number} togs bort" in str(card) and "av Anna Berg" in str(card)
    assert "case:restore" in str(card) and "Björken" not in str(card) and "case:take" not in str(card)


async def test_all_that_is_wrong_in_the_dialogs_is_told_at_once_each_at_its_field(
    harness: SlackHarness, case: CommandResult
) -> None:
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, f"ta bort {case.number}")
    told = await anna.fill_and_submit({"typed_number": "2026-000099", "ground": "other"})
    assert told["errors"].keys() == {"typed_number", "comment"}
    await anna.close(all=True)
    await anna.press(*await harness.post_button(case, "case:hold"), "case:hold")
    await anna.wait_until(lambda: "Gallringsstopp" in str(anna.view))
    told = await anna.fill_and_submit({"hold": "appeal", "until": "2020-01-01", "reason": " "})
    assert told["errors"].keys() == {"until", "reason"}
    assert (await harness.load_case(case)).hold_until is None


@pytest.mark.parametrize("days", [0, 31], ids=["in its days", "in the night after the last"])
async def test_the_button_of_the_tombstone_restores_it_for_a_coordinator_only(
    harness: SlackHarness, case: CommandResult, days: int
) -> None:
    """A card that was drawn a month ago offers nothing that is refused: it restores what is still there."""
    await delete(harness, case)
    card = await harness.post_card(case)
    harness.clock.advance(days=days)
    await harness.person(BJORN).press(*card, "case:restore")
    await harness.wait_until_idle()
    assert "Bara e-tjänstens samordnare" in harness.last_ephemeral(BJORN)
    assert (await harness.load_case(case)).deleted_at is not None
    await harness.person(ANNA).press(*card, "case:restore")
    await harness.wait_until_idle()
    assert (await harness.load_case(case)).deleted_at is None


async def test_buttons_of_an_old_card_say_that_the_case_is_deleted(
    harness: SlackHarness, case: CommandResult
) -> None:
    card = await harness.post_card(case)
    await delete(harness, case)
    for action in ("case:take", "case:show", "case:status", "case:message"):
        await harness.person(BJORN).press(*card, action)
        await harness.wait_until_idle()
        shown = f"{harness.person(BJORN).ephemerals()} {harness.person(BJORN).view}"
        assert f"Ärende {case.number} togs bort" in shown, action
        harness.sandbox.shared.workspace.close_all(BJORN)
    assert (await harness.load_case(case)).officers == ()


async def test_commands_know_that_it_is_deleted_and_restore_it(
    harness: SlackHarness, case: CommandResult
) -> None:
    await delete(harness, case)
    assert "ärendets nummer" in await run_command(harness, ANNA, f"återställ {case.number} 2")
    assert (await harness.load_case(case)).deleted_at is not None
    assert f"Ärende {case.number} togs bort" in await run_command(harness, BJORN, f"ta {case.number}")
    assert "Bara e-tjänstens samordnare" in await run_command(harness, BJORN, f"återställ {case.number}")
    assert "är återställt." in await run_command(harness, ANNA, f"återställ {case.number}")
    again = await run_command(harness, ANNA, f"restore {case.number}")
    assert again == f"Ärende {case.number} är inte borttaget."
    assert "ärendets nummer" in await run_command(harness, ANNA, "återställ")


async def test_what_happens_while_the_dialog_is_open_is_told_before_it_is_deleted(
    harness: SlackHarness, case: CommandResult
) -> None:
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, f"ta bort {case.number}")
    await harness.perform("bjorn-ek", ColourCase(case_id=case.case_id, colour="red", expected=""))
    filled = {"typed_number": case.number, "ground": "test"}
    await anna.fill_and_submit(filled)
    assert "Något har hänt i ärendet" in str(anna.view)
    assert (await harness.load_case(case)).deleted_at is None
    await anna.fill_and_submit(filled)
    assert (await harness.load_case(case)).deleted_at is not None


async def test_a_case_on_hold_gets_no_dialog_but_the_day_until_which_it_is_held(
    harness: SlackHarness, case: CommandResult
) -> None:
    hold = HoldCase(case_id=case.case_id, hold="appeal", until=date(2026, 12, 24), reason="Överklagat")
    await harness.perform("anna-berg", hold)
    await run_command(harness, ANNA, f"ta bort {case.number}")
    shown = f"{harness.person(ANNA).ephemerals()} {harness.person(ANNA).view}"
    assert "24 dec. 2026" in shown and "typed_number" not in shown, shown


async def test_who_is_no_coordinator_gets_no_dialog(harness: SlackHarness, case: CommandResult) -> None:
    await run_command(harness, BJORN, f"ta bort {case.number}")
    shown = f"{harness.person(BJORN).ephemerals()} {harness.person(BJORN).view}"
    assert "Bara e-tjänstens samordnare" in shown and "typed_number" not in shown
