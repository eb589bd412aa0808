"""The case and its parts, as far as rules need them: no texts, and no names of applicants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

Origin = Literal["web", "api", "open_eplatform", "slack", "phone", "visit", "letter", "email"]
"""How the case came. The last four are of cases that an officer has registered for the applicant."""

AddressState = Literal["unconfirmed", "code", "session", "number", "source", "earlier"]
"""Whether, and how, an applicant's mail address was confirmed to be theirs in this case.

By a `code` while applying, by being signed in with it (`session`), afterwards by the case's `number`, by the `source`
that the case came from; or `earlier`, before addresses were confirmed.
"""


@dataclass(frozen=True, slots=True)
class Assignee:
    """An officer or a group that has the case, since when, and who assigned it."""

    kind: Literal["officer", "group"]
    key: str
    since: datetime
    by: str

    @property
    def ref(self) -> str:
        """`officer:anna.berg` or `group:bygglovsgruppen`."""
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message to the applicant that may still be undone, until `visible_at`.

    `status_after` is the status that the case gets when the message has left, empty for none, and `status_then` the one
    that it had when the message was written. `status_before` and `due_before` are of older messages, whose status was
    set at once and is restored with them.
    """

    id: str
    by: str
    visible_at: datetime
    status_before: str | None
    due_before: date | None = None
    status_after: str = ""
    status_then: str = ""


@dataclass(frozen=True, slots=True)
class ScheduledMessage:
    """A message to the applicant that is to leave at `send_at` (aware UTC); the writer's drafts have its text.

    `status_after` is the status that the case is to get then, empty for none, and `status_then` the one that it had
    when the message was written.
    """

    id: str
    by: str
    send_at: datetime
    status_after: str = ""
    status_then: str = ""


@dataclass(frozen=True, slots=True)
class AwaitedAnswer:
    """A message that asks the applicant to answer by a day, since which they have not written.

    `reminded` says whether they were reminded: before the day (`soon`), or after it (`late`).
    """

    message_id: str
    answer_by: date
    reminded: Literal["", "soon", "late"] = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply in the card's thread that became a note: its place (channel:ts), and the edit that the note holds.

    A working note written in a form is one too, since it may become official as well; its place is `note:ID`.
    `edited` is Slack's ts of that edit, empty for the original reply. `kind` is that of the note: `disposed` is a
    working note whose text was deleted when the case closed.
    """

    place: str
    note: str
    edited: str = ""
    removed: bool = False
    kind: Literal["official", "working", "disposed"] = "official"


@dataclass(frozen=True, slots=True)
class Edit:
    """The latest edit of the answers: the version that it made, when and by whom."""

    version: int
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Correction:
    """The latest correction of an applicant's contact details: how many there have been, when and by whom."""

    applicant: str
    version: int
    at: datetime
    by: str


LinkKind = Literal["related", "duplicate_of", "has_duplicate", "follows", "followed_by"]
"""What the other case of a link is to this one: this case is `duplicate_of` the other, which `has_duplicate`."""


@dataclass(frozen=True, slots=True)
class Link:
    """This case's end of a link to the case with the id `other`.

    `status_before` is the status that a duplicate had when the link closed it, at the same time as the link was made.
    """

    other: str
    kind: LinkKind
    at: datetime
    by: str
    status_before: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One application, report or order.

    `seq` is the number of events so far and the case's version. Times are aware UTC, days in the municipality's time
    zone: `due_on` is the case's own due day, `step_due_on` that of its status, and `overdue_reported_on` the latest of
    them that has been reported as passed. While the case is paused, `due_on` is None and `due_days_left` the working
    days that remain. `decide_by` is the last day of the six months that the law gives, once five have passed;
    `may_request_decision` tells that it has passed, and `delay_message` is the message that told the applicant of it.
    At `decision_requested_at` the applicant asked for a decision: `decide_by` is then the last day to answer them,
    `decision_refusal` the message that refused it, and `decision_reminded` whether it was said that a week is left.
    `hold` is the kind of a gallringsstopp, which lasts until the end of `hold_until`; at `disposed_at` the contents
    were erased. A case that was deleted at `deleted_at` is disposed of after `deleted_until`, and can be restored
    until it is. `by` strings are actor references such as `officer:anna.berg`.
    """

    id: str
    number: str
    service: str
    origin: Origin
    received_at: datetime
    status: str
    status_since: datetime
    status_by: str
    status_name: str = ""
    """The status's Swedish name when it was set, for when the catalog no longer has it."""
    applicants: tuple[str, ...] = ()
    assignees: tuple[Assignee, ...] = ()
    due_on: date | None = None
    step_due_on: date | None = None
    overdue_reported_on: date | None = None
    closed_at: datetime | None = None
    pending: tuple[PendingMessage, ...] = ()
    scheduled: tuple[ScheduledMessage, ...] = ()
    requested_receipts: tuple[str, ...] = ()
    awaited: tuple[AwaitedAnswer, ...] = ()
    protected: bool = False
    colour: str = ""
    replies: tuple[Reply, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    due_days_left: int | None = None
    decide_by: date | None = None
    may_request_decision: bool = False
    delay_message: str = ""
    decision_requested_at: datetime | None = None
    decision_refusal: str = ""
    decision_reminded: bool = False
    links: tuple[Link, ...] = ()
    hold: str = ""
    hold_until: date | None = None
    disposed_at: datetime | None = None
    latest_edit: Edit | None = None
    deleted_at: datetime | None = None
    deleted_by: str = ""
    deleted_until: date | None = None
    deletion_ground: str = ""
    seq: int = 0

    @property
    def answers_version(self) -> int:
        """The version of the answers; the submission is 1."""
        return self.latest_edit.version if self.latest_edit is not None else 1

    @property
    def officers(self) -> tuple[str, ...]:
        """Keys of the assigned officers, in the order of assignment."""
        return tuple(a.key for a in self.assignees if a.kind == "officer")

    @property
    def assignee_refs(self) -> tuple[str, ...]:
        """References to all assignees, officers and groups, in the order of assignment."""
        return tuple(a.ref for a in self.assignees)

    def find_reply(self, place: str) -> Reply | None:
        """The reply at that place, if it became a note."""
        return next((one for one in self.replies if one.place == place), None)

    def find_reply_of_note(self, note_id: str) -> Reply | None:
        """The reply that became that note."""
        return next((one for one in self.replies if one.note == note_id), None)

    @property
    def groups(self) -> tuple[str, ...]:
        """Keys of the assigned groups."""
        return tuple(a.key for a in self.assignees if a.kind == "group")


if TYPE_CHECKING:  # names and types of the changes are checked as those of `replace` are
    from dataclasses import replace as with_changes

    __all__ = ["with_changes"]
else:

    def with_changes(case: Case, **changes: Any) -> Case:
        """The case with these fields changed.

        Every replayed event takes this step, and `dataclasses.replace` sets each field anew: it takes ten times as
        long. That is why `Case` has no slots.
        """
        copy = object.__new__(Case)
        object.__setattr__(copy, "__dict__", vars(case) | changes)
        return copy
