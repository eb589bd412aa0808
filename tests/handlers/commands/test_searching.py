"""Searching in Slack: by words, by a shortcut, and from case to case of what was found."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import text as sql
from structlog.testing import capture_logs

from bot.domain.intake import Person
from bot.domain.protection import SetProtection
from bot.service import Done
from bot.store.cases import indexing
from bot.store.lists import search_results
from sandbox.person import Person as Colleague
from tests.handlers.commands.test_commands import typed
from tests.handlers.office import ANNA, BJORN, BYGGLOV, ELIN, GUEST, JOSE, Office

NONE = (
    "Sökningen gav inga träffar. Pröva färre ord, början av ett ord eller ärendets nummer. "
    "Ärenden som bara visas på ärendesidan hittas på nummer."
)


async def sent_by(office: Office, name: str, **given: Any) -> Done:
    return await office.submits(people=(Person(id=uuid.uuid4().hex, name=name),), **given)


async def searches(office: Office, text: str, who: str = ANNA, **more: str) -> Colleague:
    """The person uses the shortcut and looks for the text."""
    person = office.person(who)
    told = await person.shortcut("shortcut:search")
    assert told["ok"], told["error"]
    await person.wait_until(lambda: person.view)
    await office.settled()
    await person.fill_and_submit({"text": text, **more})
    return person


def listed(blocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The buttons of the cases, by number."""
    buttons = [one["accessory"] | {"in": one["block_id"]} for one in blocks if "accessory" in one]
    return {one["accessibility_label"].rpartition(" ")[2]: one for one in buttons}


def shown(person: Colleague) -> list[str]:
    """The numbers of the cases in the person's modal."""
    assert person.view is not None
    return list(listed(person.view["blocks"]))


async def opens(office: Office, person: Colleague, number: str) -> None:
    assert person.view is not None
    await person.press_in_view("case:show", block_id=listed(person.view["blocks"])[number]["in"])
    await person.wait_until(lambda: "Uppgifter i ärendet" in str(person.view))
    await office.settled()


async def presses(office: Office, person: Colleague, action: str, until: str) -> None:
    await person.press_in_view(action)
    await person.wait_until(lambda: until in str(person.view))
    await office.settled()


# --- by words ---


async def test_while_older_cases_are_indexed_whoever_searches_is_told(office: Office) -> None:
    await sent_by(office, "Eva Ek")
    await office.service.database.write(lambda tx: tx.conn.execute(sql("UPDATE search SET rule = 0")))
    said = "Äldre ärenden håller på att göras sökbara."
    assert said in await answered(office, "sök Eva")
    assert said in await answered(office, "sök Kalle")
    assert said in str((await searches(office, "Eva")).view)
    await office.service.database.write(indexing.index_some)
    assert said not in await answered(office, "sök Eva")


async def answered(office: Office, text: str) -> str:
    """All of the answer, not its summary alone."""
    await typed(office, ANNA, text)
    return str(office.person(ANNA).ephemerals()[-1])


async def test_cases_are_found_by_words_and_listed_privately(any_office: Office) -> None:
    first, second = await sent_by(any_office, "Sigrid Åkerlund"), await sent_by(any_office, "Sigrid Åkerlund")
    await sent_by(any_office, "Karl Ek")
    assert await typed(any_office, ANNA, "sök akerlund sigrid") == "2 träffar"
    blocks = any_office.person(ANNA).ephemerals()[-1]["blocks"]
    assert list(listed(blocks)) == [second.number, first.number]
    assert "kerlund" not in str(blocks) and any_office.refused_calls() == []


async def test_english_is_answered_in_english(office: Office) -> None:
    await office.submits("felanmalan-gata-park", values={"plats": "Vid lyktstolpen"})
    assert await typed(office, JOSE, "search lyktstolpe", "/case") == "1 match"
    assert (await typed(office, JOSE, "search lamp", "/case")).startswith("Nothing was found.")


async def test_when_nothing_is_found_it_is_said_and_the_text_is_not_repeated(office: Office) -> None:
    assert await typed(office, ANNA, "sök Sigrid Åkerlund") == NONE
    assert "kerlund" not in str(office.person(ANNA).ephemerals())


async def test_when_too_many_are_found_it_is_said_how_many_and_how_to_get_fewer(office: Office) -> None:
    for _ in range(11):
        await sent_by(office, "Sigrid Åkerlund")
    assert await typed(office, ANNA, "sök sigrid") == "11 träffar"
    blocks = office.person(ANNA).ephemerals()[-1]["blocks"]
    assert len(listed(blocks)) == 10
    assert "De 10 första visas. Sök på ett ord till, ett namn eller ett nummer för att få färre." in str(
        blocks
    )


