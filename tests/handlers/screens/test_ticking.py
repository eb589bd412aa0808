"""Markera flera in Slack: ticking cases, what an action would do to them, and beginning it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from bot.domain.assignment import TakeCase
from bot.domain.lists.batches import BatchProgress, ColourCases
from bot.domain.lists.case_query import LIST_QUERIES, CaseQuery
from bot.domain.lists.saved_views import SavedView
from bot.domain.preferences import Preferences
from bot.domain.protection import SetProtection
from bot.handlers.screens import batch_forms
from bot.service import CommandResult
from bot.service import batches as batch_service
from bot.store.lists import open_lists, saved_views
from bot.store.lists.open_lists import OpenList
from bot.store.lists.queries import case_queries
from bot.store.lists.queries.query_scopes import QueryLimits
from bot.store.officers import batches, preferences
from sandbox.person import Person as Colleague
from tests.handlers.cases.file_helpers import (
    EXECUTABLE,
    PDF,
    PLAN,
    allow_deletion,
    is_log_intact,
    names_in_slack,
    read_content,
)
from tests.handlers.screens.test_home import open_app_home, wait_for_home_text
from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, ELIN, SlackHarness


async def open_ticking(harness: SlackHarness, who: str = ANNA) -> Colleague:
    """Home's tab with all cases, with boxes to tick."""
    person = await open_app_home(harness, who)
    await person.press_at_home("home:tab:all")
    await harness.wait_until_idle()
    await person.press_at_home("home:tick")
    await wait_for_home_text(person, "Markera ärenden")
    return person


def boxes(person: Colleague) -> list[dict[str, Any]]:
    assert person.home is not None
    return [one for one in person.home["blocks"] if str(one.get("block_id", "")).startswith("tick-")]


async def tick(harness: SlackHarness, person: Colleague, cases: list[CommandResult]) -> None:
    """Tick boxes of the page's first field in App Home: no request is made."""
    home = harness.sandbox.shared.workspace.homes[person.id].id
    ids = [case.case_id for case in cases]
    await person.do("fill", view_id=home, values={boxes(person)[0]["block_id"]: ids})


async def press(harness: SlackHarness, person: Colleague, action_id: str) -> None:
    await person.press_at_home(action_id)
    await harness.wait_until_idle()


async def submit(harness: SlackHarness, person: Colleague, **values: Any) -> str:
    """Send the view on top. Returns what is shown then."""
    await person.submit(values)
    await harness.wait_until_idle()
    return str(person.view)


async def run(harness: SlackHarness) -> None:
    while await harness.deps.batches.run_next():
        pass


async def colours(harness: SlackHarness, cases: list[CommandResult]) -> list[str]:
    return [(await harness.load_case(case)).colour for case in cases]


async def test_ticked_cases_are_marked_as_unread_to_the_officer_alone_and_unticked(
    harness: SlackHarness,
) -> None:
    cases = [await harness.submit() for _ in range(3)]
    anna = await open_ticking(harness)
    await tick(harness, anna, cases[:2])
    await press(harness, anna, "tick:set:unread")
    rows = [str(one) for field in boxes(anna) for one in field["element"]["options"]]
    new = [case.number for case in cases if any(case.number in row and "Nytt för dig" in row for row in rows)]
    assert new == [case.number for case in cases[:2]]
    assert "Markera ärenden · 0 valda" in str(anna.home)
    await press(harness, anna, "tick:leave")
    assert str(anna.home).count("Nytt för dig") == 2
    bjorn = await open_app_home(harness, BJORN)
    await bjorn.press_at_home("home:tab:all")
    await harness.wait_until_idle()
    assert "Nytt för dig" not in str(bjorn.home)


async def test_ticked_cases_are_changed_once_what_will_happen_is_confirmed(harness: SlackHarness) -> None:
    cases = [await harness.submit() for _ in range(3)]
    anna = await open_ticking(harness)
    await tick(harness, anna, cases[:2])
    await press(harness, anna, "tick:do:colour")
    assert "2 ärenden är valda." in str(anna.view)
    confirm = await submit(harness, anna, colour="red")
    assert "2 ärenden färgmarkeras: Röd." in confirm and "Ändra 2 ärenden" in confirm
    await run(harness)
    assert await colours(harness, cases) == ["", "", ""]
    assert "väntar på sin tur" in await submit(harness, anna)
    await run(harness)
    assert await colours(harness, cases) == ["red", "red", ""]
    assert await wait_for_home_text(anna, "Markera flera")


