"""An officer's own flag on a case: a star, perhaps with a note and a reminder. It concerns nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args

from bot.domain.rules import Refused, TooLong
from bot.text.words import STOCKHOLM

LONGEST_NOTE = 150
"""Characters of a flag's note."""

Snooze = Literal["hour", "tomorrow", "week"]
SNOOZES: tuple[Snooze, ...] = get_args(Snooze)


class DayHasPassed(Refused):
    """Nobody can be reminded on a day that has passed."""

    key = "no.daypassed"


class NotFlagged(Refused):
    """The officer has no flag on the case."""

    key = "no.notflagged"


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag: `remind_at`, aware UTC, is when its officer is to be reminded, and None once that is done."""

    case_id: str
    note: str = field(default="", repr=False)
    remind_at: datetime | None = None


def flag_of(case_id: str, note: str, remind_on: date | None, now: datetime, opens: time) -> Flag:
    """The flag that was asked for: TooLong, DayHasPassed. One is reminded when the office opens on the day."""
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise TooLong(n=len(note) - LONGEST_NOTE)
    if remind_on is not None and remind_on < now.astimezone(STOCKHOLM).date():
        raise DayHasPassed
    return Flag(case_id, note, _at(remind_on, opens) if remind_on is not None else None)


def snoozed(how: Snooze, now: datetime, opens: time) -> datetime:
    """When one is reminded again: in an hour, or when the office opens tomorrow or in a week."""
    if how == "hour":
        return now + timedelta(hours=1)
    days = 1 if how == "tomorrow" else 7
    return _at(now.astimezone(STOCKHOLM).date() + timedelta(days=days), opens)


def _at(day: date, opens: time) -> datetime:
    return datetime.combine(day, opens, STOCKHOLM).astimezone(UTC)
