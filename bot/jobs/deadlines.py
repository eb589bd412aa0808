"""Due days that have passed, cases that are late by law, and reminders of flagged cases that are due."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.actors import Machine
from bot.domain.deadline import ReportOverdue
from bot.domain.decision_request import RemindOfRequest
from bot.domain.messages.answer_reminders import RemindOfAnswer
from bot.domain.six_month_rule import DAYS_TO_REMIND, ReportDelay, last_received_to_warn
from bot.jobs.dependencies import JobDependencies
from bot.store.lists.queries import case_lists
from bot.store.officers import flags
from bot.text.working_days import add_working_days, is_working_day, local_day, start_of_day


async def report_overdue(deps: JobDependencies) -> None:
    """Record, once for each open case, that its due day has passed; its card and thread then say so."""
    # No command can be performed on a case whose e-service is not in the catalog.
    today, services = local_day(deps.service.clock()), tuple(deps.service.catalog.services)
    found = await deps.service.database.read(lambda tx: case_lists.find_overdue(tx, today, services))
    await deps.service.perform_all([ReportOverdue(case_id=case_id) for case_id in found], Machine("clock"))


async def report_delays(deps: JobDependencies) -> None:
    """Record, once for each open case, that five months have passed since it came in, and that six have."""
    service = deps.service
    keys = [one.key for one in service.catalog.services.values() if one.follows_six_month_rule]
    today = local_day(service.clock())
    end = start_of_day(last_received_to_warn(today) + timedelta(days=1))
    found = await service.database.read(lambda tx: case_lists.find_delayed(tx, end, today, keys))
    await service.perform_all([ReportDelay(case_id=case_id) for case_id in found], Machine("clock"))


async def remind_of_requests(deps: JobDependencies) -> None:
    """Remind, once for each request for a decision, those who have the case that a week is left to answer it."""
    service, last = deps.service, local_day(deps.service.clock()) + timedelta(days=DAYS_TO_REMIND)
    keys = tuple(service.catalog.services)
    found = await service.database.read(lambda tx: case_lists.find_requested(tx, last, keys))
    await service.perform_all([RemindOfRequest(case_id=case_id) for case_id in found], Machine("clock"))


REMINDED_AFTER = timedelta(days=5)
"""How long after the day to answer an applicant may still be reminded: the program may have stood still."""


async def remind_applicants(deps: JobDependencies) -> None:
    """Remind applicants of the day to answer, once before it and once after, on working days.

    Who was asked so lately that the reminder would come with the question is not reminded before it.
    """
    service, today = deps.service, local_day(deps.service.clock())
    closed = service.catalog.closed_days
    if not is_working_day(today, closed):
        return
    days = {one.key: one.notices.answer_reminder_days for one in service.catalog.services.values()}
    first, last = today - REMINDED_AFTER, add_working_days(today, max(days.values(), default=0), closed)
    found = await service.database.read(lambda tx: case_lists.find_awaited(tx, first, last, tuple(days)))
    commands = [
        RemindOfAnswer(case_id=one.case_id, message_id=one.id)
        for one in found
        if one.answer_by < today or add_working_days(local_day(one.at), days[one.service], closed) <= today
    ]
    await service.perform_all(commands, Machine("clock"))


async def enqueue_reminders(deps: JobDependencies) -> None:
    """Enqueue a notice, once, for each reminder that is due."""
    now = deps.service.clock()
    while await deps.service.database.write(lambda tx: flags.enqueue_due_reminders(tx, now)):
        deps.service.wake()