async def test_ticks_are_kept_over_pages_when_home_is_opened_again_and_with_the_web(
    harness: SlackHarness,
) -> None:
    cases = [await harness.submit() for _ in range(22)]
    anna = await open_ticking(harness)
    newest, oldest = cases[-1], cases[0]
    await tick(harness, anna, [newest])
    await press(harness, anna, "tick:turn:next")
    assert oldest.number in str(anna.home) and "1 valt" in str(anna.home)
    await tick(harness, anna, [oldest])
    await anna.open_home()
    await harness.wait_for_events()
    assert oldest.number in str(anna.home) and "Markera ärenden" in str(anna.home)
    await press(harness, anna, "tick:turn:back")
    assert "2 valda" in str(anna.home)
    assert boxes(anna)[0]["element"]["initial_options"][0]["value"] == newest.case_id
    await press(harness, anna, "tick:leave")
    assert "Markera ärenden" not in str(anna.home)
    list_id = (await opened_list(harness)).id
    assert set((await load_list(harness, list_id)).ticked) == {newest.case_id, oldest.case_id}


async def opened_list(harness: SlackHarness) -> OpenList:
    requested = open_lists.ListRequest(tab="all", query=LIST_QUERIES["all"], page_size=20)
    now = harness.clock()
    found: OpenList = await harness.service.database.write(
        lambda tx: open_lists.create(tx, "anna-berg", requested, now)
    )
    return found


async def load_list(harness: SlackHarness, list_id: str) -> OpenList:
    found: OpenList = await harness.read(lambda tx: open_lists.load(tx, "anna-berg", list_id))
    return found


async def test_a_page_and_all_that_the_list_finds_are_ticked_by_one_press(harness: SlackHarness) -> None:
    for _ in range(22):
        await harness.submit()
    anna = await open_ticking(harness)
    before = boxes(anna)[0]["block_id"]
    await press(harness, anna, "tick:set:page")
    assert "20 valda" in str(anna.home) and boxes(anna)[0]["block_id"] != before
    await press(harness, anna, "tick:set:nopage")
    assert "0 valda" in str(anna.home)
    await press(harness, anna, "tick:set:all")
    assert "Alla i listan: 22 ärenden" in str(anna.home) and not boxes(anna)
    await press(harness, anna, "tick:do:take")
    assert "22 ärenden blir dina." in str(anna.view)


async def test_a_case_deleted_or_protected_meanwhile_and_one_that_a_colleague_took_are_told_of(
    harness: SlackHarness,
) -> None:
    cases = [await harness.submit() for _ in range(3)]
    bjorn = await open_ticking(harness, BJORN)
    await tick(harness, bjorn, cases)
    await harness.perform("anna-berg", TakeCase(case_id=cases[0].case_id))
    protect = SetProtection(case_id=cases[1].case_id, protected=True, reason="Sekretess")
    await harness.perform("anna-berg", protect)
    await press(harness, bjorn, "tick:do:take")
    shown = str(bjorn.view)
    assert "1 av" in shown and "1 ärende." in shown and "Anna Berg" in shown
    assert "väntar på sin tur" in await submit(harness, bjorn)
    await run(harness)
    assert (await harness.load_case(cases[2])).officers == ("bjorn-ek",)
    assert (await harness.load_case(cases[0])).officers == ("anna-berg",)


async def test_two_officers_who_change_the_same_cases_overwrite_nothing(harness: SlackHarness) -> None:
    cases = [await harness.submit() for _ in range(2)]
    people = [await open_ticking(harness, who) for who in (ANNA, BJORN)]
    for person, colour in zip(people, ("red", "blue"), strict=True):
        await tick(harness, person, cases)
        await press(harness, person, "tick:do:colour")
        await submit(harness, person, colour=colour)
    for person in people:
        await submit(harness, person)
    await run(harness)
    assert await colours(harness, cases) == ["red", "red"]
    found = await harness.read(lambda tx: batches.list_recent(tx, "bjorn-ek", 1))
    assert (found[0].done, found[0].skipped) == (0, 2)


