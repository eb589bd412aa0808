"""Gallring: when a case is disposed of by its e-service's rule, and what stops it."""

from __future__ import annotations

import calendar
import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Self, get_args

from bot.catalog.services import Retention
from bot.domain.access import require_machine, require_officer
from bot.domain.case import Case, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import Notice, PostsRemoval
from bot.domain.protection import REASON_ON_PAGE, find_reason_refusal, validate_reason
from bot.domain.rules import CaseCommand, Context, Event, Refused, erasable_field, raise_refusals
from bot.text.working_days import local_day

NOTICE_DAYS = 14
"""Days from when a case is on the list that coordinators get, until it can be disposed of."""

HoldKind = Literal["appeal", "request", "supervision"]
HOLD_KINDS: tuple[HoldKind, ...] = get_args(HoldKind)
"""Why a case is put on hold: it is appealed, somebody has asked for it, an authority supervises it."""


class HoldKindRequired(Refused):
    """A hold needs its ground, which is chosen and not assumed."""

    key = "no.holdkind"


class HoldEndRequired(Refused):
    """A hold needs the day it lasts until, which is today or later."""

    key = "no.holdend"


class AlreadyHeld(Refused):
    """The case is on hold already, until `date`."""

    key = "no.alreadyheld"


class NotHeld(Refused):
    """The case is not on hold."""

    key = "no.notheld"


class NotDue(Refused):
    """The case is not to be disposed of now: open, kept, on hold, too new, deleted, or by a rule not approved."""

    key = "no.notdue"


def rule_digest(service: str, rule: Retention) -> str:
    """What an approval is for: the e-service's rule, to the letter. Another rule is to be approved anew."""
    text = f"{service}\x1f{rule.keep}\x1f{rule.months}\x1f{rule.from_}\x1f{rule.basis}"
    return hashlib.sha256(text.encode()).hexdigest()


def due_day(rule: Retention, closed_at: datetime | None) -> date | None:
    """The first day on which a case that was closed then may be disposed of; None for never.

    Months are counted from the day it was closed, or from the first day after that year; where the last month has no
    such day, it is the month's last.
    """
    if closed_at is None or rule.keep or rule.months is None:
        return None
    return _due_day(rule, rule.months, local_day(closed_at))


def _due_day(rule: Retention, number_of_months: int, closed_on: date) -> date:
    start = date(closed_on.year + 1, 1, 1) if rule.from_ == "year_end" else closed_on
    years, month = divmod(start.month - 1 + number_of_months, 12)
    year = start.year + years
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def last_closing_day(rule: Retention, day: date) -> date | None:
    """The last day of closing with which a case may be disposed of by `day`; None where there is none."""
    if rule.keep or rule.months is None:
        return None
    # The later a case was closed, the later its day comes.
    ordinals = range(1, day.toordinal() + 1)
    count = bisect_right(
        ordinals, day, key=lambda ordinal: _due_day(rule, rule.months or 0, date.fromordinal(ordinal))
    )
    return date.fromordinal(count) if count else None


def hold_texts(rule: Retention | None) -> tuple[str, str]:
    """The keys of what a hold does, and of what is after its last day: other where the cases are kept for ever."""
    is_for_ever = rule is not None and rule.keep
    return ("hold.about.kept", "hold.until.kept") if is_for_ever else ("hold.about", "hold.until.hint")


def is_held(case: Case, day: date) -> bool:
    """Whether the case is on hold that day."""
    return case.hold_until is not None and day <= case.hold_until


@dataclass(frozen=True, kw_only=True)
class CaseDisposed(Event):
    """The case's contents were erased, by that rule of the e-service. `run` is the day of the protocol it is in."""

    run: date
    months: int
    counted_from: Literal["closed", "year_end"]
    basis: str

    log = (Sentence("history.disposed", {"basis": Fact("text", "basis")}),)
    notices = (PostsRemoval(),)

    def change(self, case: Case) -> Case:
        return with_changes(case, disposed_at=self.at, hold="", hold_until=None)


@dataclass(frozen=True, kw_only=True)
class DisposeCase(CaseCommand):
    """Dispose of the case by the e-service's rule; `digest` is that of the rule that was approved."""

    run: date
    digest: str

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        rule, today = ctx.service.retention, local_day(ctx.now)
        due = due_day(rule, case.closed_at)
        if (
            due is None
            or rule.months is None
            or today < due
            or is_held(case, today)
            or case.deleted_at is not None
            or self.digest != rule_digest(ctx.service.key, rule)
        ):
            raise NotDue(number=case.number)
        return [
            CaseDisposed(
                at=ctx.now,
                by=ctx.actor.ref,
                run=self.run,
                months=rule.months,
                counted_from=rule.from_,
                basis=rule.basis,
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        """Of a case that was closed as long ago as a time can be."""
        day, digest = local_day(ctx.now), rule_digest(ctx.service.key, ctx.service.retention)
        return with_changes(case, closed_at=datetime.min.replace(tzinfo=ctx.now.tzinfo, year=2)), cls(
            case_id=case.id, run=day, digest=digest
        )


@dataclass(frozen=True, kw_only=True)
class HoldSet(Event):
    """The case was put on hold until the end of the day `hold_until`: it is not disposed of meanwhile."""

    hold: HoldKind
    hold_until: date
    reason: str = erasable_field()

    log = (Sentence("history.hold", {"kind": Fact("hold", "hold"), "date": Fact("day", "hold_until")}),)
    log_details = (REASON_ON_PAGE,)
    notices: ClassVar[tuple[Notice, ...]] = ()

    def change(self, case: Case) -> Case:
        return with_changes(case, hold=self.hold, hold_until=self.hold_until)


@dataclass(frozen=True, kw_only=True)
class HoldReleased(Event):
    """The hold was ended before its day."""

    log = (Sentence("history.unhold"),)
    notices: ClassVar[tuple[Notice, ...]] = ()

    def change(self, case: Case) -> Case:
        return with_changes(case, hold="", hold_until=None)


@dataclass(frozen=True, kw_only=True)
class HoldCase(CaseCommand):
    """Put the case on hold until the end of the day `until`. None, and an empty `hold`, are what was not filled in."""

    hold: HoldKind | Literal[""]
    until: date | None
    reason: str

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        today = local_day(ctx.now)
        if is_held(case, today):
            raise AlreadyHeld(date=case.hold_until)
        raise_refusals(self.find_problems(today))
        assert self.hold and self.until is not None
        reason = validate_reason(self.reason)
        return [HoldSet(at=ctx.now, by=officer.ref, hold=self.hold, hold_until=self.until, reason=reason)]

    def find_problems(self, today: date) -> list[Refused]:
        """What is wrong in what was filled in, in the order of the fields."""
        is_future = self.until is not None and self.until >= today
        found = (
            None if self.hold else HoldKindRequired(),
            None if is_future else HoldEndRequired(),
            find_reason_refusal(self.reason),
        )
        return [one for one in found if one is not None]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, hold="appeal", until=local_day(ctx.now), reason="x")


@dataclass(frozen=True, kw_only=True)
class ReleaseHold(CaseCommand):
    """End the hold before its day."""

    audience = "works"
    one_click: ClassVar[Mapping[str, Mapping[str, Any]]] = {"unhold": {}}

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        if not is_held(case, local_day(ctx.now)):
            raise NotHeld
        return [HoldReleased(at=ctx.now, by=officer.ref)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return with_changes(case, hold="appeal", hold_until=local_day(ctx.now)), cls(case_id=case.id)
