"""Tables of cases: their state, people and answers."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from typing import Any, get_args, get_type_hints

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from bot.domain.case import Case
from bot.store.tables.base import Base, UtcDateTime

NOT_COLUMNS = frozenset(
    {
        "assignees",
        "applicants",
        "pending",
        "scheduled",
        "requested_receipts",
        "awaited",
        "overdue_reported_on",
        "replies",
        "unconfirmed",
        "corrections",
        "links",
        "latest_edit",
        "may_request_decision",
        "decision_reminded",
    }
)
"""Fields of `Case` without a column of their own: assignees have a table, the others are stored in `rest`."""

STATE_COLUMNS = tuple(field.name for field in fields(Case) if field.name not in NOT_COLUMNS)
"""All other fields of `Case`: each is a column of the same name."""


class CaseNumberRow(Base):
    """The last case number of each year."""

    __tablename__ = "number"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class DefinitionRow(Base):
    """A form as cases were submitted through it, stored once by its digest."""

    __tablename__ = "definition"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str]


def _partial_index(name: str, *columns: str, where: str, on_postgresql: str = "") -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(on_postgresql or where))


class CaseRow(Base):
    """A case's current state. `seq` is its version, `head` the hash of its latest history row.

    Declared here are columns that queries name, and those that are no field of `Case`. `_add_state_columns` adds the
    column of every other field of `Case`, which needs only its migration.
    """

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
    # The earliest of the case's due day, its status's and the law's, for lists of overdue cases.
    earliest_due_on: Mapped[date | None]
    # The latest day by which the applicant was to answer and has not.
    answer_by: Mapped[date | None]
    # The last day of the law's six months, once five have passed; and the message about the delay, empty for none.
    decide_by: Mapped[date | None]
    delay_message: Mapped[str]
    decision_requested_at: Mapped[datetime | None]
    decision_refusal: Mapped[str]
    closed_at: Mapped[datetime | None]
    disposed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    deleted_until: Mapped[date | None]
    # When the last event happened.
    changed_at: Mapped[datetime | None]
    colour: Mapped[str]
    protected: Mapped[bool]
    rest: Mapped[str]
    from_applicant_at: Mapped[datetime | None]
    from_applicant: Mapped[str]
    read_at: Mapped[datetime | None]
    # Whether an officer has it; derived from the assignees, for lists of unassigned cases.
    handled: Mapped[bool]
    seq: Mapped[int]
    head: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        Index("ix_case_service_date", "service", "received_at", "number"),
        # On PostgreSQL with COLLATE "C", as searches for numbers need.
        Index("ix_case_service_number", "service", "number"),
        # No case's origin ever changes, so that only opening a case writes to it.
        Index("ix_case_origin", "service", "origin", "received_at", "number"),
        Index("ix_case_status", "service", "status", "received_at", "number"),
        # With a condition that always holds, since it is to be used only where a query names it: without statistics
        # the databases would take it for the unassigned cases too.
        _partial_index(
            "ix_case_open", "service", "received_at", "number", where="closed_at IS NULL AND number != ''"
        ),
        _partial_index("ix_case_due_open", "service", "earliest_due_on", "number", where="closed_at IS NULL"),
        _partial_index(
            "ix_case_answer_by",
            "service",
            "answer_by",
            "number",
            where="closed_at IS NULL AND answer_by IS NOT NULL",
        ),
        # With what says who may see them, so that they are counted without a look at each case. Both seldom change.
        _partial_index(
            "ix_case_closed",
            "service",
            "closed_at",
            "number",
            "protected",
            "deleted_at",
            where="closed_at IS NOT NULL",
        ),
        # Of closed cases only: every change of an open one would be a page more to write. Open cases are few.
        _partial_index("ix_case_changed", "service", "changed_at", "number", where="closed_at IS NOT NULL"),
        # Few: those whose applicants have asked for a decision.
        _partial_index(
            "ix_case_requested",
            "service",
            "decide_by",
            where="decision_requested_at IS NOT NULL AND closed_at IS NULL",
        ),
        # What is left to dispose of, oldest first.
        _partial_index(
            "ix_case_retention",
            "service",
            "closed_at",
            "id",
            where="closed_at IS NOT NULL AND disposed_at IS NULL",
        ),
        # Few: those that can be restored, and those that are to be disposed of.
        _partial_index(
            "ix_case_deleted", "service", "deleted_until", "number", where="deleted_at IS NOT NULL"
        ),
        _partial_index(
            "ix_case_unhandled",
            "service",
            "received_at",
            "number",
            where="closed_at IS NULL AND handled = 0",
            on_postgresql="closed_at IS NULL AND handled = false",
        ),
        _partial_index("ix_case_colour", "service", "colour", "received_at", "number", where="colour != ''"),
        _partial_index(
            "ix_case_unread",
            "service",
            "received_at",
            "number",
            where="from_applicant_at IS NOT NULL AND (read_at IS NULL OR read_at < from_applicant_at)",
        ),
    )


_COLUMN_TYPES: dict[type, TypeEngine[Any]] = {
    str: Text(),
    bool: Boolean(),
    int: Integer(),
    date: Date(),
    datetime: UtcDateTime(),
}


def _add_state_columns() -> None:
    for name, hint in get_type_hints(Case).items():
        if name in STATE_COLUMNS and name not in CaseRow.__table__.columns:
            kind, *or_none = get_args(hint) or (hint,)
            setattr(CaseRow, name, mapped_column(_COLUMN_TYPES[kind], nullable=bool(or_none)))


_add_state_columns()

CASE = CaseRow.__table__.c
"""The columns of `case`, for statements of many conditions: with the mapped class they take longer to make."""


class AssigneeRow(Base):
    """An assignee: an officer or group that has a case."""

    __tablename__ = "assignee"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    since: Mapped[datetime]
    by: Mapped[str]
    # Of the case: whether it is open, when it was received, and its number. By them lists of somebody's cases are
    # read in order, without those that are not wanted.
    open: Mapped[bool]
    received_at: Mapped[datetime]
    number: Mapped[str] = mapped_column(String(16))
    __table_args__ = (
        # With `since` for how many cases an officer got this week.
        Index("ix_assignee_open", "kind", "key", "open", "since", "case_id"),
        # Of closed cases only: what someone has open is little, and is sorted when it is asked for, so that who takes a
        # case writes no page more. The databases do not take `NOT open` for a value of `ix_assignee_open`.
        _partial_index("ix_assignee_closed", "kind", "key", "received_at", "number", where="NOT open"),
        {"sqlite_with_rowid": False},
    )


class ApplicantRow(Base):
    """An applicant. `mailbox` is the keyed hash of the address, by which sign-in finds cases."""

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
    address_state: Mapped[str] = mapped_column(String(11), default="unconfirmed")
    # When a representative ended, who has no mailbox from then on. The row tells who wrote their messages.
    ended_at: Mapped[datetime | None]
    salt: Mapped[str | None]


class AnswersRow(Base):
    """The answers of a case, one row for each version; version 1 is the submission."""

    __tablename__ = "answers"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str | None]
    salt: Mapped[str | None]
