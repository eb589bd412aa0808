"""What anyone is to be told of an event, as the event decides it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.notice_reasons import NoticeReason

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
    reason: NoticeReason


@dataclass(frozen=True, slots=True)
class MessageWithdrawal:
    """What waits to be told of the message is not to be told."""

    message_id: str


Notice = CardPost | CardUpdate | ThreadLine | ApplicantNotice | OfficerNotice | MessageWithdrawal

CARD_AND_THREAD: tuple[Notice, ...] = (CardUpdate(), ThreadLine())
"""The card is to show it, and its thread to tell it."""