async def test_pressing_twice_begins_one_batch(harness: SlackHarness) -> None:
    cases = [await harness.submit()]
    anna = await open_ticking(harness)
    await tick(harness, anna, cases)
    await press(harness, anna, "tick:do:flag")
    await submit(harness, anna, note="Ring")
    await submit(harness, anna)
    found = await harness.read(lambda tx: batches.list_recent(tx, "anna-berg", 9))
    assert len(found) == 1
    again = await harness.deps.batches.prepare(
        harness.officer("anna-berg"), ColourCases(colour="red"), [cases[0].case_id], batch_id=found[0].id
    )
    assert again.action == found[0].action


async def test_nothing_ticked_is_told(harness: SlackHarness) -> None:
    await harness.submit()
    anna = await open_ticking(harness)
    await press(harness, anna, "tick:do:export")
    assert "Inga ärenden är valda." in str(anna.view)


async def test_whether_applicants_are_told_of_a_status_is_asked(harness: SlackHarness) -> None:
    cases = [await harness.submit() for _ in range(2)]
    anna = await open_ticking(harness)
    await tick(harness, anna, cases)
    await press(harness, anna, "tick:do:status")
    view = anna.view
    assert view is not None
    targets = next(one for one in view["blocks"] if one.get("block_id") == "status")["element"]["options"]
    confirm = await submit(harness, anna, status=targets[0]["value"], note="Gås igenom")
    assert "Ska sökanden få veta den nya statusen?" in confirm
    await submit(harness, anna)
    assert anna.errors
    await submit(harness, anna, notifies="no")
    await run(harness)
    assert {(await harness.load_case(case)).status for case in cases} == {targets[0]["value"]}
    action = (await harness.read(lambda tx: batches.list_recent(tx, "anna-berg", 1)))[0].action
    assert action.notifies is False


async def test_a_mailing_is_read_before_it_is_sent_and_a_gap_in_one_case_is_told(
    harness: SlackHarness,
) -> None:
    cases = [await harness.submit() for _ in range(2)]
    anna = await open_ticking(harness)
    await tick(harness, anna, cases)
    await press(harness, anna, "tick:do:mailing")
    confirm = await submit(harness, anna, text="Ärende {case.number} av {applicant.name}.")
    assert f"Ärende {cases[1].number} av" in confirm
    assert "Sökanden i 2 ärenden får meddelandet" in confirm
    await submit(harness, anna)
    await run(harness)
    assert not (await harness.load_full_case(cases[0])).messages
    harness.clock.advance(seconds=21)
    await run(harness)
    assert (await harness.load_full_case(cases[0])).messages[0].text.startswith("Ärende 2026-")


async def test_a_template_is_put_into_a_mailing_and_each_case_fills_in_its_tags(
    harness: SlackHarness,
) -> None:
    cases = [await harness.submit() for _ in range(2)]
    anna = await open_ticking(harness)
    await tick(harness, anna, cases)
    await press(harness, anna, "tick:do:mailing")
    await anna.fill({"text": "Kära sökande!", "receipt": ["1"]})
    await anna.press_in_view("mailing_template", "sommar")
    await harness.wait_until_idle()
    text = next(one for one in blocks_of(anna) if one.get("block_id") == "text#1")["element"]["initial_value"]
    assert text.startswith("Kära sökande!\n\nHej {sökande.namn}!") and "{period}" in text
    await anna.submit({"text": text})
    assert "Fyll i eller ta bort {period}." in str(anna.errors)
    confirm = await submit(harness, anna, text=text.replace("{period}", "juli"))
    assert f"Ditt ärende {cases[1].number} ligger kvar" in confirm and "Under juli" in confirm
    assert "1 av 2" in confirm and cases[0].number not in confirm
    await anna.press_in_view("batch:example:next")
    await harness.wait_until_idle()
    assert f"Ditt ärende {cases[0].number} ligger kvar" in str(anna.view) and "2 av 2" in str(anna.view)
    action = (await load_batch(harness, anna)).action
    assert action.receipt is True


async def test_a_text_that_has_no_room_for_the_template_is_kept(harness: SlackHarness) -> None:
    anna, _ = await open_ticked(harness)
    await press(harness, anna, "tick:do:mailing")
    await anna.fill({"text": "x" * 2_900})
    await anna.press_in_view("mailing_template", "sommar")
    await harness.wait_until_idle()
    text = next(one for one in blocks_of(anna) if one.get("block_id") == "text#1")["element"]["initial_value"]
    assert text == "x" * 2_900 and "tecken" in str(blocks_of(anna)[0])


