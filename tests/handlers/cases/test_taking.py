"""Taking a case and giving it back."""

from __future__ import annotations

import asyncio

from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.status import SetStatus
from tests.handlers.office import ANNA, BJORN, BYGGLOV, ELIN, SOCIAL, Office


async def test_anna_takes_a_case(any_office: Office) -> None:
    case = await any_office.submits()
    told = await any_office.person(ANNA).press(*await any_office.card(case), "case:take")
    assert told["ok"], told["error"]
    assert (await any_office.case(case)).officers == ("anna-berg",)
    assert any_office.warnings() == []


async def test_the_slower_of_two_is_told_who_was_first(any_office: Office) -> None:
    case = await any_office.submits()
    card = await any_office.card(case)
    both = [any_office.person(who) for who in (ANNA, BJORN)]
    told = await asyncio.gather(*(one.press(*card, "case:take") for one in both))
    await any_office.settled()
    assert [one["ok"] for one in told] == [True, True]
    officers = (await any_office.case(case)).officers
    assert len(officers) == 1
    first, slower = ("Anna Berg", BJORN) if officers == ("anna-berg",) else ("Björn Ek", ANNA)
    assert any_office.ephemeral(slower).startswith(f"{first} hann före. Ärendet togs ")
    assert all(one.view is None for one in both)


async def test_her_own_case_is_answered_with_a_way_to_give_it_back(office: Office) -> None:
    case = await office.submits()
    anna = office.person(ANNA)
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    card = await office.card(case)
    await anna.press(*card, "case:take")
    await office.settled()
    assert office.ephemeral(ANNA) == "Du är redan handläggare."
    told = anna.ephemerals()[-1]
    await anna.press(BYGGLOV, told["ts"], "case:release")
    assert (await office.case(case)).officers == ()


async def test_on_a_case_that_someone_has_one_is_asked_how(office: Office) -> None:
    case = await office.submits()
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = office.person(BJORN)
    await bjorn.press(*await office.card(case), "case:take")
    view = await bjorn.wait_until(lambda: bjorn.view)
    assert view["title"]["text"] == "Ärendet har handläggare"
    assert "Anna Berg är handläggare sedan 23 nov." in str(view["blocks"])
    await bjorn.fill_and_submit({"mode": "together"})
    assert (await office.case(case)).officers == ("anna-berg", "bjorn-ek")
    assert bjorn.view is None


async def test_a_case_can_be_taken_over(office: Office) -> None:
    case = await office.submits()
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = office.person(BJORN)
    await bjorn.press(*await office.card(case), "case:take")
    await bjorn.wait_until(lambda: bjorn.view)
    await bjorn.fill_and_submit({"mode": "over"})
    assert (await office.case(case)).officers == ("bjorn-ek",)


async def test_who_has_the_case_may_have_changed_while_one_thought(office: Office) -> None:
    case = await office.submits()
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = office.person(BJORN)
    await bjorn.press(*await office.card(case), "case:take")
    await bjorn.wait_until(lambda: bjorn.view)
    await office.does("anna-berg", ReleaseCase(case_id=case.case_id))
    await office.does("marta-lindqvist", TakeCase(case_id=case.case_id))
    await bjorn.fill_and_submit({"mode": "over"})
    assert (await office.case(case)).officers == ("marta-lindqvist",)
    assert "Märta Lindqvist hann före." in str(bjorn.view)


async def test_a_case_given_back_since_the_card_was_drawn_is_simply_taken(office: Office) -> None:
    case = await office.submits()
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    card = await office.card(case)
    await office.does("anna-berg", ReleaseCase(case_id=case.case_id))
    await office.person(BJORN).press(*card, "case:take")
    assert (await office.case(case)).officers == ("bjorn-ek",)


async def test_a_closed_case_is_not_taken_from_an_old_card(office: Office) -> None:
    case = await office.submits()
    card = await office.card(case)
    closing = SetStatus(
        case_id=case.case_id, status="aterkallat", was="inskickat", note="Återkallad per telefon"
    )
    await office.does("anna-berg", closing)
    await office.person(BJORN).press(*card, "case:take")
    await office.settled()
    assert office.ephemeral(BJORN) == "Ärendet är avslutat. Återöppna det först."


async def test_a_strict_case_is_taken_on_its_card(office: Office) -> None:
    case = await office.submits("orosanmalan-barn")
    told = await office.person(ELIN).press(*await office.card(case, SOCIAL), "case:take")
    assert told["ok"]
    assert (await office.case(case)).officers == ("elin-sara-blind",)


async def test_who_has_no_part_in_a_strict_eservice_is_not_told_its_name(office: Office) -> None:
    case = await office.submits("orosanmalan-barn")
    await office.person(ANNA).press(*await office.card(case, SOCIAL), "case:take")
    await office.settled()
    assert office.ephemeral(ANNA).startswith(f"Du har inte behörighet till ärende {case.number}. Kontakta ")
    assert (await office.case(case)).officers == ()


async def test_joining_from_the_cases_modal_is_seen_in_it(office: Office) -> None:
    case = await office.submits()
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = office.person(BJORN)
    await bjorn.press(*await office.card(case), "case:show")
    await bjorn.wait_until(lambda: "Uppgifter i ärendet" in str(bjorn.view))
    await bjorn.press_in_view("case:take")
    await bjorn.wait_until(lambda: len(bjorn.views) == 2)
    await bjorn.fill_and_submit({"mode": "together"})
    await bjorn.wait_until(lambda: "Anna Berg, Björn Ek" in str(bjorn.view))
    assert len(bjorn.views) == 1


async def test_losing_the_race_in_the_modal_is_told_in_it(office: Office) -> None:
    case = await office.submits()
    bjorn = office.person(BJORN)
    await bjorn.press(*await office.card(case), "case:show")
    await bjorn.wait_until(lambda: "Uppgifter i ärendet" in str(bjorn.view))
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    await bjorn.press_in_view("case:take")
    await bjorn.wait_until(lambda: "Anna Berg hann före." in str(bjorn.view))
    assert (await office.case(case)).officers == ("anna-berg",)
