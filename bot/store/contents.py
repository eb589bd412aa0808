"""What a case holds: its form, answers, people, messages, notes and files, for those who know who may see it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from bot.catalog.definition import Definition
from bot.domain.intake import FileRef, Person
from bot.domain.views import FileLine, MessageLine, NoteLine, NoteVersion
from bot.store.database import Tx
from bot.store.tables import (
    AnswersRow,
    ApplicantRow,
    DefinitionRow,
    FileRow,
    MessageRow,
    NoteRevisionRow,
    NoteRow,
)


def definition_of(tx: Tx, digest: str) -> Definition:
    """The form a case was submitted through."""
    body = tx.conn.execute(select(DefinitionRow.body).where(DefinitionRow.digest == digest)).scalar()
    if body is None:
        raise KeyError(digest)
    return Definition.from_json(body)


def answers_of(tx: Tx, case_id: str) -> dict[str, Any]:
    body = tx.conn.execute(
        select(AnswersRow.body).where(AnswersRow.case_id == case_id).order_by(AnswersRow.version.desc())
    ).scalar()
    return dict(json.loads(body)) if body else {}


def people_of(tx: Tx, case_id: str) -> tuple[Person, ...]:
    """The applicants of the case, in the order they were given."""
    rows = tx.conn.execute(
        select(ApplicantRow.__table__).where(ApplicantRow.case_id == case_id).order_by(ApplicantRow.position)
    )
    return tuple(
        Person(
            id=r.id,
            name=r.name,
            email=r.email,
            phone=r.phone,
            role=r.role,
            language=r.language,
            external_id=r.external_id,
        )
        for r in rows
    )


def messages_of(tx: Tx, case: Row[Any], *, visible_by: datetime | None = None) -> tuple[MessageLine, ...]:
    query = select(MessageRow.__table__).where(MessageRow.case_id == case.id, MessageRow.undone_at.is_(None))
    if visible_by is not None:
        query = query.where(MessageRow.visible_at <= visible_by)
    files: dict[str | None, list[FileRef]] = {}
    for message_id, file in file_rows(tx, case.id):
        files.setdefault(message_id, []).append(file)
    return tuple(
        _message(row, tuple(files.get(row.id, ())), case.read_at)
        for row in tx.conn.execute(query.order_by(MessageRow.seq))
    )


def _message(row: Row[Any], files: tuple[FileRef, ...], read_at: datetime | None) -> MessageLine:
    return MessageLine(
        id=row.id,
        by=row.by,
        applicant=row.applicant,
        at=row.at,
        visible_at=row.visible_at,
        kind=row.kind,
        text=row.body,
        files=files,
        answer_by=row.answer_by,
        receipt=row.receipt,
        receipted_at=row.receipted_at,
        unread=row.by == "applicant" and (read_at is None or read_at < row.at),
    )


def notes_of(tx: Tx, case_id: str) -> tuple[NoteLine, ...]:
    query = select(NoteRevisionRow.__table__).where(NoteRevisionRow.case_id == case_id)
    edits: dict[str, list[Row[Any]]] = {}
    for row in tx.conn.execute(query.order_by(NoteRevisionRow.seq)):
        edits.setdefault(row.note_id, []).append(row)
    rows = tx.conn.execute(select(NoteRow.__table__).where(NoteRow.case_id == case_id).order_by(NoteRow.seq))
    return tuple(_note(row, edits.get(row.id, [])) for row in rows)


def _note(row: Row[Any], edits: Sequence[Row[Any]]) -> NoteLine:
    *earlier, latest = (NoteVersion(one.at, one.by, one.body) for one in (row, *edits))
    return NoteLine(
        id=row.id,
        by=row.by,
        at=row.at,
        kind=row.kind,
        text=latest.text,
        edited_at=latest.at if edits else None,
        removed_at=row.removed_at,
        earlier=tuple(earlier),
    )


def file_rows(tx: Tx, case_id: str) -> list[tuple[str | None, FileRef]]:
    rows = tx.conn.execute(
        select(FileRow.__table__)
        .where(FileRow.case_id == case_id, FileRow.sha256.is_not(None))
        .order_by(FileRow.at, FileRow.id)
    )
    return [(row.message_id, _file(row)) for row in rows]


def _file(row: Row[Any]) -> FileRef:
    return FileRef(id=row.id, name=row.name, size=row.size, kind=row.kind, sha256=row.sha256, field=row.field)


def files_of(tx: Tx, case_id: str) -> tuple[FileRef, ...]:
    return tuple(file for _, file in file_rows(tx, case_id))


def file_lines_of(tx: Tx, case_id: str) -> tuple[FileLine, ...]:
    """The files with how each came into the case, newest first; not those of a message that was undone."""
    brought = FileRow.__table__.outerjoin(MessageRow, MessageRow.id == FileRow.message_id)
    rows = tx.conn.execute(
        select(FileRow.__table__, MessageRow.by)
        .select_from(brought)
        .where(FileRow.case_id == case_id, FileRow.sha256.is_not(None), MessageRow.undone_at.is_(None))
        .order_by(FileRow.at.desc(), FileRow.id)
    )
    return tuple(_file_line(row) for row in rows)


def _file_line(row: Row[Any]) -> FileLine:
    if row.message_id is None:
        return FileLine(_file(row), row.at, "applicant", "answers")
    return FileLine(_file(row), row.at, row.by, "messages")
