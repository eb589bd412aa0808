"""The tables. Rows never leave the store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Moment(TypeDecorator[datetime]):
    """An aware UTC time, on databases that keep zones and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


RowId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment(), str: Text()}


class NumberRow(Base):
    """The last case number given in each year."""

    __tablename__ = "number"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class DefinitionRow(Base):
    """A form as it was when cases were submitted through it, stored once by its digest."""

    __tablename__ = "definition"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str]


class CaseRow(Base):
    """A case's state now. `seq` is its version, `head` the hash of its latest history row."""

    __tablename__ = "case"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    service: Mapped[str]
    definition: Mapped[str] = mapped_column(ForeignKey("definition.digest"))
    origin: Mapped[str]
    external: Mapped[str | None] = mapped_column(unique=True)
    received_at: Mapped[datetime]
    status: Mapped[str]
    status_name: Mapped[str]
    status_since: Mapped[datetime]
    status_by: Mapped[str]
    due_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    protected: Mapped[bool]
    colour: Mapped[str] = mapped_column(String(10))
    rest: Mapped[str]
    from_applicant_at: Mapped[datetime | None]
    from_applicant: Mapped[str]
    read_at: Mapped[datetime | None]
    # Whether a person has it; told by the assignees, and kept here for the lists of what nobody has.
    handled: Mapped[bool]
    seq: Mapped[int]
    head: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        Index("ix_case_service_received", "service", "received_at"),
        Index(
            "ix_case_unhandled",
            "service",
            "received_at",
            sqlite_where=text("closed_at IS NULL AND handled = 0"),
            postgresql_where=text("closed_at IS NULL AND handled = false"),
        ),
        Index(
            "ix_case_due_open",
            "due_on",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )


class AssigneeRow(Base):
    """An officer or group that has a case."""

    __tablename__ = "assignee"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    since: Mapped[datetime]
    by: Mapped[str]
    # Whether the case is, so that a list of what one has does not pass through all one has had.
    open: Mapped[bool]
    __table_args__ = (
        Index("ix_assignee_key", "kind", "key"),
        Index(
            "ix_assignee_open",
            "kind",
            "key",
            "case_id",
            sqlite_where=text("open = 1"),
            postgresql_where=text("open = true"),
        ),
    )


class ApplicantRow(Base):
    """A person behind a case. `mailbox` is the keyed hash of the address, by which sign-in finds cases."""

    __tablename__ = "applicant"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    position: Mapped[int]
    role: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    language: Mapped[str]
    external_id: Mapped[str]
    mailbox: Mapped[str | None] = mapped_column(String(64), index=True)
    salt: Mapped[str | None]


class AnswersRow(Base):
    """The answers of a case, one row a version; version 1 is what was submitted."""

    __tablename__ = "answers"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str | None]
    salt: Mapped[str | None]


class MessageRow(Base):
    """A message between officer and applicant; its text lives here only."""

    __tablename__ = "message"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    seq: Mapped[int]
    by: Mapped[str]
    applicant: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    visible_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    answer_by: Mapped[date | None]
    receipt: Mapped[bool]
    receipted_at: Mapped[datetime | None]
    body: Mapped[str | None]
    salt: Mapped[str | None]
    __table_args__ = (Index("ix_message_case", "case_id", "seq"),)


class NoteRow(Base):
    """An internal note; its text lives here only."""

    __tablename__ = "note"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    seq: Mapped[int]
    by: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    body: Mapped[str | None]
    salt: Mapped[str | None]
    source: Mapped[str | None]
    removed_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_note_case", "case_id", "seq"),
        Index("uq_note_source", "source", unique=True),
    )


class NoteRevisionRow(Base):
    """What a note says since it was edited; the latest of them counts, and what it said before stays in its own row."""

    __tablename__ = "note_revision"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    note_id: Mapped[str] = mapped_column(ForeignKey("note.id"))
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    seq: Mapped[int]
    by: Mapped[str]
    at: Mapped[datetime]
    body: Mapped[str | None]
    salt: Mapped[str | None]
    __table_args__ = (
        Index("ix_note_revision_case", "case_id", "seq"),
        Index("ix_note_revision_note", "note_id"),
    )


class SearchRow(Base):
    """The words a case is found by, made of its texts as they are by a `rule` that may be of an earlier version.

    `doc` grows with every case opened. On SQLite the words are indexed beside, in `search_index`.
    """

    __tablename__ = "search"
    doc: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), unique=True)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))
    rule: Mapped[int] = mapped_column(index=True)


class HitsRow(Base):
    """What an officer's search found, in its order, while they go through it. What they looked for is not kept."""

    __tablename__ = "hits"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    case_ids: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


class FileRow(Base):
    """A file of a case; `case_id` is empty until the act that brought it is stored, and such rows are swept.

    `message_id` or `note_id` is what it came with, neither for the form; what belongs to a note only officers see.
    `sha256` is empty until all bytes are there, and again when they have been disposed of. `slack_id` is the name of
    its copy in Slack, for as long as there may be one.
    """

    __tablename__ = "file"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("case.id"), index=True)
    message_id: Mapped[str | None] = mapped_column(String(32))
    note_id: Mapped[str | None] = mapped_column(String(32))
    slack_id: Mapped[str | None]
    field: Mapped[str]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    sha256: Mapped[str | None] = mapped_column(String(64))
    salt: Mapped[str | None]
    at: Mapped[datetime]
    __table_args__ = (
        Index(
            "ix_file_slack",
            "slack_id",
            sqlite_where=text("slack_id IS NOT NULL"),
            postgresql_where=text("slack_id IS NOT NULL"),
        ),
    )