async def test_a_mailings_file_is_named_before_it_is_sent_given_to_each_case_and_gone_from_slack(
    harness: SlackHarness,
) -> None:
    allow_deletion(harness)
    cases = [await harness.submit() for _ in range(2)]
    anna = await open_ticking(harness)
    await tick(harness, anna, cases)
    await press(harness, anna, "tick:do:mailing")
    await anna.submit({"text": "Se planen", "files": [EXECUTABLE]})
    assert "plan.pdf kan inte tas emot" in str(anna.errors)
    confirm = await submit(harness, anna, text="Se planen", files=[PLAN])
    assert "1 fil: situationsplan.pdf" in confirm
    await submit(harness, anna)
    assert "situationsplan.pdf" not in names_in_slack(harness)
    harness.clock.advance(seconds=21)
    await run(harness)
    files = [
        file for case in cases for one in (await harness.load_full_case(case)).messages for file in one.files
    ]
    assert [read_content(harness, file) for file in files] == [PDF, PDF]
    assert files[0].id != files[1].id and await is_log_intact(harness)


async def test_a_file_that_slack_keeps_is_told_of_while_the_view_is_open(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _ = await open_ticked(harness)
    await press(harness, anna, "tick:do:mailing")
    await submit(harness, anna, text="Se planen", files=[PLAN])
    monkeypatch.setattr(batch_forms, "MAX_UPDATES", 100_000)
    await anna.submit()
    await anna.wait_until(lambda: "1 fil ligger kvar bland dina filer i Slack." in str(anna.view))
    harness.clock.advance(seconds=21)
    await run(harness)
    await harness.wait_until_idle()
    assert "klart i 1 ärende." in str(anna.view) and "1 fil ligger kvar" in str(anna.view)


async def test_the_view_shows_how_far_a_batch_has_come_and_its_end(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_forms, "MAX_UPDATES", 100_000)
    cases = [await harness.submit() for _ in range(3)]
    await harness.perform("bjorn-ek", TakeCase(case_id=cases[0].case_id))
    anna = await open_ticking(harness)
    await tick(harness, anna, cases)
    await press(harness, anna, "tick:do:take")
    await anna.submit()
    await anna.wait_until(lambda: "väntar på sin tur. 3 ärenden" in str(anna.view))
    await run(harness)
    await harness.wait_until_idle()
    shown = str(anna.view)
    assert "klart i 2 ärenden." in shown and "1 hoppades över." in shown and "btn.cancel" not in shown
    assert "Avbryt" not in shown and "Du får ett meddelande när det är klart" not in shown
    await anna.press_in_view("batch:skipped")
    await harness.wait_until_idle()
    assert cases[0].number in str(anna.view)
    # Home below has been drawn with the cases as they are, and leads to what was done.
    assert "Mina (2)" in str(anna.home)
    await press(harness, anna, "home:batches")
    assert "Ta ärenden: klart i 2 ärenden. 1 hoppades över." in str(anna.view)
    await anna.press_in_view("batch:refresh")
    await harness.wait_until_idle()
    assert "Visa på webben" in str(anna.view)


async def open_ticked(harness: SlackHarness, number: int = 1) -> tuple[Colleague, list[CommandResult]]:
    """So many new cases, ticked in Anna's list."""
    cases = [await harness.submit() for _ in range(number)]
    anna = await open_ticking(harness)
    await tick(harness, anna, cases)
    return anna, cases


async def load_batch(harness: SlackHarness, person: Colleague) -> BatchProgress:
    """The batch that the view is about, confirmed or not."""
    assert person.view is not None
    batch_id = json.loads(person.view["private_metadata"])["batch"]
    found = await harness.read(lambda tx: batches.find(tx, batch_id))
    assert isinstance(found, BatchProgress)
    return found


def blocks_of(person: Colleague) -> list[dict[str, Any]]:
    assert person.view is not None
    return list(person.view["blocks"])


async def test_a_mailing_to_strict_cases_is_written_on_the_web_with_the_same_ticks(
    harness: SlackHarness,
) -> None:
    strict = next(key for key, one in harness.catalog.services.items() if one.strict)
    case = await harness.submit(strict)
    elin = await open_ticking(harness, ELIN)
    service = harness.catalog.service(strict)
    assert service is not None and service.name.sv not in str(elin.home)
    await tick(harness, elin, [case])
    await press(harness, elin, "tick:do:mailing")
    shown = str(elin.view)
    assert "Öppna listan på webben" in shown and "plain_text_input" not in shown
    await elin.press_in_view("batch:list")
    await harness.wait_until_idle()
    assert "arenden.lindsjo.example/oppna/" in str(elin.view)


async def test_of_a_long_list_what_will_happen_is_shown_once_its_cases_have_been_added(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_service, "MAX_ADDED_AT_REQUEST", 1)
    monkeypatch.setattr(batch_forms, "MAX_POLLS", 10_000)
    cases = [await harness.submit() for _ in range(3)]
    anna = await open_ticking(harness)
    await press(harness, anna, "tick:set:all")
    await press(harness, anna, "tick:do:colour")
    await anna.submit({"colour": "red"})
    assert "Ingenting ändras innan du har bekräftat." in str(anna.view)
    assert await harness.deps.batches.prepare_next()
    await harness.wait_until_idle()
    assert "3 ärenden färgmarkeras: Röd." in str(anna.view)
    await submit(harness, anna)
    await run(harness)
    assert await colours(harness, cases) == ["red", "red", "red"]


async def test_lists_in_words_lead_to_ticking_and_to_exporting_all(harness: SlackHarness) -> None:
    cases = [await harness.submit() for _ in range(2)]
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "lista alla")
    await harness.wait_until_idle()
    message = anna.ephemerals()[-1]
    await anna.press(BYGGLOV_CHANNEL, message["ts"], "tick:open")
    await anna.wait_until(lambda: "0 valda" in str(anna.view))
    await anna.fill({"tick-0": [cases[0].case_id]})
    await anna.press_in_view("tick:do:export")
    await harness.wait_until_idle()
    confirm = await submit(harness, anna, format="csv")
    assert "1 ärende kommer med i filen." in confirm
    await anna.close(all=True)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "exportera alla")
    await anna.wait_until(lambda: "2 ärenden är valda." in str(anna.view))


