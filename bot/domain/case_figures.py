"""What a case adds to the figures: counts and durations by e-service and day, without personal data.

Figures are sums over all cases of what each case's events say. They never name a case, an applicant or an officer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Literal, NamedTuple, get_args

from bot.domain.assignment import AssigneesChanged, CaseAssigned, CaseReleased, CaseTaken
from bot.domain.case import Case
from bot.domain.deletion import CaseDeleted, CaseRestored
from bot.domain.messages.events import InformationAdded, MessageReceived, MessageSent, MessageUndone
from bot.domain.rules import Event
from bot.domain.status import StatusSet
from bot.domain.submission import CaseSubmitted
from bot.text.working_days import local_day

RULES_VERSION = 2
"""To be raised when a rule below is changed: figures that were counted by other rules are then counted anew."""

CountKind = Literal[
    "received",
    "open",
    "closed",
    "reopened",
    "overdue",
    "overdue_case",
    "overdue_step",
    "sent",
    "answered",
]
"""What is counted.

`received`, on the day of receipt. `open`: cases that are open now, on the day of their receipt. `closed` and
`reopened`, on the day of each. On the day of a closing too: `overdue`, by either due day, `overdue_case`, after the
case's own, `overdue_step`, after that of any step so far; and the messages in the case, `sent` to the applicant and
`answered` by them.
"""

DurationKind = Literal["to_take", "to_answer", "to_close"]
"""Times from receipt, on the day that they end: until an officer has the case, until the applicant can read the first
message, and until each closing."""

FigureKind = CountKind | DurationKind

DURATION_KINDS: tuple[DurationKind, ...] = get_args(DurationKind)

_ASSIGNMENTS = (CaseAssigned, CaseTaken, CaseReleased, AssigneesChanged)
_CHANGES = (StatusSet, CaseDeleted, CaseRestored)

COUNTED_EVENTS = frozenset(
    kind.__name__
    for kind in (
        CaseSubmitted,
        *_ASSIGNMENTS,
        *_CHANGES,
        MessageSent,
        MessageUndone,
        MessageReceived,
        InformationAdded,
    )
)
"""Names of the events that figures are counted from; others need not be read."""

_EXACT_BITS = 7


class FigureKey(NamedTuple):
    """What a figure is of. `minutes` is the group of a duration (`group_duration`), 0 for counts."""

    service: str
    kind: FigureKind
    day: date
    minutes: int = 0


def group_duration(minutes: int) -> int:
    """The least duration of the group that this one is counted in, so that few numbers are stored.

    Up to two hours each minute is a group; longer ones differ by less than 1/64 from the least of their group.
    """
    dropped_bits = max(0, minutes.bit_length() - _EXACT_BITS)
    return minutes >> dropped_bits << dropped_bits


@cache
def group_place(group: int) -> int:
    """Which group it is, from 0, in the order of durations."""
    dropped_bits = max(0, group.bit_length() - _EXACT_BITS)
    return (dropped_bits << _EXACT_BITS - 1) + (group >> dropped_bits)


@cache
def group_at(place: int) -> int:
    """The group that has that place."""
    if place < 1 << _EXACT_BITS:
        return place
    dropped_bits = (place >> _EXACT_BITS - 1) - 1
    return place - (dropped_bits << _EXACT_BITS - 1) << dropped_bits


def group_middle(group: int) -> int:
    """The duration that stands for the group: at most 1/128 (0.8 %) from each in it."""
    return group + (1 << max(0, group.bit_length() - _EXACT_BITS)) // 2


@dataclass(slots=True)
class CaseFigures:
    """What the events of one case add, taken in one after the other."""

    case: Case | None = None
    taken_at: datetime | None = None
    messages: dict[str, datetime] = field(default_factory=dict)
    """When the applicant can read each message to them, by its id; without those that were undone."""
    answers: int = 0
    is_step_overdue: bool = False
    _of_closings: dict[FigureKey, int] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take in the case's next event. Of the case only what figures depend on is followed."""
        before = self.case
        if before is None:
            self.case = event.apply(None)
        elif isinstance(event, MessageSent):
            self.messages[event.message_id] = event.visible_at
        elif isinstance(event, MessageUndone):
            self.messages.pop(event.message_id, None)
        elif isinstance(event, MessageReceived | InformationAdded):
            self.answers += 1
        elif isinstance(event, _CHANGES):
            self.case = event.change(before)
            self._take_in_change(before, self.case, event.at)
        elif isinstance(event, _ASSIGNMENTS) and self.taken_at is None:
            self.case = event.change(before)
            self.taken_at = event.at if self.case.officers else None

    def _take_in_change(self, before: Case, case: Case, at: datetime) -> None:
        if before.step_due_on is not None and before.step_due_on < local_day(at):
            self.is_step_overdue = True
        if before.closed_at is None and case.closed_at is not None:
            self._add_closing(case, at)
        elif before.closed_at is not None and case.closed_at is None:
            _add(self._of_closings, FigureKey(case.service, "reopened", local_day(at)))

    def _add_closing(self, case: Case, at: datetime) -> None:
        day = local_day(at)
        is_case_overdue = case.due_on is not None and case.due_on < day
        counts: dict[CountKind, int] = {
            "closed": 1,
            "overdue": is_case_overdue or self.is_step_overdue,
            "overdue_case": is_case_overdue,
            "overdue_step": self.is_step_overdue,
            "sent": len(self.messages),
            "answered": self.answers,
        }
        for kind, count in counts.items():
            if count:
                _add(self._of_closings, FigureKey(case.service, kind, day), count)
        _add(self._of_closings, self._duration_key("to_close", case, at))

    def count(self) -> Counter[FigureKey]:
        """What the case adds after the events so far; nothing before its first, and while it is deleted."""
        case = self.case
        if case is None or case.deleted_at is not None:
            return Counter()
        counted = self._of_closings.copy()
        received_on = local_day(case.received_at)
        _add(counted, FigureKey(case.service, "received", received_on))
        if case.closed_at is None:
            _add(counted, FigureKey(case.service, "open", received_on))
        if self.taken_at is not None:
            _add(counted, self._duration_key("to_take", case, self.taken_at))
        if self.messages:
            _add(counted, self._duration_key("to_answer", case, min(self.messages.values())))
        return Counter(counted)

    def _duration_key(self, kind: DurationKind, case: Case, until: datetime) -> FigureKey:
        minutes = max(0, int((until - case.received_at).total_seconds() // 60))
        return FigureKey(case.service, kind, local_day(until), group_duration(minutes))


def _add(counted: dict[FigureKey, int], key: FigureKey, count: int = 1) -> None:
    counted[key] = counted.get(key, 0) + count
