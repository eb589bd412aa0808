"""Read models: what queries return, and blocks, letters and pages render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from bot.catalog.definition import Definition
from bot.domain.case import Case
from bot.domain.submission import FileRef, Person


@dataclass(frozen=True, slots=True)
class UnsentMessage:
    """A message that an officer has begun, or that was stopped: the id and the number of its case."""

    case_id: str
    number: str


@dataclass(frozen=True, slots=True)
class CardView:
    """A case for its card, without personal data: `answers` holds only the fields allowed on cards."""

    case: Case
    definition: Definition
    answers: dict[str, Any]
    """Values of the fields marked `on_card`, in the form's order."""
    news: Literal["", "message", "added"] = ""
    """The kind of the applicant's last contribution that no assignee has opened yet."""
    undelivered: Literal["", "applicant"] = ""


WaitReason = Literal[
    "closed", "message", "added", "reminder", "requested", "overdue", "delay", "noanswer", "soon", "assigned"
]
"""Why a case waits for an officer, the most urgent first; `closed` is a closed case with news from its applicant,
and `delay` one that is late by law, of which they are to be told."""


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case in a list."""

    id: str
    number: str
    service: str
    status: str
    status_name: str
    """The status's Swedish name when it was set, for when the catalog no longer has it."""
    officers: tuple[str, ...]
    groups: tuple[str, ...]
    received_at: datetime
    due_on: date | None
    closed_at: datetime | None
    step_due_on: date | None = None
    changed_at: datetime | None = None
    origin: str = ""
    news: bool = False
    protected: bool = False
    colour: str = ""
    flagged: bool = False
    """By the officer whose list it is."""
    is_decision_requested: bool = False
    """Whether the applicant waits for the decision they asked for."""
    is_unread: bool = False
    """To the officer whose list it is: others did something since they opened it, or they marked it so."""
    decide_by: date | None = None
    wait_reasons: tuple[WaitReason, ...] = ()
    """Why it waits for the officer whose list it is, the most urgent first."""
    applicants: tuple[str, ...] = field(default=(), repr=False)
    """The names of its applicants, where the list is to show them and may."""


@dataclass(frozen=True, slots=True)
class ListPosition:
    """A case's place in the list it was opened from: the list's name, the index from 0, and the list's id.

    `id` distinguishes lists of one name: stored searches and stored queries. It is part of button values and
    private_metadata, so it holds nothing that people wrote. `key` is the case's `CaseKey`, encoded, from when it was
    opened: the neighbours are those of that place, whatever has become of the case since.
    """

    name: str
    place: int = 0
    id: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The cases before and after one in its list, each with id and index; None at the ends."""

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
    """A file of a case: when and by whom it was added, and whether with the answers, a message or a note.

    `withdrawn_at` is when an edit took it out of the answers.
    """

    file: FileRef
    at: datetime
    by: str
    part: Literal["answers", "messages", "notes"]
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoteVersion:
    """The text of a note from `at` on. `text` is None when it has been disposed of."""

    at: datetime
    by: str
    text: str | None


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One internal note in its current version. `text` is None when it has been disposed of.

    `edited_at` is when it was last edited, `removed_at` when its reply was deleted from the thread. `earlier` are its
    earlier versions, oldest first.
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
    unread: bool = False


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event of a case: its name and the facts that its sentence needs, none of them personal data.

    `content` is what people wrote that only the log stores. It is loaded only for the history, and never used in a
    card, thread or mail. `files` are the ids of the files that came with it, in the log's own order.
    """

    seq: int
    at: datetime
    by: str
    event: str
    facts: dict[str, Any]
    content: dict[str, Any] = field(default_factory=dict, repr=False)
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """One opening of a protected case by an officer, with the reason."""

    at: datetime
    by: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScheduledText:
    """What a message that is to leave later says, and the files that go with it."""

    text: str = field(repr=False)
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with the parts that were revealed, for the modal and the pages.

    `files` are without the withdrawn ones, `people` without the representatives who have ended. `submitted` are the
    answers as they came, where they have been edited since. `linked` are the cases, by id, that it is or was linked to
    and that the officer may see.
    """

    case: Case
    definition: Definition
    answers: dict[str, Any] = field(default_factory=dict)
    people: tuple[Person, ...] = ()
    ended_people: tuple[Person, ...] = ()
    messages: tuple[MessageLine, ...] = ()
    notes: tuple[NoteLine, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    files: tuple[FileRef, ...] = ()
    withdrawn_files: tuple[FileRef, ...] = ()
    submitted: dict[str, Any] | None = None
    file_lines: tuple[FileLine, ...] = ()
    openings: tuple[OpeningLine, ...] = ()
    linked: Mapping[str, Case] = field(default_factory=dict)
    document_numbers: Mapping[str, str] = field(default_factory=dict)
    """The handlingsnummer of its messages, notes and files, by their ids; empty where none of them is loaded."""

    scheduled_texts: Mapping[str, ScheduledText] = field(default_factory=dict)
    """The texts of the messages that are to leave later, by their ids; empty where the messages are not loaded."""

    disposal_basis: str = ""
    """Of the rule by which its content was disposed of, whatever parts are loaded; empty where no rule did."""

    @property
    def linked_numbers(self) -> dict[str, str]:
        """The numbers of the linked cases that the officer may see, by id."""
        return {case_id: case.number for case_id, case in self.linked.items()}

    @property
    def person_names(self) -> tuple[str, ...]:
        """The names of the applicants, with representatives who have ended, and without those who have none."""
        return tuple(person.name for person in (*self.people, *self.ended_people) if person.name)


@dataclass(frozen=True, slots=True)
class Representation:
    """Someone who represents, or has represented, an applicant: their name, or else their address.

    `since` is None for who stood in the submission, `ended_at` for who represents them now.
    """

    name: str
    since: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApplicantCaseView:
    """A case for its applicant: messages that have become visible, no notes, and no history of officers' actions.

    `submitted` are the answers as they came, where they have been edited since. `people` are the applicants with the
    mailbox of who reads.
    """

    case: Case
    definition: Definition
    answers: dict[str, Any]
    submitted: dict[str, Any] | None = None
    people: tuple[Person, ...] = ()
    messages: tuple[MessageLine, ...] = ()
    files: tuple[FileRef, ...] = ()
    representations: tuple[Representation, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """The address and language of an applicant's mail, loaded when it is sent. Never logged."""

    name: str
    email: str
    language: str
    is_confirmed: bool = True
    """Whether the address was confirmed in the case that the mail is about."""
