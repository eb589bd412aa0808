"""Shortcuts: to one's own cases from anywhere, and from a thread to its case."""

from __future__ import annotations

import pytest

from bot.catalog import Catalog
from bot.domain.assignment import TakeCase
from bot.domain.protection import SetProtection
from bot.service import Done
from bot.store import Database
from sandbox.person import Person as Colleague
from tests.conftest import Clock
from tests.handlers.office import ANNA, BJORN, BYGGLOV, DAVID, ELIN, GUEST, SOCIAL, Office, open_office


async def uses(office: Office, who: str, shortcut: str, *place: str) -> Colleague:
    """The person uses it, on a message or anywhere, and a modal opens."""
    person = office.person(who)
    told = await person.shortcut(f"shortcut:{shortcut}", *place)
    assert told["ok"], told["error"]
    await person.wait_until(lambda: person.view)
    await office.settled()
    return person


async def replied(office: Office, case: Done, text: str, who: str = ANNA) -> str:
    """Someone writes in the case's thread. Returns the reply's ts."""
    channel, ts = await office.thread(case)
    said = await office.person(who).say(channel, text, thread_ts=ts)
    await office.heard()
    return str(said)


async def test_ones_own_cases_open_from_anywhere(any_office: Office) -> None:
    case = await any_office.submits()
    await any_office.does("anna-berg", TakeCase(case_id=case.case_id))
    anna = await uses(any_office, ANNA, "mine")
    assert "Mina · 1 ärende" in str(anna.view) and case.number in str(anna.view)
    assert anna.home is None and any_office.warnings() == [] and any_office.refused_calls() == []


async def test_a_case_takes_the_lists_place_so_that_its_forms_fit_above_it(office: Office) -> None:
    case = await office.submits()
    anna = await uses(office, ANNA, "mine")
    await anna.press_in_view("home:tab:unhandled")
    await anna.wait_until(lambda: "Obehandlade · 1 ärende" in str(anna.view))
    await anna.press_in_view("case:show")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    assert len(anna.views) == 1 and case.number in str(anna.view)
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: "Meddelande" in str(anna.view) and len(anna.views) == 2)
    await anna.fill_and_submit({"text": "Hej"})
    assert len(anna.views) == 3 and office.refused_calls() == []


async def test_settings_open_from_the_modal_and_home_is_not_drawn(office: Office) -> None:
    anna = await uses(office, ANNA, "mine")
    await anna.press_in_view("home:settings")
    await anna.wait_until(lambda: "Språk" in str(anna.view))
    await anna.fill_and_submit({"language": "en"})
    assert "Your settings are saved." in str(anna.view) and anna.home is None


@pytest.mark.parametrize("on", ["card", "reply"])
async def test_a_thread_leads_to_its_case(office: Office, on: str) -> None:
    case = await office.submits()
    channel, ts = await office.thread(case)
    if on == "reply":
        ts = str(await office.person(BJORN).say(channel, "Ringt", thread_ts=ts))
        await office.heard()
    anna = await uses(office, ANNA, "show", channel, ts)
    assert "Uppgifter i ärendet" in str(anna.view) and case.number in str(anna.view)


async def test_a_reply_becomes_a_note_by_hand_with_its_text_filled_in(office: Office) -> None:
    case = await office.submits()
    ts = await replied(office, case, "Ringde & pratade med @bjorn.ek", BJORN)
    anna = await uses(office, ANNA, "note", BYGGLOV, ts)
    assert anna.view is not None and anna.view["title"]["text"] == "Ny intern notering"
    assert "'initial_value': 'Ringde & pratade med @Björn Ek'" in str(anna.view)
    await anna.submit({})
    assert len((await office.all_of(case)).notes) == 2


async def test_of_a_card_and_of_what_is_not_kept_nothing_is_filled_in(office: Office) -> None:
    case = await office.submits()
    channel, ts = await office.thread(case)
    anna = await uses(office, ANNA, "note", channel, ts)
    assert "Ny intern notering" in str(anna.view) and "initial_value" not in str(anna.view)


async def test_where_threads_are_not_kept_nothing_is_taken_from_one(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    silent = catalog.services["bygglov"].model_copy(update={"thread_notes": False})
    town = catalog.model_copy(update={"services": {**catalog.services, "bygglov": silent}})
    async with open_office(sqlite_database, town, clock) as office:
        ts = await replied(office, await office.submits(), "Ringde grannen", BJORN)
        anna = await uses(office, ANNA, "note", BYGGLOV, ts)
        assert "Ny intern notering" in str(anna.view) and "grannen" not in str(anna.view)


async def test_about_a_strict_case_one_writes_on_its_page(office: Office) -> None:
    case = await office.submits("orosanmalan-barn")
    channel, ts = await office.thread(case, SOCIAL)
    reply = await office.person(ELIN).say(channel, "Hemligt", thread_ts=ts)
    await office.heard()
    elin = await uses(office, ELIN, "note", channel, reply)
    assert "Öppna ärendesidan" in str(elin.view) and "Hemligt" not in str(elin.view)


async def test_about_a_protected_case_only_its_named_officers_get_further(office: Office) -> None:
    case = await office.submits()
    channel, ts = await office.thread(case)
    await office.does("anna-berg", SetProtection(case_id=case.case_id, protected=True, reason="Hot"))
    for shortcut in ("show", "note"):
        bjorn = await uses(office, BJORN, shortcut, channel, ts)
        assert "skyddade" in str(bjorn.view) and "Uppgifter i ärendet" not in str(bjorn.view)
        await bjorn.close(all=True)


@pytest.mark.parametrize("shortcut", ["show", "note"])
async def test_elsewhere_it_is_said_where_the_shortcut_works(office: Office, shortcut: str) -> None:
    await office.person(ANNA).say(BYGGLOV, "God morgon")
    ts = office.person(ANNA).sees(BYGGLOV)[-1]["ts"]
    anna = await uses(office, ANNA, shortcut, BYGGLOV, ts)
    assert "Genvägen fungerar på ärendekort" in str(anna.view)


GUESTS, UNKNOWN = "Gäster och andra organisationer", "inte kopplat till någon handläggare"


@pytest.mark.parametrize(
    ("who", "shortcut", "said"),
    [
        (GUEST, "show", GUESTS),
        (GUEST, "note", GUESTS),
        (DAVID, "mine", UNKNOWN),
        (DAVID, "show", UNKNOWN),
        (DAVID, "note", UNKNOWN),
    ],
)
async def test_who_is_no_officer_is_told_so(office: Office, who: str, shortcut: str, said: str) -> None:
    """Guests are not shown shortcuts that belong to no message."""
    case = await office.submits()
    channel, ts = await office.thread(case)
    person = await uses(office, who, shortcut, *(() if shortcut == "mine" else (channel, ts)))
    assert said in str(person.view) and case.number not in str(person.view)
