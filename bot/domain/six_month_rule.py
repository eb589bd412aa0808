"""The six-month rule of förvaltningslagen: a late case is told of (11 §), and a decision can be asked for (12 §)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Self

from bot.catalog.services import EService, words_for
from bot.domain.access import require_machine
from bot.domain.case import Case, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notice_reasons import NoticeReason
from bot.domain.notice_recipients import notify_assignees
from bot.domain.notices import BACKGROUND, CardUpdate, Notice, ThreadLine
from bot.domain.rules import CaseCommand, Context, Event
from bot.text import Words
from bot.text.working_days import add_months, add_working_days, local_day

MONTHS_TO_DECIDE = 6
"""Within so many months a case that an individual party began is to be decided (12 §)."""

WEEKS_TO_ANSWER = 4
"""Within so many weeks of the applicant's request the case is to be decided, or the request refused (12 §)."""

DAYS_TO_REMIND = 7
"""So many days before they have passed, those who have the case are reminded."""

MONTHS_TO_WARN = 5
"""After so many, those who have the case are told: in time to tell the party why it is late."""

_DATE = {"date": Fact("day", "decide_by")}


@dataclass(frozen=True, kw_only=True)
class _DelayReported(Event):
    """So many months have passed since the case was received; `decide_by` is the last day of the six."""

    decide_by: date
    reason: ClassVar[NoticeReason]

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        notices = notify_assignees(case, self.reason, self.by, ctx.catalog)
        return [CardUpdate(BACKGROUND), ThreadLine(), *notices]


@dataclass(frozen=True, kw_only=True)
class FiveMonthsPassed(_DelayReported):
    """The case is still open after five months."""

    log = (Sentence("history.fivemonths", _DATE),)
    thread = (Sentence("thread.fivemonths", _DATE),)
    reason = "delay"

    def change(self, case: Case) -> Case:
        return with_changes(case, decide_by=self.decide_by)


@dataclass(frozen=True, kw_only=True)
class SixMonthsPassed(_DelayReported):
    """The case is still open after six months: the applicant may ask for a decision."""

    log = (Sentence("history.sixmonths", _DATE),)
    thread = (Sentence("thread.sixmonths", _DATE),)
    reason = "sixmonths"

    def change(self, case: Case) -> Case:
        return with_changes(case, decide_by=self.decide_by, may_request_decision=True)


@dataclass(frozen=True, kw_only=True)
class ReportDelay(CaseCommand):
    """Report once that five months have passed, and once that six have."""

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        if case.closed_at is not None or not case.applicants or not ctx.service.follows_six_month_rule:
            return []
        if case.decision_requested_at is not None:
            return []
        today, decide_by = local_day(ctx.now), last_day_to_decide(case.received_at)
        if today > decide_by and not case.may_request_decision:
            return [SixMonthsPassed(at=ctx.now, by=ctx.actor.ref, decide_by=decide_by)]
        if today >= warning_day(case.received_at) and case.decide_by is None:
            return [FiveMonthsPassed(at=ctx.now, by=ctx.actor.ref, decide_by=decide_by)]
        return []

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        long_ago = ctx.now - timedelta(days=400)
        return with_changes(case, received_at=long_ago, applicants=case.applicants or ("a",)), cls(
            case_id=case.id
        )


def last_day_to_decide(received_at: datetime) -> date:
    """The last day of the six months, or the next working day (lag 1930:173, 2 §).

    They are counted from the day on which the case came in (22 §), whatever day and hour that was, and are not paused.
    The municipality's own closed days do not prolong them.
    """
    return add_working_days(add_months(local_day(received_at), MONTHS_TO_DECIDE), 0)


def last_day_to_answer(requested_at: datetime) -> date:
    """The last day of the four weeks from the day on which the request came in, or the next working day (12 §)."""
    return add_working_days(local_day(requested_at) + timedelta(weeks=WEEKS_TO_ANSWER), 0)


def may_request_decision(case: Case, service: EService, today: date) -> bool:
    """Whether the applicant may ask for a decision: once, after the six months, while the case is undecided."""
    is_pending = case.closed_at is None and bool(case.applicants) and service.follows_six_month_rule
    return is_pending and case.decision_requested_at is None and today > last_day_to_decide(case.received_at)


def is_request_waiting(case: Case) -> bool:
    """Whether the applicant waits for the decision they asked for, or for a refusal of it."""
    return case.decision_requested_at is not None and not case.decision_refusal and case.closed_at is None


def with_refusal(case: Case, message_id: str) -> Case:
    """The case after the message that refuses the request, or, with "", after that was undone."""
    if case.decision_requested_at is None or (message_id and case.decision_refusal):
        return case
    decide_by = None if message_id else last_day_to_answer(case.decision_requested_at)
    return with_changes(case, decision_refusal=message_id, decide_by=decide_by)


def warning_day(received_at: datetime) -> date:
    """The day on which five months have passed."""
    return add_months(local_day(received_at), MONTHS_TO_WARN)


def last_received_to_warn(today: date) -> date:
    """The last day of receipt for which five months have passed."""
    day = today - timedelta(days=MONTHS_TO_WARN * 31)
    while add_months(day + timedelta(days=1), MONTHS_TO_WARN) <= today:
        day += timedelta(days=1)
    return day


def is_delay_untold(case: Case) -> bool:
    """Whether the applicant is still to be told that the case is late, and why."""
    return case.decide_by is not None and not case.delay_message and case.closed_at is None


def delay_lines(case: Case, service: EService | None, words: Words) -> list[str]:
    """What stands at the top of the case about its time: that it is paused, and what the law asks for now."""
    if case.closed_at is not None:
        return []
    words, lines = words_for(service, words), []
    if case.due_days_left is not None:
        lines.append(words("delay.paused", n=case.due_days_left))
    if is_request_waiting(case) and case.decide_by is not None:
        lines.append(words("delay.requested", date=words.day(case.decide_by)))
    elif case.decision_refusal:
        lines.append(words("delay.refused"))
    elif case.may_request_decision:
        lines.append(words("delay.request"))
    if is_delay_untold(case) and service is not None and service.applicant_follows:
        lines.append(words("delay.untold"))
    return lines
