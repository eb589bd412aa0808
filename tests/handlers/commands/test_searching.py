"""Searching in Slack: by words, by a shortcut, and from case to case of what was found."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import text as sql
from structlog.testing import capture_logs

from bot.domain.assignment import TakeCase
from bot.domain.protection import SetProtection
from bot.domain.submission import Person
from bot.service import CommandResult
from bot.store.cases import indexing
from bot.store.lists import search_results
from sandbox.person import Person as Colleague
from tests.handlers.commands.test_commands import run_command
from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, ELIN, GUEST, JOSE, SlackHarness

NONE = (
    "Sökningen gav inga träffar. Pröva färre ord, början av ett ord eller ärendets nummer. "
    "Ärenden som bara visas på ärendesidan hittas på nummer."
)


async def submit_by(harness: SlackHarness, name: str, **given: Any) -> CommandResult:
    return await harness.submit(people=(Person(id=uuid.uuid4().hex, name=name),), **given)


async def search_for(harness: SlackHarness, text: str, who: str = ANNA, **more: str) -> Colleague:
    """The person uses the shortcut and looks for the text."""
    person = harness.person(who)
    result = await person.shortcut("shortcut:search")
    assert result["ok"], result["error"]
    await person.wait_until(lambda: person.view)
    await harness.wait_until_idle()
    await person.fill_and_submit({"text": text, **more})
    return person


def case_buttons(blocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The buttons of the cases, by number."""
    buttons = [one["accessory"] | {"in": one["block_id"]} for one in blocks if "accessory" in one]
    return {one["accessibility_label"].rpartition(" ")[2]: one for one in buttons}


def shown_numbers(person: Colleague) -> list[str]:
    """The numbers of the cases in the person's modal."""
    assert person.view is not None
    return list(case_buttons(person.view["blocks"]))


async def open_result(harness: SlackHarness, person: Colleague, number: str) -> None:
    assert person.view is not None
    await person.press_in_view("case:show", block_id=case_buttons(person.view["blocks"])[number]["in"])
    await person.wait_until(lambda: "Uppgifter i ärendet" in str(person.view))
    await harness.wait_until_idle()


async def press_and_wait(harness: SlackHarness, person: Colleague, action: str, until: str) -> None:
    await person.press_in_view(action)
    await person.wait_until(lambda: until in str(person.view))
    await harness.wait_until_idle()


# --- by words ---


async def test_while_older_cases_are_indexed_whoever_searches_is_told(harness: SlackHarness) -> None:
    await submit_by(harness, "Eva Ek")
    await harness.service.database.write(lambda tx: tx.conn.execute(sql("UPDATE search SET rule = 0")))
    wording = "Äldre ärenden håller på att göras sökbara."
    assert wording in await search_by_command(harness, "sök Eva")
    assert wording in await search_by_command(harness, "sök Kalle")
    assert wording in str((await search_for(harness, "Eva")).view)
    await harness.service.database.write(indexing.index_batch)
    assert wording not in await search_by_command(harness, "sök Eva")


async def search_by_command(harness: SlackHarness, text: str) -> str:
    """All of the answer, not its summary alone."""
    await run_command(harness, ANNA, text)
    return str(harness.person(ANNA).ephemerals()[-1])


async def test_cases_are_found_by_words_and_listed_privately(any_harness: SlackHarness) -> None:
    first, second = (
        await submit_by(any_harness, "Sigrid Åkerlund"),
        await submit_by(any_harness, "Sigrid Åkerlund"),
    )
    await submit_by(any_harness, "Karl Ek")
    assert await run_command(any_harness, ANNA, "sök akerlund sigrid") == "2 träffar"
    blocks = any_harness.person(ANNA).ephemerals()[-1]["blocks"]
    assert list(case_buttons(blocks)) == [second.number, first.number]
    assert "kerlund" not in str(blocks) and any_harness.failed_calls() == []


