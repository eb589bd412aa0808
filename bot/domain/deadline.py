"""Counting of due days, and reporting of those that have passed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Self

from bot.domain.case import Case
from bot.domain.due_days import due_days
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import BACKGROUND, CardUpdate, ThreadLine
from bot.domain.rules import CaseCommand, Context, Event, require_machine
from bot.text.working_days import add_working_days, local_day

_DATE = {"date": Fact("day", "due_on")}


@dataclass(frozen=True, kw_only=True)
class CaseOverdue(Event):
    """A due day passed while the case was open; `is_step`: that of its status."""

    due_on: date
    is_step: bool = False

    log = (Sentence("history.overdue.step", _DATE, only_with="is_step"), Sentence("history.overdue", _DATE))
    thread = (Sentence("thread.overdue.step", _DATE, only_with="is_step"), Sentence("thread.overdue", _DATE))
    notices = (CardUpdate(BACKGROUND), ThreadLine())

    def change(self, case: Case) -> Case:
        return replace(case, overdue_reported_on=self.due_on)


@dataclass(frozen=True, kw_only=True)
class ReportOverdue(CaseCommand):
    """Report which of the case's due days have passed, the earliest first and once each."""

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        reported_on, today = case.overdue_reported_on or date.min, local_day(ctx.now)
        # Where both are the same day, it is the whole case that is late.
        kind_by_day = {day: kind for kind, day in due_days(case).items()}
        return [
            CaseOverdue(at=ctx.now, by=ctx.actor.ref, due_on=day, is_step=kind_by_day[day] == "step")
            for day in sorted(kind_by_day)
            if reported_on < day < today
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return replace(case, due_on=local_day(ctx.now) - timedelta(days=1)), cls(case_id=case.id)


def compute_due_day(working_days: int | None, start: datetime, ctx: Context) -> date | None:
    """The day that many of the municipality's working days after `start`; None without a number."""
    if working_days is None:
        return None
    return add_working_days(local_day(start), working_days, ctx.catalog.closed_days)
