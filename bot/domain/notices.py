"""Who is told of what: one row an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.domain.assignment import AssigneesChanged, CaseAssigned, CaseReleased, CaseTaken
from bot.domain.case import Case
from bot.domain.colour import CaseColoured
from bot.domain.deadline import CaseOverdue
from bot.domain.mail_failures import ApplicantNotReached
from bot.domain.messages import (
    InformationAdded,
    MessageReceipted,
    MessageReceived,
    MessageSent,
    MessageUndone,
)
from bot.domain.notes import NoteAdded, NoteRevised, ReplyRemoved
from bot.domain.protection import CaseProtected, ProtectionLifted
from bot.domain.rules import Context, Event
from bot.domain.status import StatusSet
from bot.domain.submission import CaseSubmitted

COALESCE_WINDOW = timedelta(seconds=10)
"""Thread lines and officers' notices of one case that fall within it become one."""

SOMEONE_WAITS, NEW_CASE, BACKGROUND = 0, 1, 2
"""Priorities of a delivery, most urgent first."""

MailKind = Literal["received", "message", "completion", "status", "closed"]


@dataclass(frozen=True, slots=True)
class CardPost:
    """The case's card is to be in its channel."""

    priority: int = NEW_CASE


@dataclass(frozen=True, slots=True)
class CardUpdate:
    """The card is to show the case as it is at delivery."""

    priority: int = SOMEONE_WAITS


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """The event is to be told in the card's thread; `in_channel` also in the channel, for nobody has the case."""

    in_channel: bool = False


@dataclass(frozen=True, slots=True)
class ApplicantNotice:
    """An applicant is to have a mail; `message_id` is what its link leads to."""

    applicant: str
    mail_kind: MailKind
    message_id: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfficerNotice:
    """An officer is to have a private notice."""

    officer: str
    reason: Literal["message", "added", "undelivered", "assigned", "removed", "reminder", "mentioned"]


@dataclass(frozen=True, slots=True)
class MessageWithdrawal:
    """What waits to be told of the message is not to be told."""

    message_id: str


Notice = CardPost | CardUpdate | ThreadLine | ApplicantNotice | OfficerNotice | MessageWithdrawal


def notices_for(event: Event, case: Case, ctx: Context) -> list[Notice]:
    """Who is told of the event; `case` is the case after it."""
    return NOTICE_RULES[type(event)](event, case, ctx)


def _submitted(event: CaseSubmitted, case: Case, ctx: Context) -> list[Notice]:
    if event.silent:
        return []
    notices = [ApplicantNotice(applicant, "received") for applicant in case.applicants]
    return [CardPost(), *notices] if event.origin != "open_eplatform" else [CardPost()]


def _card_and_thread(event: Event, case: Case, ctx: Context) -> list[Notice]:
    return [CardUpdate(), ThreadLine()]


def _assigned(event: CaseAssigned, case: Case, ctx: Context) -> list[Notice]:
    """The officer is told; a group's members are not, for nobody of them has the case yet."""
    return [OfficerNotice(event.key, "assigned")] if event.kind == "officer" and not event.silent else []


def _taken(event: CaseTaken, case: Case, ctx: Context) -> list[Notice]:
    """Those it was taken over from are told."""
    return [*_card_and_thread(event, case, ctx), *(OfficerNotice(key, "removed") for key in event.replaced)]


def _assignees_changed(event: AssigneesChanged, case: Case, ctx: Context) -> list[Notice]:
    """Officers are told that they have the case or no longer have it, but not by themselves; groups are not told."""
    changes: list[tuple[str, Literal["assigned", "removed"]]] = [
        *((ref, "assigned") for ref in event.added),
        *((ref, "removed") for ref in event.removed),
    ]
    notices = [
        OfficerNotice(ref.removeprefix("officer:"), reason)
        for ref, reason in changes
        if ref.startswith("officer:") and ref != event.by
    ]
    return [*_card_and_thread(event, case, ctx), *notices]


def _status_set(event: StatusSet, case: Case, ctx: Context) -> list[Notice]:
    """An applicant who set it off by adding information is not told of it; nor is one whom its message tells."""
    status = ctx.service.status(event.status)
    is_notified = status is not None and status.told is not None and ctx.service.applicant_follows
    if not is_notified or event.with_message or event.by == "applicant":
        return _card_and_thread(event, case, ctx)
    mail_kind: MailKind = "closed" if event.kind == "closed" else "status"
    return [
        *_card_and_thread(event, case, ctx),
        *(ApplicantNotice(applicant, mail_kind) for applicant in case.applicants),
    ]


def _message_sent(event: MessageSent, case: Case, ctx: Context) -> list[Notice]:
    mail_kind: MailKind = "completion" if event.kind == "completion" else "message"
    return [
        CardUpdate(),
        *(
            ApplicantNotice(applicant, mail_kind, event.message_id, event.visible_at)
            for applicant in case.applicants
        ),
    ]


def _message_undone(event: MessageUndone, case: Case, ctx: Context) -> list[Notice]:
    return [MessageWithdrawal(event.message_id), CardUpdate()]


def _from_applicant(reason: Literal["message", "added"]) -> Callable[[Any, Case, Context], list[Notice]]:
    """The officers of the case are told privately; a group's members where no person has it; else the channel."""

    def rule(event: Event, case: Case, ctx: Context) -> list[Notice]:
        recipients = case.officers or tuple(
            member
            for key in case.groups
            if (group := ctx.catalog.group(key)) is not None
            for member in group.members
        )
        return [
            CardUpdate(),
            ThreadLine(in_channel=not recipients),
            *(OfficerNotice(officer, reason) for officer in dict.fromkeys(recipients)),
        ]

    return rule


def _overdue(event: CaseOverdue, case: Case, ctx: Context) -> list[Notice]:
    return [CardUpdate(BACKGROUND), ThreadLine()]


def _not_reached(event: ApplicantNotReached, case: Case, ctx: Context) -> list[Notice]:
    """The officers of the case, who may reach the applicant some other way."""
    return [
        *_card_and_thread(event, case, ctx),
        *(OfficerNotice(key, "undelivered") for key in case.officers),
    ]


def _note_added(event: NoteAdded, case: Case, ctx: Context) -> list[Notice]:
    return [OfficerNotice(key, "mentioned") for key in event.mentions]


def _no_notice(event: Event, case: Case, ctx: Context) -> list[Notice]:
    return []


def _card_update(event: Event, case: Case, ctx: Context) -> list[Notice]:
    return [CardUpdate()]


NOTICE_RULES: dict[type[Event], Callable[[Any, Case, Context], list[Notice]]] = {
    CaseSubmitted: _submitted,
    CaseAssigned: _assigned,
    AssigneesChanged: _assignees_changed,
    CaseTaken: _taken,
    CaseReleased: _card_and_thread,
    StatusSet: _status_set,
    NoteAdded: _note_added,
    NoteRevised: _no_notice,
    ReplyRemoved: _no_notice,
    MessageSent: _message_sent,
    MessageUndone: _message_undone,
    MessageReceived: _from_applicant("message"),
    InformationAdded: _from_applicant("added"),
    MessageReceipted: _no_notice,
    CaseColoured: _card_update,
    CaseOverdue: _overdue,
    ApplicantNotReached: _not_reached,
    CaseProtected: _card_update,
    ProtectionLifted: _card_update,
}
"""Every event has its row; `tests/test_wiring.py` holds it complete."""
