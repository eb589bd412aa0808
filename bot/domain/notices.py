"""Notices: what is to be delivered about an event, as the event decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.notice_reasons import NoticeReason

COALESCE_WINDOW = timedelta(seconds=10)
"""Thread lines and officers' notices about one case within this time become one."""

MAIL_WINDOW = timedelta(minutes=10)
"""An applicant's mails about the status of one case within this time become one, and those about its stopped files."""

SOMEONE_WAITS, NEW_CASE, BACKGROUND, BULK = 0, 1, 2, 3
"""Priorities of a delivery, most urgent first."""

MailKind = Literal[
    "received", "message", "completion", "status", "closed", "file_stopped", "answer_soon", "answer_late"
]

STATUS_MAILS: frozenset[MailKind] = frozenset({"status", "closed"})
"""Mails that only say that there is news: they are gathered, and left out where a message's mail says so too."""


@dataclass(frozen=True, slots=True)
class CardPost:
    """Post the case's card in its channel."""

    priority: int = NEW_CASE


@dataclass(frozen=True, slots=True)
class CardUpdate:
    """Update the card to the case's state at delivery."""

    priority: int = SOMEONE_WAITS


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """Post the event in the card's thread; with `in_channel` also in the channel, where nobody has the case."""

    in_channel: bool = False


@dataclass(frozen=True, slots=True)
class ReplyMark:
    """Mark the reply that the note was written as: the note is official now."""

    note_id: str


@dataclass(frozen=True, slots=True)
class PostsRemoval:
    """Delete the case's card, and what the bot has written in its thread."""


@dataclass(frozen=True, slots=True)
class ApplicantNotice:
    """Send the applicant a mail; `message_id` is the message that its link leads to."""

    applicant: str
    mail_kind: MailKind
    message_id: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfficerNotice:
    """Send an officer a private notice; as the substitute of the officer in `absent`, if any."""

    officer: str
    reason: NoticeReason
    absent: str = ""


@dataclass(frozen=True, slots=True)
class StatusChangeDue:
    """The case is to get the status of the message at `due_at`, when that can no longer be undone."""

    message_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ScheduledMessageDue:
    """The message is to leave at `due_at`."""

    message_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class MessageWithdrawal:
    """Cancel undelivered notices about the message."""

    message_id: str


Notice = (
    CardPost
    | CardUpdate
    | ThreadLine
    | ReplyMark
    | PostsRemoval
    | ApplicantNotice
    | OfficerNotice
    | StatusChangeDue
    | ScheduledMessageDue
    | MessageWithdrawal
)

CARD_AND_THREAD: tuple[Notice, ...] = (CardUpdate(), ThreadLine())
"""Update the card, and post the event in its thread."""
