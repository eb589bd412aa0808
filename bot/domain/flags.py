"""An officer's own flag on a case: a star, perhaps with a note and a reminder. No one else sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args

from bot.domain.rules import Refused
from bot.text.words import STOCKHOLM

MAX_NOTE_LENGTH = 150
"""Characters of a flag's note."""

Snooze = Literal["hour", "tomorrow", "week"]
SNOOZES: tuple[Snooze, ...] = get_args(Snooze)


class ReminderDayPassed(Refused):
    """The day of the reminder has passed."""

    key = "no.daypassed"


class FlagNoteTooLong(Refused):
    """The flag's note is `n` characters too long."""

    key = "no.longflag"


class NotFlagged(Refused):
    """The officer has no flag on the case."""

    key = "no.notflagged"


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag. `remind_at`, aware UTC, is when its officer is to be reminded; None without, or after, a reminder."""

    case_id: str
    note: str = field(default="", repr=False)
    remind_at: datetime | None = None


def create_flag(case_id: str, note: str, remind_on: date | None, now: datetime, opens: time) -> Flag:
    """A flag with a reminder when the office opens on the day. Raises FlagNoteTooLong and ReminderDayPassed."""
    note = " ".join(note.split())
    if len(note) > MAX_NOTE_LENGTH:
        raise FlagNoteTooLong(n=len(note) - MAX_NOTE_LENGTH)
    if remind_on is not None and remind_on < now.astimezone(STOCKHOLM).date():
        raise ReminderDayPassed
    return Flag(case_id, note, _opening_time(remind_on, opens) if remind_on is not None else None)


def snooze_until(snooze: Snooze, now: datetime, opens: time) -> datetime:
    """The time of the next reminder: in an hour, or when the office opens tomorrow or in a week."""
    if snooze == "hour":
        return now + timedelta(hours=1)
    days = 1 if snooze == "tomorrow" else 7
    return _opening_time(now.astimezone(STOCKHOLM).date() + timedelta(days=days), opens)


def _opening_time(day: date, opens: time) -> datetime:
    return datetime.combine(day, opens, STOCKHOLM).astimezone(UTC)
