"""Read models: what queries return and blocks, letters and pages draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from bot.catalog.definition import Definition
from bot.domain.case import Case
from bot.domain.submission import FileRef, Person


@dataclass(frozen=True, slots=True)
class CardView:
    """A case as its card shows it. No personal data: `answers` holds only the fields allowed on cards."""

    case: Case
    definition: Definition
    answers: dict[str, Any]
    """Values of the fields marked `on_card`, in the form's order."""
    news: Literal["", "message", "added"] = ""
    """What the applicant did that no officer of the case has opened."""
    undelivered: Literal["", "applicant"] = ""


Worklist = Literal["todo", "mine", "unhandled"]
"""`todo`: what waits for an officer, and why. `mine`: theirs, and their groups' that no person has. `unhandled`: what
no person has; a group alone does not handle a case."""

WaitReason = Literal["closed", "message", "added", "reminder", "overdue", "noanswer", "soon", "assigned"]
"""Why a case waits for an officer, what waits for a person's answer first; `closed` is closed and has news."""


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case in a list."""

    id: str
    number: str
    service: str
    status: str
    officers: tuple[str, ...]
    groups: tuple[str, ...]
    received_at: datetime
    due_on: date | None
    closed_at: datetime | None
    news: bool = False
    protected: bool = False
    colour: str = ""
    flagged: bool = False
    """By the officer who asked for the list."""
    wait_reasons: tuple[WaitReason, ...] = ()
    """Why it waits for the officer who asked, the most pressing first."""


@dataclass(frozen=True, slots=True)
class ListPosition:
    """A case's place in the list it was opened from: the list's name, the place from 0, and which one it is.

    `id` tells apart lists of one name, such as kept searches. It stands in buttons and in private_metadata, and so
    holds no text of anyone's.
    """

    name: str
    place: int = 0
    id: str = ""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The cases before and after one in its list: id and place there; None at the ends."""

    before: tuple[str, ListPosition] | None = None
    after: tuple[str, ListPosition] | None = None


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message of a case. `text` is None when it has been disposed of."""

    id: str
    by: str
    """An actor reference; `applicant` for the applicant."""
    applicant: str
    at: datetime
    visible_at: datetime
    kind: str
    text: str | None
    files: tuple[FileRef, ...] = ()
    answer_by: date | None = None
    receipt: bool = False
    receipted_at: datetime | None = None
    unread: bool = False

    @property
    def from_applicant(self) -> bool:
        return self.by == "applicant"


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file and how it came into the case: when and by whom, with the answers, a message or a note."""

    file: FileRef
    at: datetime
    by: str
    part: Literal["answers", "messages", "notes"]


@dataclass(frozen=True, slots=True)
class NoteVersion:
    """What a note said from `at` on. `text` is None when it has been disposed of."""

    at: datetime
    by: str
    text: str | None


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One internal note as it reads now. `text` is None when it has been disposed of.

    `edited_at` is when it was last edited, and `removed_at` when it was deleted from the thread it was written in.
    `earlier` is what it said before, oldest first.
    """

    id: str
    by: str
    at: datetime
    kind: str
    text: str | None
    edited_at: datetime | None = None
    removed_at: datetime | None = None
    earlier: tuple[NoteVersion, ...] = ()
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event of a case: its name and the facts a line of words needs, none of them personal data.

    `content` is what people wrote that only the log keeps. It is there only for those who are shown the history, and
    goes into no card, thread or mail.
    """

    seq: int
    at: datetime
    by: str
    event: str
    facts: dict[str, Any]
    content: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """That an officer opened a protected case, and why."""

    at: datetime
    by: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with what may be read of it, for the modal and the pages."""

    case: Case
    definition: Definition
    answers: dict[str, Any] = field(default_factory=dict)
    people: tuple[Person, ...] = ()
    messages: tuple[MessageLine, ...] = ()
    notes: tuple[NoteLine, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    files: tuple[FileRef, ...] = ()
    file_lines: tuple[FileLine, ...] = ()
    openings: tuple[OpeningLine, ...] = ()

    @property
    def person_names(self) -> tuple[str, ...]:
        """The names of those who applied, without those who have none."""
        return tuple(person.name for person in self.people if person.name)


@dataclass(frozen=True, slots=True)
class ApplicantCaseView:
    """A case as its applicant sees it: messages that have become visible, no notes, no history of the officers."""

    case: Case
    definition: Definition
    answers: dict[str, Any]
    messages: tuple[MessageLine, ...] = ()
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where an applicant's mail goes, resolved at sending. Never logged."""

    name: str
    email: str
    language: str
