"""App Home's list narrowed, sorted and saved: by menus, by the dialog with all parts, and as views of one's own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.catalog import Catalog
from bot.catalog.base import Text
from bot.catalog.people import Grant
from bot.domain.assignment import TakeCase
from bot.domain.colour import ColourCase
from bot.domain.lists.case_query import DEFAULT_COLUMNS, CaseFilter, CaseQuery
from bot.domain.lists.saved_views import SavedView
from bot.domain.preferences import Preferences
from bot.store import Database
from bot.store.lists import open_lists, saved_views
from bot.store.officers import preferences
from bot.store.officers.preferences import HomePosition
from bot.store.tables import OpenListRow, SavedQueryRow
from sandbox.person import Person as Colleague
from tests.conftest import Clock
from tests.handlers.cases.test_sweeping import run_sweep
from tests.handlers.commands.test_commands import run_command
from tests.handlers.screens.test_home import open_app_home, shown_numbers, wait_for_home_text
from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, SlackHarness, open_harness

POTHOLES, WORRIES = "felanmalan-gata-park", "orosanmalan-barn"


@pytest.fixture
def catalog(catalog: Catalog) -> Catalog:
    """The sample's, with three e-services of Anna's."""
    given = Grant(officer="anna-berg", access="full")
    services = {
        key: service.model_copy(update={"officers": (*service.officers, given)})
        if key in (POTHOLES, WORRIES)
        else service
        for key, service in catalog.services.items()
    }
    return catalog.model_copy(update={"services": services})


async def wait_for_numbers(person: Colleague, *numbers: str) -> bool:
    return await person.wait_until(lambda: shown_numbers(person) == list(numbers))


def menu(person: Colleague, action_id: str) -> dict[str, Any]:
    """The menu of that name above the person's list."""
    assert person.home is not None
    elements = [one for block in person.home["blocks"] for one in block.get("elements", [])]
    return next(one for one in elements if one.get("action_id") == action_id)


def chosen_text(person: Colleague, action_id: str) -> str:
    return str(menu(person, action_id)["initial_option"]["text"]["text"])


async def choose(person: Colleague, action_id: str, value: str, typed: str = "") -> None:
    """The person types in the menu, and chooses."""
    if menu(person, action_id)["type"] == "external_select":
        await person.suggest_at_home(action_id, typed)
    await person.press_at_home(action_id, value=value)


async def open_all(harness: SlackHarness, who: str = ANNA) -> Colleague:
    """The person's Home with all cases."""
    person = await open_app_home(harness, who)
    await person.press_at_home("home:tab:all")
    await person.wait_until(lambda: "Alla · " in str(person.home))
    return person


async def test_a_list_is_narrowed_by_its_menus_and_says_so_in_words(any_harness: SlackHarness) -> None:
    permit, inquiry = await any_harness.submit(), await any_harness.submit(POTHOLES)
    anna = await open_all(any_harness)
    assert [chosen_text(anna, one) for one in ("home:service", "home:status", "home:sort")] == [
        "Alla e-tjänster",
        "Alla statusar",
        "När det kom in, nyast först",
    ]
    await choose(anna, "home:service", "bygglov", "bygg")
    await wait_for_numbers(anna, permit.number)
    assert "Alla · 1 av 2 ärenden" in str(anna.home) and "Urval: Ansökan om bygglov" in str(anna.home)
    assert chosen_text(anna, "home:service") == "Ansökan om bygglov"
    await anna.press_at_home("home:clear")
    await wait_for_numbers(anna, inquiry.number, permit.number)
    assert chosen_text(anna, "home:service") == "Alla e-tjänster" and "Urval" not in str(anna.home)
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_each_officer_and_each_tab_keep_what_they_were_left_with(harness: SlackHarness) -> None:
    first, second = await harness.submit(), await harness.submit()
    anna = await open_all(harness)
    await choose(anna, "home:sort", "number:0")
    await wait_for_numbers(anna, first.number, second.number)
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_numbers(anna, second.number, first.number)
    await anna.press_at_home("home:tab:all")
    await wait_for_numbers(anna, first.number, second.number)
    harness.clock.advance(days=90)
    await harness.service.database.write(
        lambda tx: open_lists.sweep(tx, harness.clock() - open_lists.LIFETIME)
    )
    again = await open_app_home(harness, ANNA, first.number)
    assert shown_numbers(again) == [first.number, second.number]
    bjorn = await open_all(harness, BJORN)
    assert shown_numbers(bjorn) == [second.number, first.number]