async def test_a_search_by_command_leads_on_to_the_list_of_all_that_was_found(
    any_harness: SlackHarness,
) -> None:
    found = [(await submit_by(any_harness, "Sigrid Åkerlund")).number for _ in range(11)][::-1]
    await submit_by(any_harness, "Karl Ek")
    await run_command(any_harness, ANNA, "sök akerlund")
    anna = any_harness.person(ANNA)
    await anna.press(BYGGLOV_CHANNEL, anna.ephemerals()[-1]["ts"], "home:list:query")
    await anna.wait_until(lambda: found[-1] in str(anna.view))
    assert "Alla · 11 av 12 ärenden" in str(anna.view) and "Urval: med sökord" in str(anna.view)
    assert any_harness.failed_calls() == []


async def test_a_list_by_command_has_the_cases_with_a_text_and_leads_on_to_them_all(
    harness: SlackHarness,
) -> None:
    mine = await submit_by(harness, "Sigrid Åkerlund")
    await harness.perform("anna-berg", TakeCase(case_id=mine.case_id))
    other = await submit_by(harness, "Sigrid Åkerlund")
    await submit_by(harness, "Karl Ek")
    await run_command(harness, ANNA, "lista mina sök akerlund")
    anna = harness.person(ANNA)
    answer = anna.ephemerals()[-1]
    assert list(case_buttons(answer["blocks"])) == [mine.number]
    await anna.press(BYGGLOV_CHANNEL, answer["ts"], "home:list:query")
    await anna.wait_until(lambda: "home:searchall" in str(anna.view))
    await anna.press_in_view("home:searchall")
    await anna.wait_until(lambda: other.number in str(anna.view))
    assert mine.number in str(anna.view) and harness.failed_calls() == []


async def test_english_is_answered_in_english(harness: SlackHarness) -> None:
    await harness.submit("felanmalan-gata-park", values={"plats": "Vid lyktstolpen"})
    assert await run_command(harness, JOSE, "search lyktstolpe", "/case") == "1 match"
    assert (await run_command(harness, JOSE, "search lamp", "/case")).startswith("Nothing was found.")


async def test_when_nothing_is_found_it_is_said_and_the_text_is_not_repeated(harness: SlackHarness) -> None:
    assert await run_command(harness, ANNA, "sök Sigrid Åkerlund") == NONE
    assert "kerlund" not in str(harness.person(ANNA).ephemerals())


async def test_when_too_many_are_found_it_is_said_how_many_and_how_to_get_fewer(
    harness: SlackHarness,
) -> None:
    for _ in range(11):
        await submit_by(harness, "Sigrid Åkerlund")
    assert await run_command(harness, ANNA, "sök sigrid") == "11 träffar"
    blocks = harness.person(ANNA).ephemerals()[-1]["blocks"]
    assert len(case_buttons(blocks)) == 10
    assert "De 10 första visas. Sök på ett ord till, ett namn eller ett nummer för att få färre." in str(
        blocks
    )


async def test_a_number_is_part_of_what_is_looked_for(harness: SlackHarness) -> None:
    """As in "Storgatan 123": after this word it names no case by itself."""
    case = await harness.submit()
    assert await run_command(harness, ANNA, "sök 4 björken") == "1 träff"
    assert await run_command(harness, ANNA, f"sök {case.number}") == "1 träff"
    assert await run_command(harness, ANNA, "sök 7 björken") == NONE


async def test_without_a_text_the_dialog_opens(harness: SlackHarness) -> None:
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, "sök")
    assert anna.view is not None and anna.view["title"]["text"] == "Sök ärende"


async def test_a_protected_case_is_found_by_its_number_alone(harness: SlackHarness) -> None:
    case = await submit_by(harness, "Sigrid Åkerlund", protected=True)
    assert await run_command(harness, ANNA, "sök åkerlund") == NONE
    assert await run_command(harness, ANNA, "sök björken") == NONE
    assert await run_command(harness, ANNA, f"sök {case.number}") == "1 träff"
    assert "Ansökan om bygglov" not in str(harness.person(ANNA).ephemerals()[-1]["blocks"])


