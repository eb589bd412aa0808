"""Colours on cases, seen by all; and flags, which are each officer's own."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from bot.domain.colour import ColourCase, ColourChangedMeanwhile, NoSuchColour
from bot.domain.flags import (
    MAX_NOTE_LENGTH,
    Flag,
    FlagNoteTooLong,
    ReminderDayPassed,
    create_flag,
    snooze_until,
)
from bot.domain.rules import NoAccess
from bot.service import CommandResult, Service
from bot.store import Database, Tx
from bot.store.log import history
from bot.store.officers import flags
from bot.store.outbox import delivery_counts
from bot.store.tables import HistoryRow
from bot.store.verification import proof
from tests.case_lists import list_cases
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

OPENS = time(8)


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def set_flag(municipality: MunicipalityDriver, who: str, case: CommandResult, **given: object) -> bool:
    flag = Flag(case.case_id, **given)  # type: ignore[arg-type]
    now = municipality.service.clock()
    return await municipality.service.database.write(
        lambda tx: flags.save(tx, municipality.officer(who), flag, now)
    )


async def find_own_flag(municipality: MunicipalityDriver, who: str, case: CommandResult) -> Flag | None:
    return await municipality.service.database.read(lambda tx: flags.find_for_case(tx, who, case.case_id))


async def test_a_colour_is_seen_by_all_and_its_card_is_redrawn(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    done = await municipality.perform("anna", ColourCase(case_id=case.case_id, colour="red", expected=""))
    assert done.events == ("CaseColoured",)
    assert (await municipality.view_case("bo", case)).case.colour == "red"
    rows = await municipality.service.database.read(
        lambda tx: list_cases(tx, municipality.officer("bo"), "all")
    )
    assert [row.colour for row in rows] == ["red"]
    assert await municipality.service.database.read(delivery_counts.count_by_kind_and_state) == {
        ("card", "waiting"): 1,
        ("mail", "waiting"): 1,
    }


async def test_an_older_picture_does_not_overwrite_a_colleagues_colour(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", ColourCase(case_id=case.case_id, colour="red", expected=""))
    with pytest.raises(ColourChangedMeanwhile):
        await municipality.perform("bo", ColourCase(case_id=case.case_id, colour="blue", expected=""))
    assert (
        await municipality.perform("bo", ColourCase(case_id=case.case_id, colour="red", expected=""))
    ).events == ()
    await municipality.perform("bo", ColourCase(case_id=case.case_id, colour="", expected="red"))
    assert (await municipality.view_case("anna", case)).case.colour == ""


@pytest.mark.parametrize("who", ["rut", "ute"])
async def test_who_has_no_part_in_the_case_neither_colours_nor_flags_it(
    municipality: MunicipalityDriver, who: str
) -> None:
    case = await municipality.submit()
    with pytest.raises(NoAccess):
        await municipality.perform(who, ColourCase(case_id=case.case_id, colour="red", expected=""))
    assert not await set_flag(municipality, who, case)
    assert await find_own_flag(municipality, who, case) is None


async def test_a_colour_that_is_none_is_refused(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    with pytest.raises(NoSuchColour):
        await municipality.perform("anna", ColourCase(case_id=case.case_id, colour="pink", expected=""))  # type: ignore[arg-type]


async def test_the_log_gives_the_same_coloured_case_and_holds_nothing_of_flags(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", ColourCase(case_id=case.case_id, colour="green", expected=""))
    await set_flag(municipality, "anna", case, note="Ring Karl Ek")
    database = municipality.service.database
    assert (
        await database.read(lambda tx: history.replay(tx, case.case_id))
        == (await municipality.view_case("anna", case)).case
    )

    def logged(tx: Tx) -> str:
        rows = tx.conn.execute(select(HistoryRow.meta, HistoryRow.content))
        return str(rows.all())

    assert "Karl" not in await database.read(logged)
    assert (await database.read(proof.verify)).ok


async def test_a_flag_is_ones_own(municipality: MunicipalityDriver) -> None:
    case, other = await municipality.submit(), await municipality.submit()
    await set_flag(municipality, "anna", case, note="Ring")

    async def listed(who: str) -> list[str]:
        officer = municipality.officer(who)
        rows = await municipality.service.database.read(lambda tx: list_cases(tx, officer, "flagged"))
        return [row.id for row in rows]

    assert (await listed("anna"), await listed("bo")) == ([case.case_id], [])
    rows = await municipality.service.database.read(
        lambda tx: list_cases(tx, municipality.officer("anna"), "all")
    )
    assert {row.id: row.flagged for row in rows} == {case.case_id: True, other.case_id: False}


async def test_a_flag_again_replaces_the_first_and_goes_with_its_note(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await set_flag(municipality, "anna", case, note="Ring")
    await set_flag(municipality, "anna", case, note="Skriv")
    assert await find_own_flag(municipality, "anna", case) == Flag(case.case_id, "Skriv")
    drop = lambda tx: flags.remove(tx, "anna", case.case_id)  # noqa: E731
    assert await municipality.service.database.write(drop)
    assert not await municipality.service.database.write(drop)


async def test_a_reminder_is_told_once_when_its_time_has_come(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    case = await municipality.submit()
    await set_flag(municipality, "anna", case, note="Ring", remind_at=clock() + timedelta(hours=1))
    await set_flag(municipality, "bo", case)

    async def told() -> int:
        return await municipality.service.database.write(lambda tx: flags.enqueue_due_reminders(tx, clock()))

    assert await told() == 0
    clock.advance(hours=1)
    assert (await told(), await told()) == (1, 0)
    assert (await municipality.service.database.read(delivery_counts.count_by_kind_and_state))[
        "notice", "waiting"
    ] == 1
    assert await find_own_flag(municipality, "anna", case) == Flag(case.case_id, "Ring")


async def test_a_reminder_put_off_comes_again(municipality: MunicipalityDriver, clock: Clock) -> None:
    case = await municipality.submit()
    later = clock() + timedelta(hours=1)
    await set_flag(municipality, "anna", case, note="Ring")
    again = await municipality.service.database.write(
        lambda tx: flags.postpone_reminder(tx, municipality.officer("anna"), case.case_id, later)
    )
    assert again == Flag(case.case_id, "Ring", later) == await find_own_flag(municipality, "anna", case)
    none = await municipality.service.database.write(
        lambda tx: flags.postpone_reminder(tx, municipality.officer("bo"), case.case_id, later)
    )
    assert none is None


def test_one_is_reminded_when_the_office_opens_in_swedish_time() -> None:
    now = Clock()()
    flag = create_flag("c1", "  Ring \n Eva ", date(2027, 6, 1), now, OPENS)
    assert (flag.note, flag.remind_at.isoformat() if flag.remind_at else "") == (
        "Ring Eva",
        "2027-06-01T06:00:00+00:00",
    )
    assert snooze_until("hour", now, OPENS) == now + timedelta(hours=1)
    assert snooze_until("tomorrow", now, OPENS).isoformat() == "2026-11-24T07:00:00+00:00"
    assert snooze_until("week", now, OPENS).isoformat() == "2026-11-30T07:00:00+00:00"


def test_a_day_that_has_passed_and_too_long_a_note_are_refused() -> None:
    now = Clock()()
    with pytest.raises(ReminderDayPassed):
        create_flag("c1", "", date(2026, 11, 22), now, OPENS)
    with pytest.raises(FlagNoteTooLong):
        create_flag("c1", "x" * (MAX_NOTE_LENGTH + 1), None, now, OPENS)
    assert create_flag("c1", "", date(2026, 11, 23), now, OPENS).remind_at is not None