async def test_what_is_typed_but_not_sent_survives_a_narrowing(harness: SlackHarness) -> None:
    await harness.submit()
    anna = await open_all(harness)
    assert anna.home is not None
    field = next(block["block_id"] for block in anna.home["blocks"] if block["type"] == "input")
    await choose(anna, "home:service", "bygglov")
    await wait_for_home_text(anna, "Urval: ")
    assert field in [block["block_id"] for block in anna.home["blocks"]]


def typed_text(person: Colleague) -> str:
    """What stands in the search field of the person's Home."""
    assert person.home is not None
    field = next(block for block in person.home["blocks"] if block["type"] == "input")
    return str(field["element"].get("initial_value", ""))


async def test_a_search_narrows_the_list_with_its_filter_and_order_and_is_saved_in_the_view(
    any_harness: SlackHarness,
) -> None:
    first, second = await any_harness.submit(), await any_harness.submit()
    inquiry = await any_harness.submit(POTHOLES)
    await any_harness.perform("anna-berg", TakeCase(case_id=second.case_id))
    anna = await open_all(any_harness)
    await choose(anna, "home:sort", "number:0")
    await wait_for_numbers(anna, first.number, second.number, inquiry.number)
    await anna.press_at_home("home:find", value="bygglov")
    await wait_for_numbers(anna, first.number, second.number)
    assert typed_text(anna) == "bygglov" and "Urval: med sökord" in str(anna.home)
    await choose(anna, "home:status", "inskickat")
    await wait_for_home_text(anna, "Urval: Inskickat, med sökord")
    assert typed_text(anna) == "bygglov" and shown_numbers(anna) == [first.number, second.number]
    await anna.press_at_home("home:saveview")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"name": "Bygglov"})
    await wait_for_home_text(anna, "Bygglov · 2 ärenden")
    (view,) = await any_harness.read(lambda tx: saved_views.list_views(tx, any_harness.officer("anna-berg")))
    chosen = CaseFilter(statuses=("inskickat",))
    assert view.query == CaseQuery(filter=chosen, text="bygglov", sort="number", descending=False)
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_a_search_in_a_narrowed_list_is_widened_to_all_cases_at_a_press(harness: SlackHarness) -> None:
    mine, other = await harness.submit(), await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=mine.case_id))
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:tab:mine")
    await wait_for_home_text(anna, "Mina · 1 ärende")
    await anna.press_at_home("home:find", value="bygglov")
    await wait_for_home_text(anna, "Mina · 1 av 1 ärende")
    await anna.press_at_home("home:searchall")
    await wait_for_numbers(anna, other.number, mine.number)
    assert "Alla · 2 av 2 ärenden" in str(anna.home) and "home:searchall" not in str(anna.home)
    await anna.press_at_home("home:clear")
    await wait_for_home_text(anna, "Alla · 2 ärenden")
    assert typed_text(anna) == ""


@pytest.mark.parametrize("ending", ["emptied", "cleared"])
async def test_a_search_that_was_widened_ends_where_it_began(harness: SlackHarness, ending: str) -> None:
    mine, other = await harness.submit(), await harness.submit(POTHOLES)
    await harness.perform("anna-berg", TakeCase(case_id=mine.case_id))
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:tab:mine")
    await wait_for_home_text(anna, "Mina · 1 ärende")
    await anna.press_at_home("home:find", value=other.number)
    await wait_for_numbers(anna, other.number)
    assert "Inget i urvalet stämmer med sökningen." in str(anna.home)
    left = await harness.read(lambda tx: preferences.find_home_position(tx, "anna-berg"))
    assert left == HomePosition("all", searched_from="mine")
    await anna.press_at_home("home:find", value=mine.number)
    await wait_for_numbers(anna, mine.number)
    if ending == "emptied":
        await anna.press_at_home("home:find", value="")
    else:
        await anna.press_at_home("home:clear")
    await wait_for_home_text(anna, "Mina · 1 ärende")
    await anna.press_at_home("home:tab:all")
    await wait_for_home_text(anna, "Alla · 2 ärenden")
    assert typed_text(anna) == ""