async def test_a_strict_e_services_case_is_found_by_its_number_alone(harness: SlackHarness) -> None:
    case = await submit_by(harness, "Sigrid Åkerlund", service="orosanmalan-barn", values={"oro": "Bråk"})
    assert await run_command(harness, ELIN, "sök åkerlund") == NONE
    assert await run_command(harness, ELIN, "sök bråk") == NONE
    assert await run_command(harness, ELIN, f"sök {case.number}") == "1 träff"
    blocks = harness.person(ELIN).ephemerals()[-1]["blocks"]
    assert list(case_buttons(blocks)) == [case.number] and "Orosanmälan" not in str(blocks)


async def test_that_someone_searched_is_logged_and_for_what_is_not(harness: SlackHarness) -> None:
    await submit_by(harness, "Sigrid Åkerlund")
    with capture_logs() as log:
        await run_command(harness, ANNA, "sök åkerlund")
        await search_for(harness, "sigrid")
    result = [one for one in log if one["event"] == "searched"]
    assert [(one["by"], one["hits"]) for one in result] == [("officer:anna-berg", 1)] * 2
    assert "kerlund" not in str(log).lower() and "sigrid" not in str(log).lower()


# --- in the dialog ---


async def test_cases_are_found_in_the_dialog_which_stays_for_the_next_search(
    any_harness: SlackHarness,
) -> None:
    case, other = await submit_by(any_harness, "Sigrid Åkerlund"), await submit_by(any_harness, "Karl Ek")
    anna = await search_for(any_harness, "åkerlund")
    assert shown_numbers(anna) == [case.number]
    assert "1 träff" in str(anna.view)
    await anna.fill_and_submit({"text": "karl"})
    assert shown_numbers(anna) == [other.number]
    assert len(anna.views) == 1 and any_harness.failed_calls() == []


async def test_the_text_is_neither_in_the_views_ids_nor_in_the_store(harness: SlackHarness) -> None:
    await submit_by(harness, "Sigrid Åkerlund")
    anna = await search_for(harness, "sigrid")
    assert anna.view is not None and set(json.loads(anna.view["private_metadata"])) == {
        "hits",
        "page",
        "gives_place",
    }
    stored = await harness.read(
        lambda tx: tx.conn.exec_driver_sql("SELECT case_ids FROM hits").scalars().all()
    )
    assert len(stored) == 1 and "sigrid" not in stored[0]


async def test_a_search_for_nothing_is_told_beneath_its_field(harness: SlackHarness) -> None:
    anna = await search_for(harness, "  ")
    assert anna.errors == {"text": "Skriv ett nummer, ett namn eller ett ord."}


async def test_what_is_no_word_finds_nothing(harness: SlackHarness) -> None:
    await harness.submit()
    anna = await search_for(harness, '"*) OR ( -')
    assert NONE in str(anna.view)


async def test_a_search_can_be_kept_to_an_e_service(harness: SlackHarness) -> None:
    case = await submit_by(harness, "Sigrid Åkerlund", service="forskola", values={})
    elin = await search_for(harness, "åkerlund", ELIN, service="orosanmalan-barn")
    assert NONE in str(elin.view)
    await elin.fill_and_submit({"text": "åkerlund", "service": "forskola"})
    assert shown_numbers(elin) == [case.number]


async def test_who_has_one_e_service_is_not_asked_which(harness: SlackHarness) -> None:
    jose = await search_for(harness, "åkerlund", JOSE)
    assert "E-service" not in str(jose.view)


async def test_the_pages_of_what_was_found_are_turned(harness: SlackHarness) -> None:
    cases = [await submit_by(harness, "Sigrid Åkerlund") for _ in range(23)]
    numbers = [case.number for case in cases][::-1]
    anna = await search_for(harness, "sigrid")
    assert shown_numbers(anna) == numbers[:10]
    await press_and_wait(harness, anna, "hits:turn:next", "Sida 2 av 3")
    await press_and_wait(harness, anna, "hits:turn:next", "Sida 3 av 3")
    assert shown_numbers(anna) == numbers[20:]
    await press_and_wait(harness, anna, "hits:turn:back", "Sida 2 av 3")
    assert shown_numbers(anna) == numbers[10:20] and harness.failed_calls() == []


