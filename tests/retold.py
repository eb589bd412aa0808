"""What each event says of a case, told once more and not by the program: for tests to hold it to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bot.domain.case import Case

Reply = tuple[str, str, str, bool]
"""Its place, its note, the edit that the note has, and whether it is gone."""


@dataclass(frozen=True)
class Told:
    """How a case stands, who has it and what it is marked with."""

    status: str = ""
    is_closed: bool = False
    due_on: date | None = None
    holders: tuple[str, ...] = ()
    colour: str = ""
    protected: bool = False
    overdue_told: date | None = None
    receipts_wanted: tuple[str, ...] = ()
    replies: tuple[Reply, ...] = ()

    def without(self, *refs: str) -> tuple[str, ...]:
        return tuple(ref for ref in self.holders if ref not in refs)


def as_it_is(case: Case) -> Told:
    """What the program says of the case."""
    return Told(
        status=case.status,
        is_closed=case.closed_at is not None,
        due_on=case.due_on,
        holders=case.holders,
        colour=case.colour,
        protected=case.protected,
        overdue_told=case.overdue_told,
        receipts_wanted=case.receipts_wanted,
        replies=tuple((one.place, one.note, one.edited, one.removed) for one in case.replies),
    )


Facts = Mapping[str, Any]
Telling = Callable[[Told, Facts], Told]


def retold(told: Told, event: str, facts: Facts) -> Told:
    """How the case stands after the event of that name, if nothing changes but what the event tells of."""
    return TELLING[event](told, facts)


def _opened(told: Told, facts: Facts) -> Told:
    return Told(status=facts["status"], due_on=facts["due_on"], protected=facts["protected"])


def _status(told: Told, facts: Facts) -> Told:
    is_closed = facts["kind"] == "closed"
    return replace(told, status=facts["status"], due_on=facts["due_on"], is_closed=is_closed)


def _taken(told: Told, facts: Facts) -> Told:
    left = told.without(*(f"officer:{key}" for key in facts["replaced"]))
    return replace(told, holders=(*left, f"officer:{facts['officer']}"))


def _sent(told: Told, facts: Facts) -> Told:
    wanted = [facts["message_id"]] if facts["receipt"] else []
    return replace(told, receipts_wanted=(*told.receipts_wanted, *wanted))


def _not_wanted(told: Told, facts: Facts) -> Told:
    left = tuple(one for one in told.receipts_wanted if one != facts["message_id"])
    return replace(told, receipts_wanted=left)


def _noted(told: Told, facts: Facts) -> Told:
    new = [(facts["source"], facts["note_id"], facts["edited"], False)] if facts["source"] else []
    return replace(told, replies=(*told.replies, *new))


def _revised(told: Told, facts: Facts) -> Told:
    return _with_reply(told, facts, lambda reply: (*reply[:2], facts["edited"], reply[3]))


def _unthreaded(told: Told, facts: Facts) -> Told:
    return _with_reply(told, facts, lambda reply: (*reply[:3], True))


def _with_reply(told: Told, facts: Facts, change: Callable[[Reply], Reply]) -> Told:
    replies = tuple(change(one) if one[1] == facts["note_id"] else one for one in told.replies)
    return replace(told, replies=replies)


def _as_before(told: Told, facts: Facts) -> Told:
    return told


TELLING: dict[str, Telling] = {
    "CaseSubmitted": _opened,
    "CaseAssigned": lambda t, f: replace(t, holders=(*t.holders, f"{f['kind']}:{f['key']}")),
    "CaseTaken": _taken,
    "CaseReleased": lambda t, f: replace(t, holders=t.without(f"officer:{f['officer']}")),
    "AssigneesChanged": lambda t, f: replace(t, holders=(*t.without(*f["removed"]), *f["added"])),
    "StatusSet": _status,
    "CaseColoured": lambda t, f: replace(t, colour=f["colour"]),
    "CaseProtected": lambda t, f: replace(t, protected=True),
    "ProtectionLifted": lambda t, f: replace(t, protected=False),
    "CaseOverdue": lambda t, f: replace(t, overdue_told=f["due_on"]),
    "MessageSent": _sent,
    "MessageUndone": _not_wanted,
    "MessageReceipted": _not_wanted,
    "MessageReceived": _as_before,
    "InformationAdded": _as_before,
    "NoteAdded": _noted,
    "NoteRevised": _revised,
    "ReplyRemoved": _unthreaded,
    "ApplicantNotReached": _as_before,
}
"""Every event has its line; one without it fails the tests that live through all there are."""