async def test_a_search_left_at_home_is_forgotten_and_its_filter_is_not(any_harness: SlackHarness) -> None:
    harness = any_harness
    permit, inquiry = await harness.submit(), await harness.submit(POTHOLES)
    anna = await open_all(harness)
    await choose(anna, "home:sort", "number:0")
    await wait_for_numbers(anna, permit.number, inquiry.number)
    await anna.press_at_home("home:find", value="bygglov")
    await wait_for_numbers(anna, permit.number)
    await run_sweep(harness, hours=72)
    stored = await harness.read(lambda tx: tx.conn.execute(select(OpenListRow.query)).scalars().all())
    assert stored and not any("bygglov" in query for query in stored)
    await open_app_home(harness, ANNA, inquiry.number)
    assert shown_numbers(anna) == [permit.number, inquiry.number] and typed_text(anna) == ""


async def test_all_parts_of_a_filter_are_chosen_in_its_dialog(any_harness: SlackHarness) -> None:
    red, other = await any_harness.submit(), await any_harness.submit()
    await any_harness.perform("anna-berg", ColourCase(case_id=red.case_id, colour="red", expected=""))
    for case in (red, other):
        await any_harness.perform("bjorn-ek", TakeCase(case_id=case.case_id))
    anna = await open_all(any_harness)
    await anna.press_at_home("home:filter")
    await anna.wait_until(lambda: anna.view)
    people = await anna.suggest("only_assignees", "bjö")
    assert [one["text"]["text"] for one in people] == ["Björn Ek"]
    nobody = await anna.suggest("only_assignees", "")
    assert nobody[0]["text"]["text"] == "Ingen handläggare"
    await anna.suggest("only_services", "")
    await anna.fill_and_submit(
        {
            "only_assignees": ["officer:bjorn-ek", "nobody"],
            "only_services": ["bygglov"],
            "colours": ["red"],
            "state": "open",
            "received_first": "2026-01-01",
        }
    )
    await wait_for_numbers(anna, red.number)
    assert anna.view is None
    said = "Ansökan om bygglov, Öppna, Ingen handläggare eller Björn Ek, Röd, Inkom från och med 1 jan. 2026"
    assert f"Urval: {said}" in str(anna.home)
    await anna.press_at_home("home:filter")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"colours": []})
    await wait_for_numbers(anna, other.number, red.number)
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_days_in_the_wrong_order_are_told_at_their_field_and_nothing_is_lost(
    harness: SlackHarness,
) -> None:
    await harness.submit()
    anna = await open_all(harness)
    await anna.press_at_home("home:filter")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit(
        {"received_first": "2026-06-01", "received_last": "2026-05-01", "only": ["overdue"]}
    )
    assert anna.errors == {"received_first": "Till och med är före från och med. Ändra någon av dagarna."}
    await anna.fill_and_submit({"received_last": None})
    await wait_for_home_text(anna, "Inga ärenden stämmer med urvalet.")
    assert "Inkom från och med 1 juni 2026, Försenade" in str(anna.home)


async def test_a_case_of_a_narrowed_list_opens_with_the_way_through_that_list(harness: SlackHarness) -> None:
    cases = [await harness.submit(service) for service in ("bygglov", POTHOLES, "bygglov")]
    anna = await open_all(harness)
    await choose(anna, "home:service", "bygglov")
    await wait_for_numbers(anna, cases[2].number, cases[0].number)
    await anna.press_at_home("case:show", block_id=_row_of(anna, cases[2].number))
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await anna.press_in_view("case:step:next")
    await anna.wait_until(lambda: cases[0].number in str(anna.view))
    assert harness.warnings() == [] and harness.failed_calls() == []