class HistoryRow(Base):
    """One event of a case. Append-only: triggers refuse all but erasing content and salt."""

    __tablename__ = "history"
    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    meta: Mapped[str]
    content: Mapped[str | None]
    salt: Mapped[str | None]
    content_hash: Mapped[str] = mapped_column(String(64))
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class SealRow(Base):
    """One row: a code of the key that the log is sealed with, by which another key is known from the start."""

    __tablename__ = "seal"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(64))


class ReadingRow(Base):
    """That someone was shown personal data, or was refused it. Append-only; `hash` is keyed, over all but the id."""

    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    by: Mapped[str]
    case_id: Mapped[str] = mapped_column(String(32))
    part: Mapped[str]
    opening: Mapped[str]
    reason: Mapped[str | None] = mapped_column(Text)
    hash: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (
        UniqueConstraint("by", "case_id", "part", "opening"),
        Index("ix_reading_case", "case_id", "at"),
    )


class ReceiptRow(Base):
    """The outcome of a request, so that its repeat does nothing and hears the same."""

    __tablename__ = "receipt"
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str]


class DestinationRow(Base):
    """A place deliveries go to, and when it may next be tried."""

    __tablename__ = "destination"
    key: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]


class DeliveryRow(Base):
    """One notice on its way to one place. Done ones are deleted, but for those whose promise needs them."""

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    destination: Mapped[str]
    lane: Mapped[str]
    kind: Mapped[str] = mapped_column(String(12))
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    priority: Mapped[int]
    redraw: Mapped[bool] = mapped_column(default=False)
    """Whether a message that is there is drawn anew, which has a pace of its own."""
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    due_at: Mapped[datetime]
    """When it is to be taken up; for one that is on its way, when its lease runs out."""
    attempts: Mapped[int] = mapped_column(default=0)
    ids: Mapped[str]
    created_at: Mapped[datetime]
    trouble: Mapped[str | None]
    __table_args__ = (
        Index(
            "ix_delivery_queue",
            "destination",
            "redraw",
            "priority",
            "due_at",
            "id",
            sqlite_where=text("state != 'parked'"),
            postgresql_where=text("state != 'parked'"),
        ),
        Index("ix_delivery_lane", "lane", "id"),
        Index(
            "uq_delivery_gathered",
            "lane",
            "kind",
            unique=True,
            sqlite_where=text("state = 'waiting' AND kind IN ('card', 'line', 'notice')"),
            postgresql_where=text("state = 'waiting' AND kind IN ('card', 'line', 'notice')"),
        ),
        # A post is known again by its delivery's id, so an id must never be given twice.
        {"sqlite_autoincrement": True},
    )


class BucketRow(Base):
    """How full one of Slack's paces is, by when it would be empty if nothing more were sent."""

    __tablename__ = "bucket"
    key: Mapped[str] = mapped_column(primary_key=True)
    empty_at: Mapped[datetime]


class CardRow(Base):
    """Where a case's card is in Slack."""

    __tablename__ = "card"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    channel: Mapped[str]
    ts: Mapped[str]
    thread_opened: Mapped[bool] = mapped_column(default=False)


class ThreadRow(Base):
    """A thread under a case's card. Those under cards that are gone stay, for people go on writing in them."""

    __tablename__ = "thread"
    channel: Mapped[str] = mapped_column(primary_key=True)
    ts: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    touched_at: Mapped[datetime] = mapped_column(index=True)


class AccountRow(Base):
    """A Slack account bound to an officer."""

    __tablename__ = "account"
    team: Mapped[str] = mapped_column(String(32), primary_key=True)
    user: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str] = mapped_column(index=True)
    bound_at: Mapped[datetime]


class FlagRow(Base):
    """An officer's own star on a case, with what they want to remember; nobody else's, and no part of the case.

    `remind_at` is when they are to be reminded, `reminded_at` when they were, until they are done with it.
    """

    __tablename__ = "flag"
    officer: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True, index=True)
    note: Mapped[str]
    remind_at: Mapped[datetime | None] = mapped_column(index=True)
    reminded_at: Mapped[datetime | None]
    at: Mapped[datetime]


class PreferenceRow(Base):
    """What an officer has chosen for themselves. `muted` are the private notices they do without, as JSON."""

    __tablename__ = "preference"
    officer: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    muted: Mapped[str]
    start: Mapped[str] = mapped_column(String(10))


class HomeRow(Base):
    """Where in App Home an officer was last."""

    __tablename__ = "home"
    officer: Mapped[str] = mapped_column(primary_key=True)
    tab: Mapped[str] = mapped_column(String(10))
    page: Mapped[int]


class DraftRow(Base):
    """What an officer has begun to write; dies when sent, cancelled, or after 24 hours."""

    __tablename__ = "draft"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    form: Mapped[str]
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (UniqueConstraint("officer", "case_id", "form"),)


class SignInRow(Base):
    """An asked-for one-time code. The code itself is derived, never stored."""

    __tablename__ = "sign_in"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    mailbox: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class SessionRow(Base):
    """A signed-in browser: an applicant's by mailbox, an officer's by key. The id is the hash of the cookie."""

    __tablename__ = "session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(9))
    who: Mapped[str]
    at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class DoorRow(Base):
    """A link to a case page that works once, within a minute, for one officer. The id is the token's hash."""

    __tablename__ = "door"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer: Mapped[str]
    case_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class FailedImportRow(Base):
    """A document that could not be opened as a case, and why. One row a place."""

    __tablename__ = "failed_import"
    place: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]


class JobRunRow(Base):
    """That a job runs, or has run, for a slot of time."""

    __tablename__ = "job_run"
    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(primary_key=True)
    lease_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]
