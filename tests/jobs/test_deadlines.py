"""The clock tells of cases whose due day has passed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import insert, select, update

from bot.catalog.services import Notices
from bot.domain.assignment import TakeCase
from bot.domain.event_wording import EventWording
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.domain.notice_reasons import NOTICE_REASONS
from bot.jobs.deadlines import remind_applicants, report_delays, report_overdue
from bot.jobs.dependencies import JobDependencies
from bot.service import Service
from bot.store import Database, Tx
from bot.store.cases import system_queries
from bot.store.lists.queries import case_lists
from bot.store.lists.queries.worklists import ListContext, find_waiting
from bot.store.log import history
from bot.store.tables import CaseRow, DeliveryRow
from bot.text import words
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


def create_municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def test_a_case_whose_e_service_is_gone_keeps_no_other_from_being_told_overdue(
    sqlite_database: Database, clock: Clock
) -> None:
    hall = create_municipality(sqlite_database, clock)
    gone, stays = await hall.submit(), await hall.submit()
    yesterday = local_day(clock()) - timedelta(days=1)
    late = update(CaseRow).values(due_on=yesterday, earliest_due_on=yesterday)
    closed_down = update(CaseRow).where(CaseRow.id == gone.case_id).values(service="nedlagd")
    for change in (late, closed_down):
        await sqlite_database.write(lambda tx, change=change: tx.conn.execute(change))
    await report_overdue(JobDependencies(hall.service, None, Path(), None))  # type: ignore[arg-type]
    told = await sqlite_database.read(lambda tx: system_queries.load_case(tx, stays.case_id))
    assert told is not None and told.overdue_reported_on == told.due_on


async def test_the_thread_tells_that_the_next_step_is_late_and_later_that_the_case_is(
    sqlite_database: Database, clock: Clock
) -> None:
    hall = create_municipality(sqlite_database, clock)
    service = hall.service.catalog.services["bygglov"]
    hurried = [one.model_copy(update={"working_days": 1}) for one in service.statuses]
    hall.service.catalog.services["bygglov"] = service.model_copy(update={"statuses": tuple(hurried)})
    case = await hall.submit()
    for _ in range(20):
        clock.advance(days=1)
        await report_overdue(JobDependencies(hall.service, None, Path(), None))  # type: ignore[arg-type]
    lines = await sqlite_database.read(lambda tx: history.read(tx, case.case_id))
    wording = EventWording(hall.service.catalog, service, words("sv"))
    assert [wording.thread_line(line) for line in lines if line.event == "CaseOverdue"] == [
        "Nästa steg försenat sedan 24 nov. 2026.",
        "Försenat sedan 7 dec. 2026.",
    ]


async def test_a_case_is_to_be_done_from_five_months_on_until_its_applicant_is_told_why(
    database: Database, clock: Clock
) -> None:
    hall = create_municipality(database, clock)
    deps = JobDependencies(hall.service, None, Path(), None)  # type: ignore[arg-type]
    case = await hall.submit()
    await hall.perform("anna", TakeCase(case_id=case.case_id, expected=()))
    clock.advance(days=150)
    await report_delays(deps)
    assert await _delay_reasons(hall) == [("overdue",)], "its ten working days are over"
    clock.advance(days=1)
    await report_delays(deps)
    await report_delays(deps)
    assert await _delay_reasons(hall) == [("overdue", "delay")]
    notices = select(DeliveryRow.ids).where(DeliveryRow.kind == "notice")
    told = await database.read(lambda tx: tx.conn.execute(notices).scalars().all())
    assert [json.loads(one)["reasons"] for one in told] == [["delay"]]
    await hall.perform("anna", SendMessage(case_id=case.case_id, text="Vi väntar", kind="delay"))
    assert await _delay_reasons(hall) == [("overdue",)]
    clock.advance(days=40)
    await report_delays(deps)
    lines = await database.read(lambda tx: history.read(tx, case.case_id))
    assert [one.event for one in lines if one.event.endswith("Passed")] == [
        "FiveMonthsPassed",
        "SixMonthsPassed",
    ]
    told = await database.read(lambda tx: tx.conn.execute(notices).scalars().all())
    assert {reason for one in told for reason in json.loads(one)["reasons"]} == {"delay", "sixmonths"}


def test_each_notice_of_a_late_case_says_how_late_it_is_and_what_follows() -> None:
    w = words("sv")
    texts = {one: w(NOTICE_REASONS[one].text_key, case="2026-000016") for one in ("delay", "sixmonths")}
    assert texts["delay"].startswith("Fem månader har gått: 2026-000016. Efter sex får ")
    assert texts["sixmonths"].startswith("Sex månader har gått: 2026-000016. ")
    assert "får skriftligen begära att ärendet avgörs (12 § förvaltningslagen)" in texts["sixmonths"]
    subjects = [w(row.subject_key, number="2026-000016") for row in NOTICE_REASONS.values()]
    assert len(set(subjects)) == len(subjects), "each kind of notice has a heading of its own"


async def test_an_applicant_is_reminded_before_the_day_to_answer_and_after_it_until_they_write(
    sqlite_database: Database, clock: Clock
) -> None:
    hall = create_municipality(sqlite_database, clock)
    deps = JobDependencies(hall.service, None, Path(), None)  # type: ignore[arg-type]
    waiting, answered = await hall.submit(), await hall.submit()
    for case in (waiting, answered):
        asked = SendMessage(case_id=case.case_id, text="Ritning?", answer_by=date(2026, 12, 3))  # a Thursday
        await hall.perform("anna", asked)
    reminded = []
    for day in range(15):
        await remind_applicants(deps)
        await remind_applicants(deps)
        sent = await sqlite_database.read(_mails)
        letters = [json.loads(one)["letter"] for one in sent]
        reminded.append((letters.count("answer_soon"), letters.count("answer_late")))
        clock.advance(days=1)
        if day == 8:
            written = ReceiveMessage(case_id=answered.case_id, text="Här")
            await hall.service.perform(written, await hall.applicant(answered))
    # Both on Tuesday the 1st, and on Friday the 4th the one who has not answered.
    assert reminded == [(0, 0)] * 8 + [(2, 0)] * 3 + [(2, 1)] * 4


def _mails(tx: Tx) -> Sequence[str]:
    return tx.conn.execute(select(DeliveryRow.ids).where(DeliveryRow.kind == "mail")).scalars().all()


async def test_who_was_asked_yesterday_is_not_reminded_today_and_an_e_service_may_remind_nobody(
    sqlite_database: Database, clock: Clock
) -> None:
    hall = create_municipality(sqlite_database, clock)
    deps = JobDependencies(hall.service, None, Path(), None)  # type: ignore[arg-type]
    case = await hall.submit()
    await hall.perform("anna", SendMessage(case_id=case.case_id, text="?", answer_by=date(2026, 11, 25)))
    clock.advance(days=1)
    await remind_applicants(deps)
    service = hall.service.catalog.services["bygglov"]
    never = service.model_copy(update={"notices": Notices(answer_reminder_days=0)})
    hall.service.catalog.services["bygglov"] = never
    clock.advance(days=2)
    await remind_applicants(deps)
    lines = await sqlite_database.read(lambda tx: history.read(tx, case.case_id))
    assert "ApplicantReminded" not in [one.event for one in lines]


async def _delay_reasons(hall: MunicipalityDriver) -> list[tuple[str, ...]]:
    """Why Anna's cases wait for her."""
    asker = ListContext(hall.officer("anna"), hall.service.clock(), hall.service.catalog)
    waiting = await hall.service.database.read(lambda tx: find_waiting(tx, asker))
    return [one.reasons for one in waiting]


async def test_however_many_cases_are_late_the_latest_of_them_is_told_too(
    sqlite_database: Database, clock: Clock
) -> None:
    await create_municipality(sqlite_database, clock).submit()
    today = local_day(clock())
    row = (await sqlite_database.read(lambda tx: tx.conn.execute(select(CaseRow.__table__)).one()))._asdict()
    many = [
        {**row, "id": f"{n}", "number": f"2020-{n:06d}", "earliest_due_on": today - timedelta(days=n)}
        for n in range(1, 1_003)
    ]
    await sqlite_database.write(lambda tx: tx.conn.execute(insert(CaseRow), many))
    assert "1" in await sqlite_database.read(lambda tx: case_lists.find_overdue(tx, today, (row["service"],)))