def _row_of(person: Colleague, number: str) -> str:
    assert person.home is not None
    return next(str(block["block_id"]) for block in person.home["blocks"] if number in str(block))


async def test_a_filter_with_what_is_no_more_says_so_and_leaves_it_out_at_a_press(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    await _leave_list(
        harness, CaseFilter(statuses=("utredning-2019",), assignees=("officer:gun",), state="open")
    )
    anna = await open_app_home(harness, ANNA, "statusen utredning-2019, som inte finns längre")
    assert "handläggaren gun, som inte finns längre" in str(anna.home) and case.number not in str(anna.home)
    await anna.press_at_home("home:filter")
    await anna.wait_until(lambda: "utredning-2019" in str(anna.view))
    await anna.close()
    await anna.press_at_home("home:drop")
    await wait_for_numbers(anna, case.number)
    assert "Urval: Öppna" in str(anna.home)


async def test_in_another_language_the_menus_are_new_to_slack_which_else_keeps_what_is_in_them(
    harness: SlackHarness,
) -> None:
    anna = await open_app_home(harness, ANNA, "Alla e-tjänster")
    swedish = _menus_id(anna)
    await anna.press_at_home("home:settings")
    await anna.wait_until(lambda: anna.view is not None)
    await anna.submit({"language": "en"})
    await anna.open_home()
    await anna.wait_until(lambda: "All e-services" in str(anna.home))
    assert _menus_id(anna) != swedish


def _menus_id(person: Any) -> str:
    return str(
        next(one for one in person.home["blocks"] if str(one["block_id"]).startswith("home:menus"))[
            "block_id"
        ]
    )


async def _leave_list(harness: SlackHarness, chosen: CaseFilter) -> None:
    """Anna once left her list of all cases with that filter, through a view that she shows now."""
    anna, view = harness.officer("anna-berg"), SavedView("v1", "Min vy", CaseQuery(filter=chosen))

    def work(tx: Any) -> None:
        saved_views.save_view(tx, anna, view, harness.clock())
        preferences.save_home_position(tx, "anna-berg", HomePosition("all", 0, "v1"))

    await harness.service.database.write(work)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (CaseFilter(statuses=("slopad",)), "statusen slopad, som inte finns längre"),
        (CaseFilter(assignees=("officer:slutat",)), "handläggaren slutat, som inte finns längre"),
    ],
)
async def test_a_view_limited_to_a_status_or_an_officer_that_is_gone_says_so(
    harness: SlackHarness, chosen: CaseFilter, sentence: str
) -> None:
    case = await harness.submit()
    await _leave_list(harness, chosen)
    anna = await open_app_home(harness, ANNA, sentence)
    assert case.number not in str(anna.home)
    await anna.press_at_home("home:drop")
    await wait_for_numbers(anna, case.number)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("snickeri", "e-tjänsten snickeri, som inte finns längre"),
        ("serveringstillstand", "Du har inte längre behörighet till"),
    ],
)
async def test_a_view_limited_to_an_e_service_that_one_has_no_longer_says_so(
    harness: SlackHarness, key: str, sentence: str
) -> None:
    case = await harness.submit()
    await _leave_list(harness, CaseFilter(services=(key,)))
    anna = await open_app_home(harness, ANNA, sentence)
    assert "Min vy" in str(anna.home) and case.number not in str(anna.home)
    assert len(await harness.read(lambda tx: saved_views.list_views(tx, harness.officer("anna-berg")))) == 1
    await anna.press_at_home("home:drop")
    await wait_for_numbers(anna, case.number)


