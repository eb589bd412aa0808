"""Colours on cases, seen by all; and flags, which are each officer's own."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from bot.domain.flags import LONGEST_NOTE, DayHasPassed, Flag, flag_of, snoozed
from bot.domain.marks import AnotherColour, ColourCase, NoSuchColour
from bot.domain.rules import NoAccess, TooLong
from bot.service import Done, Service
from bot.store import Database, Tx
from bot.store.lists import case_lists
from bot.store.log import history
from bot.store.officers import flags
from bot.store.outbox import deliveries
from bot.store.tables import HistoryRow
from bot.store.verification import proof
from tests.conftest import Clock
from tests.town import Town, town

OPENS = time(8)


@pytest.fixture
def hall(database: Database, clock: Clock) -> Town:
    catalog = town()
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def flagged(hall: Town, who: str, case: Done, **given: object) -> bool:
    flag = Flag(case.case_id, **given)  # type: ignore[arg-type]
    now = hall.service.clock()
    return await hall.service.database.write(lambda tx: flags.keep(tx, hall.officer(who), flag, now))


async def own(hall: Town, who: str, case: Done) -> Flag | None:
    return await hall.service.database.read(lambda tx: flags.of_case(tx, who, case.case_id))


async def test_a_colour_is_seen_by_all_and_its_card_is_redrawn(hall: Town) -> None:
    case = await hall.submits()
    done = await hall.does("anna", ColourCase(case_id=case.case_id, colour="red", was=""))
    assert done.events == ("CaseColoured",)
    assert (await hall.sees("bo", case)).case.colour == "red"
    rows = await hall.service.database.read(lambda tx: case_lists.list_cases(tx, hall.officer("bo"), "all"))
    assert [row.colour for row in rows] == ["red"]
    assert await hall.service.database.read(deliveries.counts) == {
        ("card", "waiting"): 1,
        ("mail", "waiting"): 1,
    }


async def test_an_older_picture_does_not_overwrite_a_colleagues_colour(hall: Town) -> None:
    case = await hall.submits()
    await hall.does("anna", ColourCase(case_id=case.case_id, colour="red", was=""))
    with pytest.raises(AnotherColour):
        await hall.does("bo", ColourCase(case_id=case.case_id, colour="blue", was=""))
    assert (await hall.does("bo", ColourCase(case_id=case.case_id, colour="red", was=""))).events == ()
    await hall.does("bo", ColourCase(case_id=case.case_id, colour="", was="red"))
    assert (await hall.sees("anna", case)).case.colour == ""


@pytest.mark.parametrize("who", ["rut", "ute"])
async def test_who_has_no_part_in_the_case_neither_colours_nor_flags_it(hall: Town, who: str) -> None:
    case = await hall.submits()
    with pytest.raises(NoAccess):
        await hall.does(who, ColourCase(case_id=case.case_id, colour="red", was=""))
    assert not await flagged(hall, who, case)
    assert await own(hall, who, case) is None


async def test_a_colour_that_is_none_is_refused(hall: Town) -> None:
    case = await hall.submits()
    with pytest.raises(NoSuchColour):
        await hall.does("anna", ColourCase(case_id=case.case_id, colour="pink", was=""))  # type: ignore[arg-type]


async def test_the_log_gives_the_same_coloured_case_and_holds_nothing_of_flags(hall: Town) -> None:
    case = await hall.submits()
    await hall.does("anna", ColourCase(case_id=case.case_id, colour="green", was=""))
    await flagged(hall, "anna", case, note="Ring Karl Ek")
    database = hall.service.database
    assert (
        await database.read(lambda tx: history.replay(tx, case.case_id))
        == (await hall.sees("anna", case)).case
    )

    def logged(tx: Tx) -> str:
        rows = tx.conn.execute(select(HistoryRow.meta, HistoryRow.content))
        return str(rows.all())

    assert "Karl" not in await database.read(logged)
    assert (await database.read(proof.verify)).ok


async def test_a_flag_is_ones_own(hall: Town) -> None:
    case, other = await hall.submits(), await hall.submits()
    await flagged(hall, "anna", case, note="Ring")

    async def listed(who: str) -> list[str]:
        officer = hall.officer(who)
        rows = await hall.service.database.read(lambda tx: case_lists.list_cases(tx, officer, "flagged"))
        return [row.id for row in rows]

    assert (await listed("anna"), await listed("bo")) == ([case.case_id], [])
    rows = await hall.service.database.read(lambda tx: case_lists.list_cases(tx, hall.officer("anna"), "all"))
    assert {row.id: row.flagged for row in rows} == {case.case_id: True, other.case_id: False}


async def test_a_flag_again_replaces_the_first_and_goes_with_its_note(hall: Town) -> None:
    case = await hall.submits()
    await flagged(hall, "anna", case, note="Ring")
    await flagged(hall, "anna", case, note="Skriv")
    assert await own(hall, "anna", case) == Flag(case.case_id, "Skriv")
    drop = lambda tx: flags.drop(tx, "anna", case.case_id)  # noqa: E731
    assert await hall.service.database.write(drop)
    assert not await hall.service.database.write(drop)


async def test_a_reminder_is_told_once_when_its_time_has_come(hall: Town, clock: Clock) -> None:
    case = await hall.submits()
    await flagged(hall, "anna", case, note="Ring", remind_at=clock() + timedelta(hours=1))
    await flagged(hall, "bo", case)

    async def told() -> int:
        return await hall.service.database.write(lambda tx: flags.tell_due(tx, clock()))

    assert await told() == 0
    clock.pass_(hours=1)
    assert (await told(), await told()) == (1, 0)
    assert (await hall.service.database.read(deliveries.counts))["notice", "waiting"] == 1
    assert await own(hall, "anna", case) == Flag(case.case_id, "Ring")


async def test_a_reminder_put_off_comes_again(hall: Town, clock: Clock) -> None:
    case = await hall.submits()
    later = clock() + timedelta(hours=1)
    await flagged(hall, "anna", case, note="Ring")
    again = await hall.service.database.write(
        lambda tx: flags.remind_again(tx, hall.officer("anna"), case.case_id, later)
    )
    assert again == Flag(case.case_id, "Ring", later) == await own(hall, "anna", case)
    none = await hall.service.database.write(
        lambda tx: flags.remind_again(tx, hall.officer("bo"), case.case_id, later)
    )
    assert none is None


def test_one_is_reminded_when_the_office_opens_in_swedish_time() -> None:
    now = Clock()()
    flag = flag_of("c1", "  Ring \n Eva ", date(2027, 6, 1), now, OPENS)
    assert (flag.note, flag.remind_at.isoformat() if flag.remind_at else "") == (
        "Ring Eva",
        "2027-06-01T06:00:00+00:00",
    )
    assert snoozed("hour", now, OPENS) == now + timedelta(hours=1)
    assert snoozed("tomorrow", now, OPENS).isoformat() == "2026-11-24T07:00:00+00:00"
    assert snoozed("week", now, OPENS).isoformat() == "2026-11-30T07:00:00+00:00"


def test_a_day_that_has_passed_and_too_long_a_note_are_refused() -> None:
    now = Clock()()
    with pytest.raises(DayHasPassed):
        flag_of("c1", "", date(2026, 11, 22), now, OPENS)
    with pytest.raises(TooLong):
        flag_of("c1", "x" * (LONGEST_NOTE + 1), None, now, OPENS)
    assert flag_of("c1", "", date(2026, 11, 23), now, OPENS).remind_at is not None