async def test_a_number_is_part_of_what_is_looked_for(office: Office) -> None:
    """As in "Storgatan 123": after this word it names no case by itself."""
    case = await office.submits()
    assert await typed(office, ANNA, "sök 4 björken") == "1 träff"
    assert await typed(office, ANNA, f"sök {case.number}") == "1 träff"
    assert await typed(office, ANNA, "sök 7 björken") == NONE


async def test_without_a_text_the_dialog_opens(office: Office) -> None:
    anna = office.person(ANNA)
    await typed(office, ANNA, "sök")
    assert anna.view is not None and anna.view["title"]["text"] == "Sök ärende"


async def test_a_protected_case_is_found_by_its_number_alone(office: Office) -> None:
    case = await sent_by(office, "Sigrid Åkerlund", protected=True)
    assert await typed(office, ANNA, "sök åkerlund") == NONE
    assert await typed(office, ANNA, "sök björken") == NONE
    assert await typed(office, ANNA, f"sök {case.number}") == "1 träff"
    assert "Ansökan om bygglov" not in str(office.person(ANNA).ephemerals()[-1]["blocks"])


async def test_a_strict_e_services_case_is_found_by_its_number_alone(office: Office) -> None:
    case = await sent_by(office, "Sigrid Åkerlund", service="orosanmalan-barn", values={"oro": "Bråk"})
    assert await typed(office, ELIN, "sök åkerlund") == NONE
    assert await typed(office, ELIN, "sök bråk") == NONE
    assert await typed(office, ELIN, f"sök {case.number}") == "1 träff"
    blocks = office.person(ELIN).ephemerals()[-1]["blocks"]
    assert list(listed(blocks)) == [case.number] and "Orosanmälan" not in str(blocks)


async def test_that_someone_searched_is_logged_and_for_what_is_not(office: Office) -> None:
    await sent_by(office, "Sigrid Åkerlund")
    with capture_logs() as log:
        await typed(office, ANNA, "sök åkerlund")
        await searches(office, "sigrid")
    told = [one for one in log if one["event"] == "searched"]
    assert [(one["by"], one["hits"]) for one in told] == [("officer:anna-berg", 1)] * 2
    assert "kerlund" not in str(log).lower() and "sigrid" not in str(log).lower()


# --- in the dialog ---


async def test_cases_are_found_in_the_dialog_which_stays_for_the_next_search(any_office: Office) -> None:
    case, other = await sent_by(any_office, "Sigrid Åkerlund"), await sent_by(any_office, "Karl Ek")
    anna = await searches(any_office, "åkerlund")
    assert shown(anna) == [case.number]
    assert "1 träff" in str(anna.view)
    await anna.fill_and_submit({"text": "karl"})
    assert shown(anna) == [other.number]
    assert len(anna.views) == 1 and any_office.refused_calls() == []


async def test_the_text_is_neither_in_the_views_ids_nor_in_the_store(office: Office) -> None:
    await sent_by(office, "Sigrid Åkerlund")
    anna = await searches(office, "sigrid")
    assert anna.view is not None and set(json.loads(anna.view["private_metadata"])) == {"hits", "page"}
    kept = await office.read(lambda tx: tx.conn.exec_driver_sql("SELECT case_ids FROM hits").scalars().all())
    assert len(kept) == 1 and "sigrid" not in kept[0]


async def test_a_search_for_nothing_is_told_beneath_its_field(office: Office) -> None:
    anna = await searches(office, "  ")
    assert anna.errors == {"text": "Skriv ett nummer, ett namn eller ett ord."}


async def test_what_is_no_word_finds_nothing(office: Office) -> None:
    await office.submits()
    anna = await searches(office, '"*) OR ( -')
    assert NONE in str(anna.view)


async def test_a_search_can_be_kept_to_an_e_service(office: Office) -> None:
    case = await sent_by(office, "Sigrid Åkerlund", service="forskola", values={})
    elin = await searches(office, "åkerlund", ELIN, service="orosanmalan-barn")
    assert NONE in str(elin.view)
    await elin.fill_and_submit({"text": "åkerlund", "service": "forskola"})
    assert shown(elin) == [case.number]