async def test_columns_and_rows_chosen_while_a_view_is_shown_are_the_views(harness: SlackHarness) -> None:
    numbers = [(await harness.submit()).number for _ in range(11)][::-1]
    await _leave_list(harness, CaseFilter(state="open"))
    anna = await open_app_home(harness, ANNA, "Min vy · 11 ärenden")
    await anna.press_at_home("home:settings")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"rows": "10"})
    await wait_for_numbers(anna, *numbers[:10])
    await anna.press_at_home("home:columns")
    await anna.wait_until(lambda: "Vyn Min vy har sina egna kolumner." in str(anna.view))
    await anna.fill_and_submit({"column2": "-"})
    await wait_for_home_text(anna, "Vyn är ändrad.")
    stored = await harness.read(lambda tx: preferences.load(tx, "anna-berg"))
    assert (stored.columns, stored.page_size) == (Preferences().columns, 20)
    await anna.press_at_home("home:clear")
    await anna.wait_until(lambda: "Vyn är ändrad." not in str(anna.home))
    assert "Ansökan om bygglov" in _texts(anna) and len(shown_numbers(anna)) == 10


async def test_a_list_is_saved_as_a_view_shown_changed_and_saved_again(any_harness: SlackHarness) -> None:
    permit, inquiry = await any_harness.submit(), await any_harness.submit(POTHOLES)
    anna = await open_all(any_harness)
    await choose(anna, "home:service", "bygglov")
    await wait_for_numbers(anna, permit.number)
    await anna.press_at_home("home:saveview")
    await anna.wait_until(lambda: anna.view and "Ansökan om bygglov" in str(anna.view))
    await anna.fill_and_submit({"name": "Mina \n bygglov"})
    await wait_for_home_text(anna, "Mina bygglov · 1 ärende")
    await anna.press_at_home("home:tab:all")
    await wait_for_numbers(anna, inquiry.number, permit.number)
    await anna.press_at_home("home:view", value="Mina bygglov")
    await wait_for_home_text(anna, "Mina bygglov · 1 ärende")
    assert "Rensa urvalet" in str(anna.home)
    await anna.press_at_home("home:look:all")
    await wait_for_numbers(anna, inquiry.number, permit.number)
    await anna.press_at_home("home:view", value="Mina bygglov")
    await wait_for_home_text(anna, "Mina bygglov · 1 ärende")
    await choose(anna, "home:service", "-")
    await wait_for_home_text(anna, "Vyn är ändrad.")
    await anna.press_at_home("home:clear")
    await wait_for_numbers(anna, permit.number)
    await choose(anna, "home:sort", "due:0")
    await wait_for_home_text(anna, "Vyn är ändrad.")
    await anna.press_at_home("home:saveview")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({})
    await anna.wait_until(lambda: "Vyn är ändrad." not in str(anna.home))
    (view,) = await any_harness.read(lambda tx: saved_views.list_views(tx, any_harness.officer("anna-berg")))
    assert (view.name, view.query) == (
        "Mina bygglov",
        CaseQuery(filter=CaseFilter(services=("bygglov",)), sort="due"),
    )
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_views_are_renamed_and_deleted_and_a_name_is_had_once(harness: SlackHarness) -> None:
    anna = await open_all(harness)
    for name in ("Första", "Andra"):
        await anna.press_at_home("home:saveview")
        await anna.wait_until(lambda: anna.view)
        await anna.fill_and_submit({"name": name})
        await wait_for_home_text(anna, f"{name} · 0 ärenden")
        harness.clock.advance(minutes=1)
    await anna.press_at_home("home:views")
    view = await anna.wait_until(lambda: anna.view)
    rename = [block["block_id"] for block in view["blocks"] if "views:rename" in str(block)]
    await anna.press_in_view("views:rename", block_id=rename[0])
    await anna.wait_until(lambda: anna.view and anna.view["callback_id"] == "views:rename:submit")
    await anna.fill_and_submit({"name": " andra "})
    assert "redan en vy som heter andra" in anna.errors["name"]
    await anna.fill_and_submit({"name": "Tredje"})
    await anna.wait_until(lambda: "Tredje" in str(anna.view))
    await anna.press_in_view("views:delete", block_id=_block_after(anna.view, "Andra"))
    await anna.wait_until(lambda: "Andra" not in str(anna.view))
    await wait_for_home_text(anna, "Alla · 0 ärenden")
    assert "Tredje" in str(anna.home) and harness.warnings() == []


