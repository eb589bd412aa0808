"""Counting of due days, and reporting of those that have passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self, TypedDict

from bot.domain.access import require_machine
from bot.domain.case import Case, with_changes
from bot.domain.due_days import due_days
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notice_recipients import notify_assignees, notify_coordinators
from bot.domain.notices import BACKGROUND, CardUpdate, Notice, ThreadLine
from bot.domain.rules import CaseCommand, Context, Event
from bot.domain.six_month_rule import is_request_waiting
from bot.text.working_days import add_working_days, count_working_days, local_day

_DATE = {"date": Fact("day", "due_on")}


@dataclass(frozen=True, kw_only=True)
class CaseOverdue(Event):
    """A due day passed while the case was open; `is_step`: that of its status."""

    due_on: date
    is_step: bool = False

    log = (Sentence("history.overdue.step", _DATE, only_with="is_step"), Sentence("history.overdue", _DATE))
    thread = (Sentence("thread.overdue.step", _DATE, only_with="is_step"), Sentence("thread.overdue", _DATE))

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        notices = notify_assignees(case, "overdue", self.by, ctx.catalog)
        if is_request_waiting(case) and self.due_on == case.decide_by:
            notices = list(dict.fromkeys([*notices, *notify_coordinators(case, "overdue", ctx)]))
        return [CardUpdate(BACKGROUND), ThreadLine(), *notices]

    def change(self, case: Case) -> Case:
        return with_changes(case, overdue_reported_on=self.due_on)


@dataclass(frozen=True, kw_only=True)
class ReportOverdue(CaseCommand):
    """Report which of the case's due days have passed, the earliest first and once each."""

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        reported_on, today = case.overdue_reported_on or date.min, local_day(ctx.now)
        # Where both are the same day, it is the whole case that is late.
        # The day of the six months is reported with its consequence (`ReportDelay`).
        is_requested = is_request_waiting(case)
        kind_by_day = {
            day: kind for kind, day in due_days(case).items() if kind != "decision" or is_requested
        }
        return [
            CaseOverdue(at=ctx.now, by=ctx.actor.ref, due_on=day, is_step=kind_by_day[day] == "step")
            for day in sorted(kind_by_day)
            if reported_on < day < today
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return with_changes(case, due_on=local_day(ctx.now) - timedelta(days=1)), cls(case_id=case.id)


def compute_due_day(working_days: int | None, start: datetime, ctx: Context) -> date | None:
    """The day that many of the municipality's working days after `start`; None without a number."""
    if working_days is None:
        return None
    return add_working_days(local_day(start), working_days, ctx.catalog.closed_days)


class DueTime(TypedDict, total=False):
    """What becomes of the case's own time with a new status: the working days left, or the day it is due again."""

    due_days_left: int
    case_due_on: date


def pause_or_resume(case: Case, ctx: Context, *, is_waiting: bool) -> DueTime:
    """The case's own time stands still while the applicant completes, with the working days that are left.

    Time that has passed already does not become time left. Empty where the case has no such time, or nothing changes.
    """
    today, closed = local_day(ctx.now), ctx.catalog.closed_days
    if is_waiting and case.due_on is not None and case.due_on >= today:
        return {"due_days_left": count_working_days(today, case.due_on, closed)}
    if not is_waiting and case.due_days_left is not None:
        return {"case_due_on": add_working_days(today, case.due_days_left, closed)}
    return {}
