"""Taking a case and giving it back."""

from __future__ import annotations

import asyncio

from sqlalchemy import event

from bot.blocks.values import MenuChoice, encode
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.status import SetStatus
from bot.service import CommandResult
from sandbox.person import Person as Colleague
from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, ELIN, SOCIAL_CHANNEL, SlackHarness


async def choose_to_join(harness: SlackHarness, who: str, case: CommandResult) -> Colleague:
    """*Arbeta med eller ta över*, in the menu of the card of a case that somebody has."""
    person, value = harness.person(who), await join_value(harness, case)
    await person.press(*await harness.post_card(case), "case:more", value)
    return person


async def join_value(harness: SlackHarness, case: CommandResult) -> str:
    return encode(MenuChoice("take", case.case_id, (await harness.load_case(case)).seq))


async def test_anna_takes_a_case(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    result = await any_harness.person(ANNA).press(*await any_harness.post_card(case), "case:take")
    assert result["ok"], result["error"]
    assert (await any_harness.load_case(case)).officers == ("anna-berg",)
    assert any_harness.warnings() == []


async def test_the_slower_of_two_is_told_who_was_first(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    card = await any_harness.post_card(case)
    both = [any_harness.person(who) for who in (ANNA, BJORN)]
    result = await asyncio.gather(*(one.press(*card, "case:take") for one in both))
    await any_harness.wait_until_idle()
    assert [one["ok"] for one in result] == [True, True]
    officers = (await any_harness.load_case(case)).officers
    assert len(officers) == 1
    first, slower = ("Anna Berg", BJORN) if officers == ("anna-berg",) else ("Björn Ek", ANNA)
    assert any_harness.last_ephemeral(slower).startswith(f"{first} hann före. Ärendet togs ")
    assert all(one.view is None for one in both)


async def test_her_own_case_is_answered_with_a_way_to_give_it_back(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    anna = await choose_to_join(harness, ANNA, case)
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Du är redan handläggare i ärendet."
    result = anna.ephemerals()[-1]
    await anna.press(BYGGLOV_CHANNEL, result["ts"], "case:release")
    assert (await harness.load_case(case)).officers == ()


async def test_on_a_case_that_someone_has_one_is_asked_how(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = await choose_to_join(harness, BJORN, case)
    view = await bjorn.wait_until(lambda: bjorn.view)
    assert view["title"]["text"] == "Ärendet har handläggare"
    assert f"*{case.number} · Ansökan om bygglov*\\nAnna Berg är handläggare sedan 23 nov." in str(
        view["blocks"]
    )
    assert "Anna Berg tas bort som handläggare och meddelas" in str(view["blocks"])
    await bjorn.fill_and_submit({"mode": "together"})
    assert (await harness.load_case(case)).officers == ("anna-berg", "bjorn-ek")
    assert bjorn.view is None


async def test_a_case_can_be_taken_over(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = await choose_to_join(harness, BJORN, case)
    await bjorn.wait_until(lambda: bjorn.view)
    await bjorn.fill_and_submit({"mode": "over"})
    assert (await harness.load_case(case)).officers == ("bjorn-ek",)


async def test_who_has_the_case_may_have_changed_while_one_thought(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = await choose_to_join(harness, BJORN, case)
    await bjorn.wait_until(lambda: bjorn.view)
    await harness.perform("anna-berg", ReleaseCase(case_id=case.case_id))
    await harness.perform("marta-lindqvist", TakeCase(case_id=case.case_id))
    await bjorn.fill_and_submit({"mode": "over"})
    assert (await harness.load_case(case)).officers == ("marta-lindqvist",)
    assert "Märta Lindqvist hann före." in str(bjorn.view)


async def test_a_case_given_back_since_the_card_was_drawn_is_simply_taken(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    card, value = await harness.post_card(case), await join_value(harness, case)
    await harness.perform("anna-berg", ReleaseCase(case_id=case.case_id))
    await harness.person(BJORN).press(*card, "case:more", value)
    await harness.wait_until_idle()
    assert (await harness.load_case(case)).officers == ("bjorn-ek",)


async def test_a_closed_case_is_not_taken_from_an_old_card(harness: SlackHarness) -> None:
    case = await harness.submit()
    card = await harness.post_card(case)
    closing = SetStatus(
        case_id=case.case_id, status="aterkallat", expected="inskickat", note="Återkallad per telefon"
    )
    await harness.perform("anna-berg", closing)
    await harness.person(BJORN).press(*card, "case:take")
    await harness.wait_until_idle()
    assert harness.last_ephemeral(BJORN) == "Ärendet är avslutat. Återöppna det först."


async def test_a_strict_case_is_taken_on_its_card(harness: SlackHarness) -> None:
    case = await harness.submit("orosanmalan-barn")
    result = await harness.person(ELIN).press(*await harness.post_card(case, SOCIAL_CHANNEL), "case:take")
    assert result["ok"]
    assert (await harness.load_case(case)).officers == ("elin-sara-blind",)


async def test_who_has_no_part_in_a_strict_eservice_is_not_told_its_name(harness: SlackHarness) -> None:
    case = await harness.submit("orosanmalan-barn")
    await harness.person(ANNA).press(*await harness.post_card(case, SOCIAL_CHANNEL), "case:take")
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA).startswith(
        f"Du har inte behörighet till ärende {case.number}. Kontakta "
    )
    assert (await harness.load_case(case)).officers == ()


async def test_joining_from_the_cases_modal_is_seen_in_it(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = harness.person(BJORN)
    await bjorn.press(*await harness.post_card(case), "case:show")
    await bjorn.wait_until(lambda: "Uppgifter i ärendet" in str(bjorn.view))
    await bjorn.press_in_view("case:more", await join_value(harness, case))
    await bjorn.wait_until(lambda: len(bjorn.views) == 2)
    await bjorn.fill_and_submit({"mode": "together"})
    await bjorn.wait_until(lambda: "Anna Berg, Björn Ek" in str(bjorn.view))
    assert len(bjorn.views) == 1


async def test_losing_the_race_in_the_modal_is_told_in_it(harness: SlackHarness) -> None:
    case = await harness.submit()
    bjorn = harness.person(BJORN)
    await bjorn.press(*await harness.post_card(case), "case:show")
    await bjorn.wait_until(lambda: "Uppgifter i ärendet" in str(bjorn.view))
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    await bjorn.press_in_view("case:take")
    await bjorn.wait_until(lambda: "Anna Berg hann före." in str(bjorn.view))
    assert (await harness.load_case(case)).officers == ("anna-berg",)


async def test_a_press_reads_the_case_once_where_it_is_changed(harness: SlackHarness) -> None:
    """Whether she may see it, its rule asks; only a refusal looks for the reason."""
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    place = await harness.post_button(case, "case:release")
    database, sent = harness.service.database, list[str]()
    for engine in (database.read_sync(lambda tx: tx.conn.engine), database.migration_engine()):
        event.listen(engine, "before_cursor_execute", lambda _c, _u, sql, *_: sent.append(sql))
    await harness.person(ANNA).press(*place, "case:release")
    assert len([sql for sql in sent if 'FROM "case"' in sql]) == 1, sent
    assert (await harness.load_case(case)).officers == ()
