"""Buttons, commands and shortcuts from before a case was closed, deleted, disposed of or protected: what may no longer
be done opens no dialog and changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.catalog.people import Grant
from bot.domain.actors import Machine
from bot.domain.case_actions import CASE_ACTIONS, ActionContext, CaseAction, allowed_actions
from bot.domain.deletion import DeleteCase
from bot.domain.protection import SetProtection
from bot.domain.retention import DisposeCase, rule_digest
from bot.domain.status import SetStatus
from bot.service import CommandResult
from bot.text.working_days import local_day
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, SlackHarness

IN_MENUS = ("completion", "decision")
WITHOUT_BUTTON = ("contact", "represent", "unrepresent", "official", "unschedule")
"""What is done on the case page only, or of a note or a message that the button names."""

COMMANDS: dict[str, CaseAction] = {
    "ta": "take",
    "släpp": "release",
    "färg": "colour",
    "flagga": "flag",
    "notering": "note",
    "meddelande": "message",
    "ändra": "edit",
    "ta bort": "delete",
    "koppla": "link",
}


@pytest.fixture
async def case(harness: SlackHarness, monkeypatch: pytest.MonkeyPatch) -> CommandResult:
    """A case of an e-service that Anna coordinates, whose protected cases she does not see."""
    catalog = harness.catalog
    service = catalog.services["bygglov"]
    statuses = tuple(one.model_copy(update={"may_delete": True}) for one in service.statuses)
    retention = service.retention.model_copy(update={"keep": False, "months": 1, "basis": "Planen"})
    changes = {
        "officers": (*service.officers, Grant(officer="anna-berg", coordinator=True)),
        "statuses": statuses,
        "retention": retention,
        "protected_officers": ("bjorn-ek",),
    }
    services = catalog.services | {"bygglov": service.model_copy(update=changes)}
    changed = catalog.model_copy(update={"services": services})
    monkeypatch.setattr(harness.service, "_catalog", lambda: changed)
    return await harness.submit()


async def _closed(harness: SlackHarness, case: CommandResult) -> None:
    command = SetStatus(case_id=case.case_id, status="aterkallat", expected="inskickat", note="Återtog")
    await harness.perform("anna-berg", command)


async def _deleted(harness: SlackHarness, case: CommandResult) -> None:
    command = DeleteCase(case_id=case.case_id, typed_number=case.number, ground="test", expected=1)
    await harness.perform("anna-berg", command)


async def _disposed(harness: SlackHarness, case: CommandResult) -> None:
    await _closed(harness, case)
    harness.clock.advance(days=40)
    rule = harness.catalog.services["bygglov"].retention
    digest = rule_digest("bygglov", rule)
    command = DisposeCase(case_id=case.case_id, run=local_day(harness.clock()), digest=digest)
    await harness.service.perform(command, Machine("clock"))


async def _protected(harness: SlackHarness, case: CommandResult) -> None:
    command = SetProtection(case_id=case.case_id, protected=True, reason="Skyddad adress")
    await harness.perform("bjorn-ek", command)


STATES = [_closed, _deleted, _disposed, _protected]
State = Callable[[SlackHarness, CommandResult], Awaitable[None]]


async def _forbidden(harness: SlackHarness, case: CommandResult) -> list[CaseAction]:
    found, today = await harness.load_case(case), local_day(harness.clock())
    allowed = allowed_actions(ActionContext(found, harness.catalog, today, harness.officer("anna-berg")))
    # An old button for the status of a case that is closed now asks whether to reopen it.
    leads_on = ("status",) if "reopen" in allowed else ()
    return [one for one in CASE_ACTIONS if one not in {*allowed, *WITHOUT_BUTTON, *leads_on}]


def _forms(harness: SlackHarness) -> list[Any]:
    """The open modals in which something can be filled in."""
    return [view for view in harness.person(ANNA).views if "'type': 'input'" in str(view["blocks"])]


@pytest.mark.parametrize("state", STATES)
async def test_an_old_button_opens_no_dialog_of_what_may_no_longer_be_done(
    harness: SlackHarness, case: CommandResult, state: State
) -> None:
    anna, places = harness.person(ANNA), {}
    for action in CASE_ACTIONS:
        if action in IN_MENUS:
            places[action] = await harness.post_menu(case, action)
        elif action not in WITHOUT_BUTTON:
            action_id = f"case:{action}"
            places[action] = (*(await harness.post_button(case, action_id)), action_id)  # type: ignore[assignment]
    await state(harness, case)
    forbidden, seq = await _forbidden(harness, case), (await harness.load_case(case)).seq
    assert "note" in forbidden or state is _closed
    for action in forbidden:
        told = len(anna.ephemerals())
        result = await anna.press(*places[action])
        assert result["ok"], (action, result["error"])
        await harness.wait_until_idle()
        assert _forms(harness) == [], action
        assert anna.view or len(anna.ephemerals()) > told, f"{action}: she is told why"
        if anna.views:
            await anna.close(all=True)
    assert (await harness.load_case(case)).seq == seq


@pytest.mark.parametrize("state", STATES)
async def test_a_command_opens_no_dialog_of_what_may_not_be_done(
    harness: SlackHarness, case: CommandResult, state: State
) -> None:
    anna = harness.person(ANNA)
    await state(harness, case)
    forbidden, seq = await _forbidden(harness, case), (await harness.load_case(case)).seq
    for word, action in COMMANDS.items():
        if action not in forbidden:
            continue
        await anna.slash(BYGGLOV_CHANNEL, "/arende", f"{word} {case.number}")
        await harness.wait_until_idle()
        assert _forms(harness) == [], word
        if anna.views:
            await anna.close(all=True)
    assert (await harness.load_case(case)).seq == seq


@pytest.mark.parametrize("state", STATES[1:])
async def test_the_notes_shortcut_opens_no_dialog_of_a_case_that_takes_none(
    harness: SlackHarness, case: CommandResult, state: State
) -> None:
    channel, ts = await harness.post_known_card(case)
    await state(harness, case)
    anna = harness.person(ANNA)
    await anna.shortcut("shortcut:note", channel, ts)
    await harness.wait_until_idle()
    assert _forms(harness) == []
