"""Shortcuts: to one's own cases from anywhere, and from a thread to its case."""

from __future__ import annotations

import pytest

from bot.catalog import Catalog
from bot.domain.assignment import TakeCase
from bot.domain.protection import SetProtection
from bot.service import CommandResult
from bot.store import Database
from sandbox.person import Person as Colleague
from tests.conftest import Clock
from tests.handlers.slack_harness import (
    ANNA,
    BJORN,
    BYGGLOV_CHANNEL,
    DAVID,
    ELIN,
    GUEST,
    SOCIAL_CHANNEL,
    SlackHarness,
    open_harness,
)


async def use_shortcut(harness: SlackHarness, who: str, shortcut: str, *place: str) -> Colleague:
    """The person uses it, on a message or anywhere, and a modal opens."""
    person = harness.person(who)
    result = await person.shortcut(f"shortcut:{shortcut}", *place)
    assert result["ok"], result["error"]
    await person.wait_until(lambda: person.view)
    await harness.wait_until_idle()
    return person


async def reply_in_thread(harness: SlackHarness, case: CommandResult, text: str, who: str = ANNA) -> str:
    """Someone writes in the case's thread. Returns the reply's ts."""
    channel, ts = await harness.post_known_card(case)
    wording = await harness.person(who).say(channel, text, thread_ts=ts)
    await harness.wait_for_events()
    return str(wording)


async def test_ones_own_cases_open_from_anywhere(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    await any_harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    anna = await use_shortcut(any_harness, ANNA, "mine")
    assert "Mina · 1 ärende" in str(anna.view) and case.number in str(anna.view)
    assert anna.home is None and any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_a_case_takes_the_lists_place_so_that_its_forms_fit_above_it(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await use_shortcut(harness, ANNA, "mine")
    await anna.press_in_view("home:tab:unhandled")
    await anna.wait_until(lambda: "Obehandlade · 1 ärende" in str(anna.view))
    await anna.press_in_view("case:show")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    assert len(anna.views) == 1 and case.number in str(anna.view)
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: "Meddelande" in str(anna.view) and len(anna.views) == 2)
    await anna.fill_and_submit({"text": "Hej"})
    assert len(anna.views) == 3 and harness.failed_calls() == []


async def test_settings_open_from_the_modal_and_home_is_not_drawn(harness: SlackHarness) -> None:
    anna = await use_shortcut(harness, ANNA, "mine")
    await anna.press_in_view("home:settings")
    await anna.wait_until(lambda: "Språk" in str(anna.view))
    await anna.fill_and_submit({"language": "en"})
    assert "Your settings are saved." in str(anna.view) and anna.home is None


@pytest.mark.parametrize("on", ["card", "reply"])
async def test_a_thread_leads_to_its_case(harness: SlackHarness, on: str) -> None:
    case = await harness.submit()
    channel, ts = await harness.post_known_card(case)
    if on == "reply":
        ts = str(await harness.person(BJORN).say(channel, "Ringt", thread_ts=ts))
        await harness.wait_for_events()
    anna = await use_shortcut(harness, ANNA, "show", channel, ts)
    assert "Uppgifter i ärendet" in str(anna.view) and case.number in str(anna.view)


async def test_a_reply_becomes_a_note_by_hand_with_its_text_filled_in(harness: SlackHarness) -> None:
    case = await harness.submit()
    ts = await reply_in_thread(harness, case, "Ringde & pratade med @bjorn.ek", BJORN)
    anna = await use_shortcut(harness, ANNA, "note", BYGGLOV_CHANNEL, ts)
    assert anna.view is not None and anna.view["title"]["text"] == "Ny intern notering"
    assert "'initial_value': 'Ringde & pratade med @Björn Ek'" in str(anna.view)
    await anna.submit({})
    assert len((await harness.load_full_case(case)).notes) == 2


async def test_of_a_card_and_of_what_is_not_kept_nothing_is_filled_in(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, ts = await harness.post_known_card(case)
    anna = await use_shortcut(harness, ANNA, "note", channel, ts)
    assert "Ny intern notering" in str(anna.view) and "initial_value" not in str(anna.view)


async def test_where_threads_are_not_kept_nothing_is_taken_from_one(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    silent = catalog.services["bygglov"].model_copy(update={"thread_notes": False})
    municipality = catalog.model_copy(update={"services": {**catalog.services, "bygglov": silent}})
    async with open_harness(sqlite_database, municipality, clock) as harness:
        ts = await reply_in_thread(harness, await harness.submit(), "Ringde grannen", BJORN)
        anna = await use_shortcut(harness, ANNA, "note", BYGGLOV_CHANNEL, ts)
        assert "Ny intern notering" in str(anna.view) and "grannen" not in str(anna.view)


async def test_about_a_strict_case_one_writes_on_its_page(harness: SlackHarness) -> None:
    case = await harness.submit("orosanmalan-barn")
    channel, ts = await harness.post_known_card(case, SOCIAL_CHANNEL)
    reply = await harness.person(ELIN).say(channel, "Hemligt", thread_ts=ts)
    await harness.wait_for_events()
    elin = await use_shortcut(harness, ELIN, "note", channel, reply)
    assert "Öppna ärendesidan" in str(elin.view) and "Hemligt" not in str(elin.view)


async def test_about_a_protected_case_only_its_named_officers_get_further(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, ts = await harness.post_known_card(case)
    await harness.perform("anna-berg", SetProtection(case_id=case.case_id, protected=True, reason="Hot"))
    for shortcut in ("show", "note"):
        bjorn = await use_shortcut(harness, BJORN, shortcut, channel, ts)
        assert "skyddade" in str(bjorn.view) and "Uppgifter i ärendet" not in str(bjorn.view)
        await bjorn.close(all=True)


@pytest.mark.parametrize("shortcut", ["show", "note"])
async def test_elsewhere_it_is_said_where_the_shortcut_works(harness: SlackHarness, shortcut: str) -> None:
    await harness.person(ANNA).say(BYGGLOV_CHANNEL, "God morgon")
    ts = harness.person(ANNA).sees(BYGGLOV_CHANNEL)[-1]["ts"]
    anna = await use_shortcut(harness, ANNA, shortcut, BYGGLOV_CHANNEL, ts)
    assert "Genvägen fungerar bara på ärendekort" in str(anna.view)


GUESTS, UNKNOWN = "Gäster och andra organisationer", "inte kopplat till någon handläggare"


@pytest.mark.parametrize(
    ("who", "shortcut", "wording"),
    [
        (GUEST, "show", GUESTS),
        (GUEST, "note", GUESTS),
        (DAVID, "mine", UNKNOWN),
        (DAVID, "show", UNKNOWN),
        (DAVID, "note", UNKNOWN),
    ],
)
async def test_who_is_no_officer_is_told_so(
    harness: SlackHarness, who: str, shortcut: str, wording: str
) -> None:
    """Guests are not shown shortcuts that belong to no message."""
    case = await harness.submit()
    channel, ts = await harness.post_known_card(case)
    person = await use_shortcut(harness, who, shortcut, *(() if shortcut == "mine" else (channel, ts)))
    assert wording in str(person.view) and case.number not in str(person.view)