async def test_what_is_exported_by_a_command_has_the_officers_own_columns(harness: SlackHarness) -> None:
    await harness.submit()
    chosen = Preferences(columns=("number", "colour"))
    await harness.service.database.write(lambda tx: preferences.save(tx, "anna-berg", chosen))
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "exportera alla")
    await anna.wait_until(lambda: "1 ärende är valt." in str(anna.view))
    list_id = json.loads(anna.view["private_metadata"])["ticking"]
    opened = await harness.service.database.read(lambda tx: open_lists.load(tx, "anna-berg", list_id))
    assert opened is not None and opened.query.columns == ("number", "colour")


async def test_a_list_that_has_only_the_newest_with_its_text_says_so_and_so_does_a_change_of_all_its_cases(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_queries, "QueryLimits", partial(QueryLimits, found=2))
    cases = [await harness.submit() for _ in range(3)]
    anna, view = harness.officer("anna-berg"), SavedView("v1", "Årets", CaseQuery(text="2026-"))
    await harness.service.database.write(lambda tx: saved_views.save_view(tx, anna, view, harness.clock()))
    person = harness.person(ANNA)
    await person.slash(BYGGLOV_CHANNEL, "/arende", "lista årets")
    await harness.wait_until_idle()
    message = person.ephemerals()[-1]
    cut = "och listan har bara de nyaste. Lägg till ett ord i sökningen för att hitta de andra."
    assert cut in str(message) and cases[2].number in str(message) and cases[0].number not in str(message)
    await person.press(BYGGLOV_CHANNEL, message["ts"], "tick:open")
    await person.wait_until(lambda: "0 valda" in str(person.view))
    await person.press_in_view("tick:set:all")
    await harness.wait_until_idle()
    await person.press_in_view("tick:do:colour")
    await harness.wait_until_idle()
    assert "2 ärenden är valda." in str(person.view) and cut in str(person.view)


async def test_a_mailing_in_words_needs_a_list(harness: SlackHarness) -> None:
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "utskick")
    await harness.wait_until_idle()
    assert "Skriv vilka ärenden det gäller" in harness.last_ephemeral(ANNA)
