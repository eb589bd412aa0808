"""Two processes serve one workspace over one PostgreSQL database, and nobody can tell."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from sandbox.server import Sandbox
from tests.scenarios.town_hall import (
    BUILDING,
    PDF,
    TownHall,
    Where,
    folder_of,
    number_in,
    program_beside,
    workspace_for,
)

CROWD = 12

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Two(NamedTuple):
    """The same town hall through either process; what Slack sends goes to any of their connections."""

    one: TownHall
    other: TownHall


@pytest.fixture
async def two(database_url: str, tmp_path: Path) -> AsyncIterator[Two]:
    where = Where(tmp_path, database_url, folder_of(tmp_path / "catalog", officers=CROWD))
    given = {
        "workspace": workspace_for(where.catalog),
        "mode": "socket",
        "pace": None,
        "ack_seconds": 20.0,
        "trigger_seconds": 20.0,
    }
    async with (
        Sandbox.running(**given) as sandbox,
        program_beside(sandbox, where) as one,
        program_beside(sandbox, where, one.clock) as other,
    ):
        await sandbox.connected(4)
        yield Two(one, other)


async def test_of_many_who_take_a_case_one_has_it_whichever_process_hears_them(two: Two) -> None:
    hall = two.one
    number = await hall.applicant().applies()
    await hall.posted(number)
    people = {key: hall.officer(key) for key in (f"granskare-{n}" for n in range(CROWD))}
    await asyncio.gather(*(one.presses(number, "case:take") for one in people.values()))
    (has_it,) = (await hall.case(number)).case.officers
    name = f"Granskare {has_it.rpartition('-')[2]}"
    for one in (one for key, one in people.items() if key != has_it):
        await one.hears(f"{name} hann före.")
    assert await hall.posted(number, name)


async def test_a_press_that_both_hear_is_done_once(two: Two) -> None:
    hall = two.one
    numbers = [await hall.applicant().applies() for _ in range(4)]
    for number in numbers:
        await hall.posted(number)
    anna = hall.officer("anna-berg")
    await anna.types("hjälp")
    hall.sandbox.inject("interactive", "duplicate", times=len(numbers))
    for number in numbers:
        await anna.presses(number, "case:take")
    for number in numbers:
        await hall.posted(number, "Anna Berg")
    hall.passes(11)
    await hall.until(lambda: all(said(hall, number, "tog ärendet") for number in numbers), 15)
    await hall.delivered()
    assert [said(hall, number, "tog ärendet") for number in numbers] == [1] * len(numbers)


async def test_a_reply_that_both_hear_is_one_note(two: Two) -> None:
    hall = two.one
    number = await hall.applicant().applies()
    card = await hall.posted(number)
    await hall.delivered()
    hall.sandbox.inject("events_api", "duplicate", times=3)
    for text in ("Ett", "Två", "Tre"):
        await hall.officer("anna-berg").say(card["channel"], text, card["ts"])
    await hall.sandbox.settle()
    await hall.noted(number, "Tre")
    assert [note.text for note in (await hall.case(number)).notes] == ["Ett", "Två", "Tre"]


async def test_a_form_that_both_are_sent_at_once_is_one_case(two: Two) -> None:
    eva = two.one.applicant()
    form = (await eva.form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    browsers = [hall.browser() for hall in two for _ in range(2)]
    pages = await asyncio.gather(*(browser.send(form) for browser in browsers))
    assert len({number_in(page) for page in pages}) == 1


async def test_cases_that_come_to_both_have_numbers_without_gaps(two: Two) -> None:
    people = [hall.applicant(email=f"p{n}@ek.example") for n in range(4) for hall in two]
    numbers = await asyncio.gather(*(one.applies() for one in people))
    assert sorted(int(number[-6:]) for number in numbers) == list(range(1, len(people) + 1))


async def test_who_has_signed_in_at_one_is_signed_in_at_the_other_and_finds_the_files_there(two: Two) -> None:
    eva = two.one.applicant()
    form = (await eva.form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    number = number_in(await eva.browser.send(form.attach("svar_ritningar", "plan.pdf", PDF)))
    page = await eva.follows(await eva.mail("tagit emot"))
    elsewhere = two.other.browser()
    elsewhere.client.cookies = eva.browser.client.cookies
    case = await elsewhere.get(re.sub(r"^https?://[^/]+", "", page.url))
    assert number in case.text
    link = next(link for link in case.links() if "plan" in link or "/fil" in link)
    assert (await elsewhere.client.get(link)).content == PDF


def said(hall: TownHall, number: str, words: str) -> int:
    """How many lines of the case's thread say so."""
    return sum(words in line for line in hall.thread(number))
