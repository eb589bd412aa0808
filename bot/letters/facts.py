"""All that a letter may contain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.domain.notice_reasons import NoticeReason

LetterKind = Literal[
    "received",
    "message",
    "completion",
    "status",
    "closed",
    "file_stopped",
    "answer_soon",
    "answer_late",
    "code",
    "application_code",
    "officer",
    "trouble",
    "catalog",
    "retention",
    "unassigned",
    "absence",
    "day",
    "lost_access",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """The contents of a letter: by design no message, decision, answer or name of a person.

    `service` is given only where the e-service allows its name in mail. `link` leads to what the letter is about,
    `public_url` to the municipality's pages. `may_follow` is False where the applicant cannot follow the case,
    `is_confirmed` where nobody has confirmed that the address is theirs: the letter then tells nothing of the case.
    `is_wished` says that the officer has chosen to be notified by mail.
    """

    municipality: str
    public_url: str
    number: str = ""
    link: str = ""
    service: str = ""
    is_strict: bool = False
    may_follow: bool = True
    is_confirmed: bool = True
    answer_by: date | None = None
    code: str = ""
    reason: NoticeReason | None = None
    is_wished: bool = False
