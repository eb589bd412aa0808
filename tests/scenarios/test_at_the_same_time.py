"""Several people at the same case in the same second, and what lies open meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.running_program import (
    BUILDING,
    Installation,
    RunningProgram,
    folder_of,
    number_in,
    run_program,
)

MANY = 50


@pytest.fixture
async def crowd(database_url: str, tmp_path: Path) -> AsyncIterator[RunningProgram]:
    """Fifty who may take a building permit case, on each kind of database."""
    folder = folder_of(tmp_path / "catalog", officers=MANY)
    # Slack's three seconds are measured elsewhere; here a busy machine must not decide who is told what.
    async with run_program(Installation(tmp_path, database_url, folder)) as program:
        yield program


async def test_of_fifty_who_take_a_case_one_has_it_and_the_others_are_told_who(crowd: RunningProgram) -> None:
    program = crowd
    number = await program.applicant().apply()
    await program.wait_for_card(number)
    people = {key: program.officer(key) for key in (f"granskare-{n}" for n in range(MANY))}
    await asyncio.gather(*(one.press_on_card(number, "case:take") for one in people.values()))
    (has_it,) = (await program.load_case(number)).case.officers
    name = f"Granskare {has_it.rpartition('-')[2]}"
    slower = [one for key, one in people.items() if key != has_it]
    assert len(slower) == MANY - 1
    for one in slower:
        await one.wait_for_private_line(f"{name} hann före.")
    assert "hann före" not in people[has_it].last_private_text()
    await program.wait_for_card(number, name)
    await program.advance_and_deliver(11)
    assert len([line for line in program.thread(number) if "tog ärendet" in line]) == 1


async def test_the_second_of_two_status_dialogs_is_told_and_asked_again(program: RunningProgram) -> None:
    number = await program.applicant().apply()
    await program.wait_for_card(number)
    anna, bjorn = program.officer("anna-berg"), program.officer("bjorn-ek")
    for one in (anna, bjorn):
        await one.open_dialog(number, "case:status", "case:status:submit")
    await anna.fill_in({"status": "granskning"})
    await bjorn.fill_in({"status": "aterkallat", "note": "Fel ärende"})
    shown = await bjorn.wait_for_view_text("Anna Berg ändrade ärendet")
    assert "Nu gäller: Första granskning." in shown and "Fel ärende" in shown
    assert (await program.load_case(number)).case.status == "granskning"
    await bjorn.fill_in({})
    assert (await program.load_case(number)).case.status == "aterkallat"


async def test_a_press_on_a_card_that_is_old_takes_nothing_over(program: RunningProgram) -> None:
    """The card on the screen says that nobody has the case, but it is Anna's by now."""
    number = await program.applicant().apply()
    card = await program.wait_for_card(number)
    old = [dict(block) for block in card["blocks"]]
    anna, bjorn = program.officer("anna-berg"), program.officer("bjorn-ek")
    await anna.press_on_card(number, "case:take")
    await program.wait_for_card(number, "Anna Berg")
    program.sandbox.shared.workspace.channels[card["channel"]].messages[card["ts"]].blocks = old
    await bjorn.press_on_card(number, "case:take")
    await bjorn.wait_for_private_line("Anna Berg hann före.")
    assert (await program.load_case(number)).case.officers == ("anna-berg",)


async def test_a_press_heard_twice_is_done_once(program: RunningProgram) -> None:
    number = await program.applicant().apply()
    await program.wait_for_card(number)
    anna = program.officer("anna-berg")
    program.sandbox.inject("interactive", "duplicate")
    await anna.press_on_card(number, "case:take")
    await program.wait_for_card(number, "Anna Berg")
    await program.advance_and_deliver(11)
    assert len([line for line in program.thread(number) if "tog ärendet" in line]) == 1


async def test_one_who_may_not_work_with_cases_is_told_so_privately(program: RunningProgram) -> None:
    number = await program.applicant().apply()
    card = await program.wait_for_card(number)
    zeynep = program.officer("zeynep-yildirim")
    program.add_to_channel(card["channel"], zeynep.id, *(one.id for one in program.outsiders()))
    for one in program.outsiders():
        await one.press_on_card(number, "case:take")
        await one.wait_for_private_line("Gäster och andra organisationer kan inte handlägga ärenden. Be")
    await zeynep.press_on_card(number, "case:take")
    await zeynep.wait_for_private_line("Du har inte behörighet till Ansökan om bygglov.")
    assert (await program.load_case(number)).case.officers == ()


async def test_a_form_sent_twice_is_one_case(program: RunningProgram) -> None:
    eva = program.applicant()
    form = (await eva.open_form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    pages = await asyncio.gather(eva.browser.submit(form), eva.browser.submit(form))
    assert len({number_in(page) for page in pages}) == 1
    await program.advance_and_deliver(11)
    assert await program.count_cases() == 1 and len(program.cards()) == 1 and len(eva.mails()) == 1