def _block_after(view: Any, text: str) -> str:
    place = next(n for n, block in enumerate(view["blocks"]) if text in str(block))
    return str(view["blocks"][place + 1]["block_id"])


async def test_home_starts_with_the_view_that_is_chosen_as_start(harness: SlackHarness) -> None:
    anna = await open_all(harness)
    await anna.press_at_home("home:saveview")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"name": "Allt"})
    await wait_for_home_text(anna, "Allt · 0 ärenden")
    await anna.press_at_home("home:settings")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"start": "Vyn Allt"})
    await harness.wait_until_idle()
    await anna.press_at_home("home:tab:mine")
    await wait_for_home_text(anna, "Mina · 0 ärenden")
    await open_app_home(harness, ANNA, "Allt · 0 ärenden")


async def test_columns_are_shown_in_the_order_chosen_beside_the_filter_until_they_are_the_usual_ones_again(
    any_harness: SlackHarness,
) -> None:
    case = await any_harness.submit()
    anna = await open_all(any_harness)
    await anna.press_at_home("home:columns")
    await anna.wait_until(lambda: anna.view)
    columns = ["origin", "status", "service", *["-"] * 5]
    await anna.fill_and_submit({f"column{n}": column for n, column in enumerate(columns, start=1)})
    chosen = f"*{case.number}* · Webben\nInskickat · Ansökan om bygglov"
    await anna.wait_until(lambda: chosen in _texts(anna))
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_home_text(anna, "Obehandlade · 1 ärende")
    assert chosen in _texts(anna), "in every list"
    await anna.press_at_home("home:columns")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"column4": "status"})
    assert anna.errors == {"column4": "Kolumnen är redan vald. Välj en annan, eller Ingen."}
    await anna.press_in_view("home:columns:reset")
    await anna.wait_until(lambda: "column1#1" in str(anna.view))
    await anna.fill_and_submit({"column8": "status"})
    assert anna.errors == {"column8#1": "Kolumnen är redan vald. Välj en annan, eller Ingen."}
    await anna.fill_and_submit({"column8": "-"})
    await anna.wait_until(lambda: "Webben" not in _texts(anna))
    assert (await load_preferences(any_harness)).columns == DEFAULT_COLUMNS
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_a_page_has_as_many_rows_as_chosen_and_the_columns_stay(any_harness: SlackHarness) -> None:
    chosen = Preferences(columns=("number", "origin"))
    await any_harness.service.database.write(lambda tx: preferences.save(tx, "anna-berg", chosen))
    cases = [(await any_harness.submit()).number for _ in range(11)][::-1]
    anna = await open_all(any_harness)
    await anna.press_at_home("home:settings")
    view = await anna.wait_until(lambda: anna.view)
    assert "Kolumn" not in str(view)
    await anna.fill_and_submit({"rows": "10"})
    await wait_for_numbers(anna, *cases[:10])
    await anna.press_at_home("home:turn:next")
    await wait_for_numbers(anna, cases[10])
    assert "Visar 11–11 av 11" in str(anna.home)
    assert (await load_preferences(any_harness)).columns == ("number", "origin")
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def load_preferences(harness: SlackHarness) -> Preferences:
    return await harness.read(lambda tx: preferences.load(tx, "anna-berg"))


def _texts(person: Colleague) -> str:
    assert person.home is not None
    return "\n".join(
        str(block["text"]["text"]) for block in person.home["blocks"] if block["type"] == "section"
    )


async def test_a_table_has_the_columns_and_opens_cases_with_the_way_through_them(
    any_harness: SlackHarness,
) -> None:
    first, second = await any_harness.submit(), await any_harness.submit()
    await _show_tables(any_harness)
    anna = await open_all(any_harness)
    assert anna.home is not None
    (table,) = [block for block in anna.home["blocks"] if block["type"] == "data_table"]
    texts = [[cell.get("text") for cell in row] for row in table["rows"]]
    assert texts == [
        ["Ärendenummer", "E-tjänst", "Status", "Handläggare", "Inkom", "Att göra senast", "Öppna"],
        [second.number, "Ansökan om bygglov", "Inskickat", "–", "23 nov. 2026", "7 dec. 2026", None],
        [first.number, "Ansökan om bygglov", "Inskickat", "–", "23 nov. 2026", "7 dec. 2026", None],
    ]
    await anna.press_at_home(table["rows"][1][-1]["element"]["action_id"])
    await anna.wait_until(lambda: second.number in str(anna.view))
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def _show_tables(harness: SlackHarness) -> None:
    tables = replace(Preferences(), layout="table")
    await harness.service.database.write(lambda tx: preferences.save(tx, "anna-berg", tables))


