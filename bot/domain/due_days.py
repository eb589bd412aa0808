"""The due days of a case, and how they read: that of its next step, its own, and the law's."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, Protocol

from bot.text import Words

DueDayKind = Literal["step", "case", "decision"]
"""What is due: the next step, by the working days of the status; the whole case, by those of the e-service; or the
decision, by the law's six months, once five have passed."""

DUE_LABELS: dict[DueDayKind, str] = {
    "step": "label.due.step",
    "case": "label.due",
    "decision": "label.due.decision",
}

OVERDUE_TEXTS: dict[DueDayKind, str] = {
    "step": "label.overdue.step",
    "case": "label.overdue",
    "decision": "label.overdue.decision",
}


class WithDueDays(Protocol):
    """A case, or a case in a list."""

    @property
    def due_on(self) -> date | None: ...
    @property
    def step_due_on(self) -> date | None: ...
    @property
    def decide_by(self) -> date | None: ...
    @property
    def closed_at(self) -> datetime | None: ...


def due_days(case: WithDueDays) -> dict[DueDayKind, date]:
    """The case's due days, by what is due; none of a closed case."""
    days: dict[DueDayKind, date | None] = {
        "step": case.step_due_on,
        "case": case.due_on,
        "decision": case.decide_by,
    }
    return {kind: day for kind, day in days.items() if day is not None and case.closed_at is None}


def first_due(case: WithDueDays) -> DueDayKind | None:
    """What is due first; on the same day, the decision or the whole case."""
    days = due_days(case)
    return min(reversed(days), key=days.__getitem__, default=None)


def due_line(kind: DueDayKind, day: date, today: date | None, words: Words, *, short: bool = False) -> str:
    """Klart senast 4 dec. 2026, or Försenat sedan 4 dec.

    A `short` one leaves out the current year, which permanent messages must not.
    """
    if today is not None and day < today:
        return words(OVERDUE_TEXTS[kind], date=words.day_short(day))
    this_year = short and today is not None and day.year == today.year
    return f"{words(DUE_LABELS[kind])} {words.day_short(day) if this_year else words.day(day)}"
