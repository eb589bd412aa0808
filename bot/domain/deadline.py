"""Due days that have passed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

from bot.domain.case import Case
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import BACKGROUND, CardUpdate, ThreadLine
from bot.domain.rules import CaseCommand, Context, Event, require_machine
from bot.text.working_days import local_day


@dataclass(frozen=True, kw_only=True)
class CaseOverdue(Event):
    """The due day passed while the case was open."""

    due_on: date

    log = (Sentence("history.overdue", {"date": Fact("day", "due_on")}),)
    thread = (Sentence("thread.overdue", {"date": Fact("day", "due_on")}),)
    notices = (CardUpdate(BACKGROUND), ThreadLine())

    def change(self, case: Case) -> Case:
        return replace(case, overdue_reported_on=self.due_on)


@dataclass(frozen=True, kw_only=True)
class ReportOverdue(CaseCommand):
    """Report that the due day has passed, once for each due day."""

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        if case.closed_at is not None or case.due_on is None or case.due_on == case.overdue_reported_on:
            return []
        if case.due_on >= local_day(ctx.now):
            return []
        return [CaseOverdue(at=ctx.now, by=ctx.actor.ref, due_on=case.due_on)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return replace(case, due_on=local_day(ctx.now) - timedelta(days=1)), cls(case_id=case.id)