async def test_where_slack_knows_no_tables_the_cases_are_a_list_and_home_says_so(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    await _show_tables(harness)
    anna = await open_app_home(harness, ANNA)
    harness.sandbox.inject("views.publish", "refused", code="invalid_blocks", times=1)
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_home_text(anna, "Slack kunde inte visa tabellen. Här är ärendena som lista.")
    assert shown_numbers(anna) == [case.number]


def large_catalog(catalog: Catalog) -> Catalog:
    """The sample's with two hundred e-services, all Anna's, and five thousand officers."""
    bygglov, anna = catalog.services["bygglov"], catalog.municipality.officers[0]
    copies = {
        f"tillsyn-{n}": bygglov.model_copy(
            update={"key": f"tillsyn-{n}", "name": Text(sv=f"Anmälan {n} om tillsyn", en=f"Report {n}")}
        )
        for n in range(200)
    }
    officers = [
        anna.model_copy(
            update={"key": f"kollega-{n}", "name": f"Kollega {n}", "email": f"k{n}@lindsjo.example"}
        )
        for n in range(5_000)
    ]
    municipality = catalog.municipality.model_copy(
        update={"officers": (*catalog.municipality.officers, *officers)}
    )
    return catalog.model_copy(
        update={"services": {**catalog.services, **copies}, "municipality": municipality}
    )


async def test_of_two_hundred_e_services_and_five_thousand_officers_those_with_the_typed_name_are_offered(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(sqlite_database, large_catalog(catalog), clock) as harness:
        anna = await open_all(harness)
        every = [one["text"]["text"] for one in await anna.suggest_at_home("home:service", "")]
        assert every[0] == "Alla e-tjänster" and len(every) == 100
        some = [one["text"]["text"] for one in await anna.suggest_at_home("home:service", "TILLSYN 197")]
        assert some == ["Anmälan 197 om tillsyn"]
        await anna.press_at_home("home:service", value="tillsyn-197")
        await wait_for_home_text(anna, "Urval: Anmälan 197 om tillsyn")
        await anna.press_at_home("home:filter")
        await anna.wait_until(lambda: anna.view)
        assert len(await anna.suggest("only_services", "tillsyn")) == 100
        people = [one["text"]["text"] for one in await anna.suggest("only_assignees", "kollega 4999")]
        assert people == ["Kollega 4999"]
        await anna.fill_and_submit({"only_assignees": ["officer:kollega-4999"]})
        await wait_for_home_text(anna, "Urval: Anmälan 197 om tillsyn, Kollega 4999")
        assert harness.warnings() == [] and harness.failed_calls() == []


async def test_a_strict_case_has_number_and_status_in_a_table_and_nothing_else(
    harness: SlackHarness,
) -> None:
    case = await harness.submit(WORRIES)
    await _show_tables(harness)
    anna = await open_all(harness)
    assert anna.home is not None
    (table,) = [block for block in anna.home["blocks"] if block["type"] == "data_table"]
    assert [cell.get("text") for cell in table["rows"][1]][:-1] == [
        case.number,
        "–",
        "Inkommen",
        "–",
        "–",
        "–",
    ]


async def test_a_menu_of_a_view_drawn_before_there_were_filters_is_not_there_and_tabs_go_on(
    harness: SlackHarness,
) -> None:
    """Pressing in a Home that an earlier version drew shows the tab's own list."""
    case = await harness.submit()
    anna = await open_all(harness)
    await choose(anna, "home:service", POTHOLES)
    await wait_for_home_text(anna, "Inga ärenden stämmer med urvalet.")
    assert anna.home is not None
    old = {**anna.home, "private_metadata": '{"tab":"all","page":0}'}
    published = {name: old[name] for name in ("type", "callback_id", "blocks", "private_metadata")}
    await harness.deps.slack.publish_home(ANNA, published)
    await anna.press_at_home("home:refresh")
    await wait_for_numbers(anna, case.number)


async def test_a_list_asked_for_in_words_is_gone_through_in_the_overview(any_harness: SlackHarness) -> None:
    cases = [(await any_harness.submit()).number for _ in range(11)][::-1]
    inquiry = await any_harness.submit(POTHOLES)
    anna = any_harness.person(ANNA)
    await run_command(any_harness, ANNA, "lista öppna bygglov")
    await anna.press(BYGGLOV_CHANNEL, anna.ephemerals()[-1]["ts"], "home:list:query")
    await anna.wait_until(lambda: cases[10] in str(anna.view))
    assert "Urval: Ansökan om bygglov, Öppna" in str(anna.view) and inquiry.number not in str(anna.view)
    await anna.press_in_view("home:clear")
    await anna.wait_until(lambda: inquiry.number in str(anna.view))
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_a_saved_view_is_asked_for_by_its_name(harness: SlackHarness) -> None:
    permit, inquiry = await harness.submit(), await harness.submit(POTHOLES)
    await _leave_list(harness, CaseFilter(services=(POTHOLES,)))
    await run_command(harness, ANNA, "lista min VY")
    answer = str(harness.person(ANNA).ephemerals()[-1]["blocks"])
    assert inquiry.number in answer and permit.number not in answer


async def test_where_a_view_cannot_be_read_home_says_so_and_goes_on(harness: SlackHarness) -> None:
    await harness.submit()
    await _leave_list(harness, CaseFilter())
    await harness.service.database.write(
        lambda tx: tx.conn.execute(update(SavedQueryRow).values(body='{"filter":{"weight":"heavy"}}'))
    )
    anna = await open_app_home(harness, ANNA, "sparad av en annan version av Ärendebot")
    assert "Min vy" in str(anna.home)
    await anna.press_at_home("home:views")
    await anna.wait_until(lambda: "sparad av en annan version" in str(anna.view))
    assert harness.warnings() == []


async def test_a_view_that_was_deleted_meanwhile_is_told_of(harness: SlackHarness) -> None:
    await _leave_list(harness, CaseFilter())
    anna = await open_app_home(harness, ANNA, "Min vy · 0 ärenden")
    officer = harness.officer("anna-berg")
    await harness.service.database.write(lambda tx: saved_views.delete_view(tx, officer, "v1"))
    await anna.press_at_home("home:view", value="Min vy")
    await anna.wait_until(lambda: "Vyn finns inte längre." in str(anna.view))


async def test_a_list_left_on_one_device_is_not_paged_by_the_keys_of_another(harness: SlackHarness) -> None:
    """The page beside the one that was shown is of the list that was shown."""
    numbers = [(await harness.submit()).number for _ in range(21)][::-1]
    anna = await open_all(harness)
    shown = anna.home
    await choose(anna, "home:sort", "number:0")
    await wait_for_numbers(anna, *numbers[:0:-1])
    assert shown is not None
    published = {name: shown[name] for name in ("type", "callback_id", "blocks", "private_metadata")}
    await harness.deps.slack.publish_home(ANNA, published)
    await anna.press_at_home("home:turn:next")
    await wait_for_numbers(anna, numbers[20])


async def test_the_words_of_a_command_and_of_home_are_the_same(harness: SlackHarness) -> None:
    await harness.submit()
    assert "Ansökan om bygglov" in await run_command(harness, ANNA, "lista bygglov")
    anna = await open_all(harness)
    await choose(anna, "home:service", "bygglov")
    await wait_for_home_text(anna, "Urval: Ansökan om bygglov")
    assert re.search("Alla · 1 av 1 ärende", str(anna.home))
