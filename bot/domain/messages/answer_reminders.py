"""Reminders to the applicant of the day by which they are asked to answer: some days before, and the day after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, Self

from bot.domain.access import require_machine
from bot.domain.case import AwaitedAnswer, Case, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import ApplicantNotice, MailKind, Notice
from bot.domain.rules import CaseCommand, Context, Event
from bot.text.working_days import add_working_days, local_day

_DATE = {"date": Fact("day", "answer_by")}


@dataclass(frozen=True, kw_only=True)
class ApplicantReminded(Event):
    """The applicant was reminded of the day by which the message asks them to answer; `is_late`: it had passed."""

    message_id: str
    answer_by: date
    is_late: bool = False

    log = (
        Sentence("history.reminded.late", _DATE, only_with="is_late"),
        Sentence("history.reminded", _DATE),
    )

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        kind: MailKind = "answer_late" if self.is_late else "answer_soon"
        return [ApplicantNotice(applicant, kind, self.message_id) for applicant in case.applicants]

    def change(self, case: Case) -> Case:
        state: Literal["soon", "late"] = "late" if self.is_late else "soon"
        awaited = tuple(
            replace(one, reminded=state) if one.message_id == self.message_id else one for one in case.awaited
        )
        return with_changes(case, awaited=awaited)


@dataclass(frozen=True, kw_only=True)
class RemindOfAnswer(CaseCommand):
    """Remind the applicant of a message that they have not answered: once before its day, and once after it."""

    message_id: str

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, today = require_machine(case, ctx), local_day(ctx.now)
        awaited = next((one for one in case.awaited if one.message_id == self.message_id), None)
        can_answer = case.closed_at is None and case.deleted_at is None and ctx.service.applicant_follows
        if awaited is None or not can_answer:
            return []
        is_late = awaited.answer_by < today
        days = ctx.service.notices.answer_reminder_days
        is_soon = awaited.answer_by <= add_working_days(today, days, ctx.catalog.closed_days)
        if not days or awaited.reminded in (("late",) if is_late else ("soon", "late")):
            return []
        if not is_late and not is_soon:
            return []
        return [
            ApplicantReminded(
                at=ctx.now,
                by=ctx.actor.ref,
                message_id=self.message_id,
                answer_by=awaited.answer_by,
                is_late=is_late,
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        awaited = (AwaitedAnswer("m", local_day(ctx.now)),)
        return with_changes(case, awaited=awaited, closed_at=None), cls(case_id=case.id, message_id="m")
