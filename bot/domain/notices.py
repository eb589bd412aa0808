"""Who is told of what: one row an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.domain.assignment import AssigneesChanged, CaseAssigned, CaseReleased, CaseTaken
from bot.domain.case import Case
from bot.domain.deadline import CaseOverdue
from bot.domain.intake import CaseSubmitted
from bot.domain.marks import CaseColoured
from bot.domain.messages import (
    InformationAdded,
    MessageReceipted,
    MessageReceived,
    MessageSent,
    MessageUndone,
)
from bot.domain.notes import NoteAdded, NoteRevised, ReplyRemoved
from bot.domain.protection import CaseProtected, ProtectionLifted
from bot.domain.reaching import ApplicantNotReached
from bot.domain.rules import Context, Event
from bot.domain.status import StatusSet

GATHER = timedelta(seconds=10)
"""Thread lines and officers' notices of one case that fall within it become one."""

SOMEONE_WAITS, NEW_CASE, BACKGROUND = 0, 1, 2
"""Priorities of a delivery, most urgent first."""

Letter = Literal["received", "message", "completion", "status", "closed"]


@dataclass(frozen=True, slots=True)
class CardPosted:
    """The case's card is to be in its channel."""

    priority: int = NEW_CASE


@dataclass(frozen=True, slots=True)
class CardChanged:
    """The card is to show the case as it is at delivery."""

    priority: int = SOMEONE_WAITS


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """The event is to be told in the card's thread; `announced` also in the channel, for nobody has the case."""

    announced: bool = False


@dataclass(frozen=True, slots=True)
class ApplicantTold:
    """An applicant is to have a mail; `message` is what its link leads to."""

    applicant: str
    letter: Letter
    message: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfficerTold:
    """An officer is to have a private notice."""

    officer: str
    reason: Literal["message", "added", "undelivered", "assigned", "removed", "reminder", "mentioned"]


@dataclass(frozen=True, slots=True)
class MessageWithdrawn:
    """What waits to be told of the message is not to be told."""

    message: str


Notice = CardPosted | CardChanged | ThreadLine | ApplicantTold | OfficerTold | MessageWithdrawn


def notices_for(event: Event, case: Case, ctx: Context) -> list[Notice]:
    """Who is told of the event; `case` is the case after it."""
    return NOTICES[type(event)](event, case, ctx)


def _submitted(event: CaseSubmitted, case: Case, ctx: Context) -> list[Notice]:
    if event.silent:
        return []
    told = [ApplicantTold(applicant, "received") for applicant in case.applicants]
    return [CardPosted(), *told] if event.origin != "open_eplatform" else [CardPosted()]


def _card_and_line(event: Event, case: Case, ctx: Context) -> list[Notice]:
    return [CardChanged(), ThreadLine()]


def _assigned(event: CaseAssigned, case: Case, ctx: Context) -> list[Notice]:
    """The officer is told; a group's members are not, for nobody of them has the case yet."""
    return [OfficerTold(event.key, "assigned")] if event.kind == "officer" and not event.silent else []


def _taken(event: CaseTaken, case: Case, ctx: Context) -> list[Notice]:
    """Those it was taken over from are told."""
    return [*_card_and_line(event, case, ctx), *(OfficerTold(key, "removed") for key in event.replaced)]


def _assignees_changed(event: AssigneesChanged, case: Case, ctx: Context) -> list[Notice]:
    """Officers are told that they have the case or no longer have it, but not by themselves; groups are not told."""
    changes: list[tuple[str, Literal["assigned", "removed"]]] = [
        *((ref, "assigned") for ref in event.added),
        *((ref, "removed") for ref in event.removed),
    ]
    told = [
        OfficerTold(ref.removeprefix("officer:"), reason)
        for ref, reason in changes
        if ref.startswith("officer:") and ref != event.by
    ]
    return [*_card_and_line(event, case, ctx), *told]


def _status_set(event: StatusSet, case: Case, ctx: Context) -> list[Notice]:
    """An applicant who set it off by adding information is not told of it; nor is one whom its message tells."""
    status = ctx.service.status(event.status)
    told = status is not None and status.told is not None and ctx.service.applicant_follows
    if not told or event.with_message or event.by == "applicant":
        return _card_and_line(event, case, ctx)
    letter: Letter = "closed" if event.kind == "closed" else "status"
    return [*_card_and_line(event, case, ctx), *(ApplicantTold(one, letter) for one in case.applicants)]


def _sent(event: MessageSent, case: Case, ctx: Context) -> list[Notice]:
    letter: Letter = "completion" if event.kind == "completion" else "message"
    return [
        CardChanged(),
        *(ApplicantTold(one, letter, event.message_id, event.visible_at) for one in case.applicants),
    ]


def _undone(event: MessageUndone, case: Case, ctx: Context) -> list[Notice]:
    return [MessageWithdrawn(event.message_id), CardChanged()]


def _from_applicant(reason: Literal["message", "added"]) -> Callable[[Any, Case, Context], list[Notice]]:
    """The officers of the case are told privately; a group's members where no person has it; else the channel."""

    def rule(event: Event, case: Case, ctx: Context) -> list[Notice]:
        told = case.officers or tuple(
            member
            for key in case.groups
            if (group := ctx.catalog.group(key)) is not None
            for member in group.members
        )
        return [
            CardChanged(),
            ThreadLine(announced=not told),
            *(OfficerTold(officer, reason) for officer in dict.fromkeys(told)),
        ]

    return rule


def _overdue(event: CaseOverdue, case: Case, ctx: Context) -> list[Notice]:
    return [CardChanged(BACKGROUND), ThreadLine()]


def _not_reached(event: ApplicantNotReached, case: Case, ctx: Context) -> list[Notice]:
    """The officers of the case, who may reach the applicant some other way."""
    return [*_card_and_line(event, case, ctx), *(OfficerTold(key, "undelivered") for key in case.officers)]


def _noted(event: NoteAdded, case: Case, ctx: Context) -> list[Notice]:
    return [OfficerTold(key, "mentioned") for key in event.mentions]


def _nobody(event: Event, case: Case, ctx: Context) -> list[Notice]:
    return []


def _card(event: Event, case: Case, ctx: Context) -> list[Notice]:
    return [CardChanged()]


NOTICES: dict[type[Event], Callable[[Any, Case, Context], list[Notice]]] = {
    CaseSubmitted: _submitted,
    CaseAssigned: _assigned,
    AssigneesChanged: _assignees_changed,
    CaseTaken: _taken,
    CaseReleased: _card_and_line,
    StatusSet: _status_set,
    NoteAdded: _noted,
    NoteRevised: _nobody,
    ReplyRemoved: _nobody,
    MessageSent: _sent,
    MessageUndone: _undone,
    MessageReceived: _from_applicant("message"),
    InformationAdded: _from_applicant("added"),
    MessageReceipted: _nobody,
    CaseColoured: _card,
    CaseOverdue: _overdue,
    ApplicantNotReached: _not_reached,
    CaseProtected: _card,
    ProtectionLifted: _card,
}
"""Every event has its row; `tests/test_wiring.py` holds it complete."""
