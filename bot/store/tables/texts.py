"""Tables of messages, notes and files."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base


class MessageRow(Base):
    """A message between officer and applicant; its text is stored here only."""

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
    """An internal note; its text is stored here only."""

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
    """A version of a note after an edit. The latest is current; earlier texts remain in rows of their own."""

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


_IS_DISPOSED = text("sha256 IS NULL AND size > 0")


class FileRow(Base):
    """A file of a case; `case_id` is empty until it is attached, and unattached rows are swept.

    `message_id` or `note_id` is its owner, neither for the form; files of notes are for officers only. `sha256` is
    empty until all bytes are stored, and again when they are disposed of. `slack_id` is the id of its copy in Slack,
    for as long as there may be one.
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
    added_by: Mapped[str | None]
    """Who added it to the answers by an edit; None for files of the submission, a message or a note."""
    withdrawn_at: Mapped[datetime | None]
    """When an edit took it out of the answers."""
    scan: Mapped[str] = mapped_column(String(11), default="")
    """The `ScanState` of the file."""
    scan_seal: Mapped[str | None] = mapped_column(String(64))
    """The keyed hash of the state, since it was attached (`scans.create_seals`)."""
    __table_args__ = (
        Index(
            "ix_file_scan",
            "scan",
            sqlite_where=text("sha256 IS NOT NULL"),
            postgresql_where=text("sha256 IS NOT NULL"),
        ),
        Index(
            "ix_file_slack",
            "slack_id",
            sqlite_where=text("slack_id IS NOT NULL"),
            postgresql_where=text("slack_id IS NOT NULL"),
        ),
        # Those whose bytes are to be deleted; few at any time.
        Index("ix_file_disposed", "id", sqlite_where=_IS_DISPOSED, postgresql_where=_IS_DISPOSED),
    )


class FormDraftRow(Base):
    """What is filled in of a form that opens a case, or that an officer looks through.

    It is there until the form is sent, or an hour has passed.

    The id can be made by its browser or officer only (`bot.portal.forms.form_drafts`). `size` is in bytes.
    """

    __tablename__ = "form_draft"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str]
    size: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