async def test_who_has_one_e_service_is_not_asked_which(office: Office) -> None:
    jose = await searches(office, "åkerlund", JOSE)
    assert "E-service" not in str(jose.view)


async def test_the_pages_of_what_was_found_are_turned(office: Office) -> None:
    cases = [await sent_by(office, "Sigrid Åkerlund") for _ in range(23)]
    numbers = [case.number for case in cases][::-1]
    anna = await searches(office, "sigrid")
    assert shown(anna) == numbers[:10]
    await presses(office, anna, "hits:turn:next", "Sida 2 av 3")
    await presses(office, anna, "hits:turn:next", "Sida 3 av 3")
    assert shown(anna) == numbers[20:]
    await presses(office, anna, "hits:turn:back", "Sida 2 av 3")
    assert shown(anna) == numbers[10:20] and office.refused_calls() == []


# --- from case to case ---


async def test_one_goes_from_case_to_case_of_what_was_found_and_back_to_it(office: Office) -> None:
    cases = [await sent_by(office, "Sigrid Åkerlund") for _ in range(12)]
    anna = await searches(office, "åkerlund")
    await presses(office, anna, "hits:turn:next", "Sida 2 av 2")
    await opens(office, anna, cases[1].number)
    assert anna.view is not None and anna.view["title"]["text"] == cases[1].number
    await presses(office, anna, "case:step:next", f"'text': '{cases[0].number}'")
    await presses(office, anna, "case:step:back", f"'text': '{cases[1].number}'")
    await presses(office, anna, "hits:back", "Sida 2 av 2")
    assert shown(anna) == [cases[1].number, cases[0].number]
    assert len(anna.views) == 1 and office.refused_calls() == []


async def test_the_case_takes_the_dialogs_place_so_that_a_form_and_its_preview_fit_above_it(
    office: Office,
) -> None:
    case = await sent_by(office, "Sigrid Åkerlund")
    anna = await searches(office, "åkerlund")
    await opens(office, anna, case.number)
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: len(anna.views) == 2)
    await office.settled()
    await anna.fill_and_submit({"text": "Hej"})
    assert len(anna.views) == 3 and office.refused_calls() == []


async def test_from_a_list_by_words_one_also_goes_on_to_the_next_and_to_them_all(office: Office) -> None:
    first, second = await sent_by(office, "Sigrid Åkerlund"), await sent_by(office, "Sigrid Åkerlund")
    await typed(office, ANNA, "sök åkerlund")
    anna = office.person(ANNA)
    told = anna.ephemerals()[-1]
    await anna.press(BYGGLOV, told["ts"], "case:show", block_id=listed(told["blocks"])[second.number]["in"])
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await presses(office, anna, "case:step:next", f"'text': '{first.number}'")
    await presses(office, anna, "hits:back", "2 träffar")
    assert shown(anna) == [second.number, first.number]


async def test_a_case_that_one_may_no_longer_see_is_gone_from_what_was_found(office: Office) -> None:
    first, second = await sent_by(office, "Sigrid Åkerlund"), await sent_by(office, "Sigrid Åkerlund")
    bjorn = await searches(office, "åkerlund", BJORN)
    hidden = SetProtection(case_id=second.case_id, protected=True, reason="Hon ringde")
    await office.does("anna-berg", hidden)
    assert bjorn.view is not None
    await bjorn.press_in_view("case:show", block_id=listed(bjorn.view["blocks"])[second.number]["in"])
    await bjorn.wait_until(lambda: "skyddade personuppgifter" in str(bjorn.view))
    bjorn = await searches(office, "åkerlund", BJORN)
    assert shown(bjorn) == [first.number]


async def test_what_is_no_longer_kept_is_to_be_looked_for_again(office: Office) -> None:
    case = await sent_by(office, "Sigrid Åkerlund")
    anna = await searches(office, "åkerlund")
    await opens(office, anna, case.number)
    gone = office.clock() + search_results.LIFE + timedelta(hours=1)
    await office.service.database.write(lambda tx: search_results.sweep(tx, gone))
    await presses(office, anna, "hits:back", "Träffarna finns inte kvar. Sök igen.")
    await anna.fill_and_submit({"text": "åkerlund"})
    assert "1 träff" in str(anna.view) and "finns inte kvar" not in str(anna.view)


async def test_one_who_is_no_officer_is_told_so_and_finds_nothing(office: Office) -> None:
    await sent_by(office, "Sigrid Åkerlund")
    assert "Gäster och andra organisationer" in await typed(office, GUEST, "sök åkerlund")
