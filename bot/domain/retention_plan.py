"""What coordinators read of retention: the rules, the cases ahead, and the protocols; and how it is worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bot.catalog.models import Catalog
from bot.catalog.services import EService, Retention
from bot.domain.actors import officer_name
from bot.domain.case import Case
from bot.domain.retention import is_held
from bot.domain.views import CaseView
from bot.text import Words

Awaited = Literal["", "approval", "confirmation"]


@dataclass(frozen=True, slots=True)
class RulePlan:
    """An e-service's rule, and what it leads to today.

    `listed` cases are to be disposed of from `first_due_on` on, `due` of them today already. They are at most `limit`
    in one night, unless as many are `confirmed`. `held` are on hold.
    """

    service: EService
    digest: str
    approved_at: datetime | None
    approved_by: str
    listed: int
    first_due_on: date | None
    due: int
    held: int
    limit: int
    confirmed: int

    @property
    def is_over_limit(self) -> bool:
        """Whether so many are due that a coordinator has to confirm it."""
        return self.due > max(self.limit, self.confirmed)

    @property
    def awaits(self) -> Awaited:
        """What a coordinator has to do before the rule disposes of anything; empty for nothing."""
        if self.approved_at is None:
            return "approval"
        return "confirmation" if self.is_over_limit else ""

    @property
    def is_ready(self) -> bool:
        """Whether what is due may be disposed of."""
        return self.awaits == ""

    @property
    def due_tonight(self) -> int:
        """How many cases are disposed of tonight: what is due, unless the rule awaits something."""
        return self.due if self.is_ready else 0


@dataclass(frozen=True, slots=True)
class RuleReach:
    """What a rule reaches today: `closed` cases in all, the time of `soon` of which comes within the notice's days.

    `last_due_on` is when the case that was closed last can be disposed of; None where there is none.
    """

    closed: int
    soon: int
    last_due_on: date | None


@dataclass(frozen=True, slots=True)
class CaseToDispose:
    """A case that is to be disposed of from `due_on` on."""

    case_id: str
    number: str
    closed_at: datetime
    due_on: date


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """A case that was disposed of, with the rule as it was, who approved it, and how much the case held."""

    number: str
    service: str
    closed_on: date
    at: datetime
    months: int
    counted_from: str
    basis: str
    approved_by: str
    messages: int
    notes: int
    files: int


@dataclass(frozen=True, slots=True)
class ProtocolSummary:
    """A run, and how many cases of the e-service it disposed of."""

    run: date
    service: str
    cases: int
    files: int


PROTOCOL_COLUMNS = (
    *("number", "service", "closed", "disposed", "rule", "basis", "approved"),
    *("messages", "notes", "files"),
)
"""The columns of a protocol, each named by `retention.column.…`."""


def rule_text(rule: Retention, words: Words) -> str:
    """The rule in words: kept, or after how many months."""
    if rule.keep or rule.months is None:
        return words("retention.rule.keep")
    return months_text(rule.months, rule.from_, words)


def months_text(months: int, counted_from: str, words: Words) -> str:
    """After how many months, from when."""
    if counted_from == "deleted":
        return words("retention.rule.deleted")
    years, rest = divmod(months, 12)
    span = words("retention.years", n=years) if not rest else words("retention.months", n=months)
    return words(f"retention.rule.{counted_from}", span=span)


def protocol_row(line: ProtocolLine, catalog: Catalog, words: Words) -> tuple[str, ...]:
    """The line of a protocol in words, by PROTOCOL_COLUMNS."""
    service = catalog.service(line.service)
    return (
        line.number,
        service.name.in_(words.language) if service is not None else line.service,
        words.day(line.closed_on),
        words.moment(line.at),
        months_text(line.months, line.counted_from, words),
        line.basis,
        officer_name(f"officer:{line.approved_by}", catalog),
        *(str(count) for count in (line.messages, line.notes, line.files)),
    )


def protocol_table(lines: Sequence[ProtocolLine], catalog: Catalog, words: Words) -> list[tuple[str, ...]]:
    """The protocol with its headings."""
    headings = tuple(words(f"retention.column.{column}") for column in PROTOCOL_COLUMNS)
    return [headings, *(protocol_row(line, catalog, words) for line in lines)]


def plan_state(plan: RulePlan, catalog: Catalog, words: Words) -> str:
    """What the rule waits for, in words."""
    if plan.service.retention.keep:
        return words("retention.state.keep")
    if plan.approved_at is None:
        return words("retention.state.unapproved")
    if plan.is_over_limit:
        return words("retention.state.limit", n=plan.due, limit=plan.limit)
    name = officer_name(f"officer:{plan.approved_by}", catalog)
    return words("retention.state.approved", name=name, date=words.day(plan.approved_at))


def disposal_line(view: CaseView, words: Words) -> str:
    """When the case's content was disposed of, and by which rule, as its log has it; empty where it is there."""
    if view.case.disposed_at is None:
        return ""
    date, basis = words.day(view.case.disposed_at), view.disposal_basis
    return words("disposed.by", date=date, basis=basis) if basis else words("disposed.line", date=date)


def retention_lines(case: Case, today: date, words: Words) -> list[str]:
    """That the case is on hold, until when and why, or that it was disposed of; not for the channel."""
    if case.disposed_at is not None:
        return [words("disposed.line", date=words.day(case.disposed_at))]
    if case.hold_until is not None and is_held(case, today):
        return [words("hold.line", kind=words(f"hold.{case.hold}"), date=words.day(case.hold_until))]
    return []