# --- from case to case ---


async def test_one_goes_from_case_to_case_of_what_was_found_and_back_to_it(harness: SlackHarness) -> None:
    cases = [await submit_by(harness, "Sigrid Åkerlund") for _ in range(12)]
    anna = await search_for(harness, "åkerlund")
    await press_and_wait(harness, anna, "hits:turn:next", "Sida 2 av 2")
    await open_result(harness, anna, cases[1].number)
    assert anna.view is not None and anna.view["title"]["text"] == cases[1].number
    await press_and_wait(harness, anna, "case:step:next", f"'text': '{cases[0].number}'")
    await press_and_wait(harness, anna, "case:step:back", f"'text': '{cases[1].number}'")
    await press_and_wait(harness, anna, "hits:back", "Sida 2 av 2")
    assert shown_numbers(anna) == [cases[1].number, cases[0].number]
    assert len(anna.views) == 1 and harness.failed_calls() == []


async def test_the_case_takes_the_dialogs_place_so_that_a_form_and_its_preview_fit_above_it(
    harness: SlackHarness,
) -> None:
    case = await submit_by(harness, "Sigrid Åkerlund")
    anna = await search_for(harness, "åkerlund")
    await open_result(harness, anna, case.number)
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: len(anna.views) == 2)
    await harness.wait_until_idle()
    await anna.fill_and_submit({"text": "Hej"})
    assert len(anna.views) == 3 and harness.failed_calls() == []


async def test_from_a_list_by_words_one_also_goes_on_to_the_next_and_to_them_all(
    harness: SlackHarness,
) -> None:
    first, second = await submit_by(harness, "Sigrid Åkerlund"), await submit_by(harness, "Sigrid Åkerlund")
    await run_command(harness, ANNA, "sök åkerlund")
    anna = harness.person(ANNA)
    result = anna.ephemerals()[-1]
    await anna.press(
        BYGGLOV_CHANNEL,
        result["ts"],
        "case:show",
        block_id=case_buttons(result["blocks"])[second.number]["in"],
    )
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await press_and_wait(harness, anna, "case:step:next", f"'text': '{first.number}'")
    await press_and_wait(harness, anna, "hits:back", "2 träffar")
    assert shown_numbers(anna) == [second.number, first.number]


async def test_a_case_that_one_may_no_longer_see_is_gone_from_what_was_found(harness: SlackHarness) -> None:
    first, second = await submit_by(harness, "Sigrid Åkerlund"), await submit_by(harness, "Sigrid Åkerlund")
    bjorn = await search_for(harness, "åkerlund", BJORN)
    hidden = SetProtection(case_id=second.case_id, protected=True, reason="Hon ringde")
    await harness.perform("anna-berg", hidden)
    assert bjorn.view is not None
    await bjorn.press_in_view("case:show", block_id=case_buttons(bjorn.view["blocks"])[second.number]["in"])
    await bjorn.wait_until(lambda: "skyddade personuppgifter" in str(bjorn.view))
    bjorn = await search_for(harness, "åkerlund", BJORN)
    assert shown_numbers(bjorn) == [first.number]


async def test_what_is_no_longer_kept_is_to_be_looked_for_again(harness: SlackHarness) -> None:
    case = await submit_by(harness, "Sigrid Åkerlund")
    anna = await search_for(harness, "åkerlund")
    await open_result(harness, anna, case.number)
    gone = harness.clock() + search_results.LIFETIME + timedelta(hours=1)
    await harness.service.database.write(lambda tx: search_results.sweep(tx, gone))
    await press_and_wait(harness, anna, "hits:back", "Träffarna finns inte kvar. Sök igen.")
    await anna.fill_and_submit({"text": "åkerlund"})
    assert "1 träff" in str(anna.view) and "finns inte kvar" not in str(anna.view)


async def test_one_who_is_no_officer_is_told_so_and_finds_nothing(harness: SlackHarness) -> None:
    await submit_by(harness, "Sigrid Åkerlund")
    assert "Gäster och andra organisationer" in await run_command(harness, GUEST, "sök åkerlund")
