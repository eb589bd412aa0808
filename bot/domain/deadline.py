"""The day by which a case is to be done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from bot.domain.case import Case
from bot.domain.rules import Context, Event, require_machine
from bot.text.working_days import local_day


@dataclass(frozen=True, kw_only=True)
class CaseOverdue(Event):
    """The due day passed with the case still open."""

    due_on: date

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        return replace(case, overdue_reported_on=self.due_on, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class ReportOverdue:
    """Tell that the due day has passed, once for each due day."""

    case_id: str

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        if case.closed_at is not None or case.due_on is None or case.due_on == case.overdue_reported_on:
            return []
        if case.due_on >= local_day(ctx.now):
            return []
        return [CaseOverdue(at=ctx.now, by=ctx.actor.ref, due_on=case.due_on)]
