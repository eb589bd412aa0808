"""Two processes serve one workspace over one PostgreSQL database, and nobody can tell."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from sandbox.server import Sandbox
from tests.scenarios.running_program import (
    BUILDING,
    PATIENT_SLACK,
    PDF,
    Installation,
    RunningProgram,
    folder_of,
    number_in,
    serve_program,
    workspace_for,
)

CROWD = 12

pytestmark = [pytest.mark.long, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


class Two(NamedTuple):
    """The same town hall through either process; what Slack sends goes to any of their connections."""

    one: RunningProgram
    other: RunningProgram


@pytest.fixture
async def two(database_url: str, tmp_path: Path) -> AsyncIterator[Two]:
    where = Installation(tmp_path, database_url, folder_of(tmp_path / "catalog", officers=CROWD))
    async with (
        Sandbox.running(workspace=workspace_for(where.catalog), mode="socket", **PATIENT_SLACK) as sandbox,
        serve_program(sandbox, where) as one,
        serve_program(sandbox, where, one.clock) as other,
    ):
        await sandbox.connected(4)
        yield Two(one, other)


async def test_of_many_who_take_a_case_one_has_it_whichever_process_hears_them(two: Two) -> None:
    program = two.one
    number = await program.applicant().apply()
    await program.wait_for_card(number)
    people = {key: program.officer(key) for key in (f"granskare-{n}" for n in range(CROWD))}
    await asyncio.gather(*(one.press_on_card(number, "case:take") for one in people.values()))
    (has_it,) = (await program.load_case(number)).case.officers
    name = f"Granskare {has_it.rpartition('-')[2]}"
    for one in (one for key, one in people.items() if key != has_it):
        await one.wait_for_private_line(f"{name} hann före.")
    assert await program.wait_for_card(number, name)


async def test_a_press_that_both_hear_is_done_once(two: Two) -> None:
    program = two.one
    numbers = [await program.applicant().apply() for _ in range(4)]
    for number in numbers:
        await program.wait_for_card(number)
    anna = program.officer("anna-berg")
    await anna.run_command("hjälp")
    program.sandbox.inject("interactive", "duplicate", times=len(numbers))
    for number in numbers:
        await anna.press_on_card(number, "case:take")
    for number in numbers:
        await program.wait_for_card(number, "Anna Berg")
    program.advance(11)
    await program.wait_for(
        lambda: all(count_thread_lines(program, number, "tog ärendet") for number in numbers)
    )
    await program.wait_until_delivered()
    assert [count_thread_lines(program, number, "tog ärendet") for number in numbers] == [1] * len(numbers)


async def test_a_reply_that_both_hear_is_one_note(two: Two) -> None:
    program = two.one
    number = await program.applicant().apply()
    card = await program.wait_for_card(number)
    await program.wait_until_delivered()
    program.sandbox.inject("events_api", "duplicate", times=3)
    for text in ("Ett", "Två", "Tre"):
        await program.officer("anna-berg").say(card["channel"], text, card["ts"])
    await program.sandbox.settle()
    await program.wait_for_note(number, "Tre")
    assert [note.text for note in (await program.load_case(number)).notes] == ["Ett", "Två", "Tre"]


async def test_a_form_that_both_are_sent_at_once_is_one_case(two: Two) -> None:
    eva = two.one.applicant()
    form = (await eva.open_form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    browsers = [program.browser() for program in two for _ in range(2)]
    pages = await asyncio.gather(*(browser.submit(form) for browser in browsers))
    assert len({number_in(page) for page in pages}) == 1


async def test_cases_that_come_to_both_have_numbers_without_gaps(two: Two) -> None:
    people = [program.applicant(email=f"p{n}@ek.example") for n in range(4) for program in two]
    numbers = await asyncio.gather(*(one.apply() for one in people))
    assert sorted(int(number[-6:]) for number in numbers) == list(range(1, len(people) + 1))


async def test_who_has_signed_in_at_one_is_signed_in_at_the_other_and_finds_the_files_there(two: Two) -> None:
    eva = two.one.applicant()
    form = (await eva.open_form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    number = number_in(await eva.browser.submit(form.attach("svar_ritningar", "plan.pdf", PDF)))
    page = await eva.follow_mail(await eva.wait_for_mail("tagit emot"))
    elsewhere = two.other.browser()
    elsewhere.client.cookies = eva.browser.client.cookies
    case = await elsewhere.get(re.sub(r"^https?://[^/]+", "", page.url))
    assert number in case.text
    link = next(link for link in case.links() if "plan" in link or "/fil" in link)
    assert (await elsewhere.client.get(link)).content == PDF


def count_thread_lines(program: RunningProgram, number: str, words: str) -> int:
    """How many lines of the case's thread say so."""
    return sum(words in line for line in program.thread(number))
