"""The applicant's request that the case is decided (förvaltningslagen 12 §), and the weeks in which it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from bot.domain.access import require_applicant, require_machine
from bot.domain.case import Case, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.messages.events import MessageReceived
from bot.domain.notice_recipients import notify_responsible
from bot.domain.notices import BACKGROUND, CardUpdate, Notice, ThreadLine
from bot.domain.rules import CaseCommand, Context, Event, Refused
from bot.domain.six_month_rule import (
    DAYS_TO_REMIND,
    is_request_waiting,
    last_day_to_answer,
    may_request_decision,
)
from bot.text import words
from bot.text.working_days import local_day


class NothingToDecide(Refused):
    """The case is decided, or such that the law's six months do not hold for it."""

    key = "no.request.none"


class RequestTooEarly(Refused):
    """Six months have not passed since the case came in."""

    key = "no.request.early"


class RequestedBefore(Refused):
    """The applicant has asked for a decision, which they may once."""

    key = "no.request.again"


_DATE = {"date": Fact("day", "decide_by")}


@dataclass(frozen=True, kw_only=True)
class DecisionRequested(Event):
    """The applicant asked for a decision; `decide_by` is the last day to decide the case or refuse the request."""

    applicant: str
    decide_by: date

    log = (Sentence("history.requested", _DATE),)
    thread = (Sentence("thread.requested", _DATE),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        return [CardUpdate(), ThreadLine(), *notify_responsible(case, "requested", self.by, ctx)]

    def change(self, case: Case) -> Case:
        return with_changes(case, decision_requested_at=self.at, decide_by=self.decide_by)


@dataclass(frozen=True, kw_only=True)
class RequestDecision(CaseCommand):
    """The applicant asks for a decision, in writing: a message says so, which is a document of the case."""

    audience = "applicant"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, applicant = require_applicant(case, ctx)
        if case.closed_at is not None or not ctx.service.follows_six_month_rule:
            raise NothingToDecide
        if case.decision_requested_at is not None:
            raise RequestedBefore
        if not may_request_decision(case, ctx.service, local_day(ctx.now)):
            raise RequestTooEarly
        text = words(ctx.catalog.municipality.language)("request.text")
        at, by = ctx.now, ctx.actor.ref
        return [
            MessageReceived(at=at, by=by, applicant=applicant, message_id=ctx.new_id(), text=text),
            DecisionRequested(at=at, by=by, applicant=applicant, decide_by=last_day_to_answer(at)),
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return with_changes(case, received_at=ctx.now - timedelta(days=400)), cls(case_id=case.id)


@dataclass(frozen=True, kw_only=True)
class DecisionDueSoon(Event):
    """A week is left to answer the applicant's request."""

    decide_by: date

    log = (Sentence("history.requestsoon", _DATE),)
    thread = (Sentence("thread.requestsoon", _DATE),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        notices = notify_responsible(case, "requestsoon", self.by, ctx)
        return [CardUpdate(BACKGROUND), ThreadLine(), *notices]

    def change(self, case: Case) -> Case:
        return with_changes(case, decision_reminded=True)


@dataclass(frozen=True, kw_only=True)
class RemindOfRequest(CaseCommand):
    """Remind once, when a week is left, those who have the case of the applicant's request."""

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        if not is_request_waiting(case) or case.decision_reminded or case.decide_by is None:
            return []
        if local_day(ctx.now) < case.decide_by - timedelta(days=DAYS_TO_REMIND):
            return []
        return [DecisionDueSoon(at=ctx.now, by=ctx.actor.ref, decide_by=case.decide_by)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        requested_at = ctx.now - timedelta(days=25)
        return with_changes(
            case, decision_requested_at=requested_at, decide_by=last_day_to_answer(requested_at)
        ), cls(case_id=case.id)
