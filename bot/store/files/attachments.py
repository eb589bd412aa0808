"""The files of cases, by owner: the form, a message or a note."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, literal_column, or_, select, true, update

from bot.domain.actors import Actor, Officer
from bot.domain.submission import FileRef
from bot.domain.views import FileLine
from bot.store.engine.database import Tx
from bot.store.tables import CaseRow, FileRow, MessageRow, NoteRow
from bot.store.visibility import visible_to


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file and its owner: a message, a note, or neither for the form."""

    line: FileLine
    message_id: str | None = None
    note_id: str | None = None

    @property
    def file(self) -> FileRef:
        return self.line.file

    @property
    def is_from_form(self) -> bool:
        return self.message_id is None and self.note_id is None


def load_attached_files(tx: Tx, case_id: str) -> list[AttachedFile]:
    """The case's files, oldest first, without those of undone messages and those that are disposed of.

    Withdrawn ones are among them.
    """
    files = FileRow.__table__
    joined = files.outerjoin(MessageRow, MessageRow.id == FileRow.message_id)
    rows = tx.conn.execute(
        select(files, MessageRow.by.label("sender"), NoteRow.by.label("noter"))
        .select_from(joined.outerjoin(NoteRow, NoteRow.id == FileRow.note_id))
        .where(FileRow.case_id == case_id, FileRow.sha256.is_not(None), MessageRow.undone_at.is_(None))
        .order_by(FileRow.at, FileRow.id)
    )
    return [AttachedFile(_file_line(row), row.message_id, row.note_id) for row in rows]


def load_case_numbers(tx: Tx, file_ids: Collection[str]) -> dict[str, str]:
    """The numbers of the files' cases by the file's id, without files that belong to none yet."""
    rows = tx.conn.execute(
        select(FileRow.id, CaseRow.number)
        .join(CaseRow, CaseRow.id == FileRow.case_id)
        .where(FileRow.id.in_(list(file_ids)))
    )
    return {row.id: row.number for row in rows}


def _file_line(row: Row[Any]) -> FileLine:
    file = file_ref_from_row(row)
    if row.note_id is not None:
        return FileLine(file, row.at, row.noter, "notes")
    if row.message_id is not None:
        return FileLine(file, row.at, row.sender, "messages")
    return FileLine(file, row.at, row.added_by or "applicant", "answers", row.withdrawn_at)


def load_file_lines(tx: Tx, case_id: str) -> tuple[FileLine, ...]:
    """The files, newest first, each with when, by whom and with what it was added."""
    newest = sorted(load_attached_files(tx, case_id), key=lambda one: one.line.at, reverse=True)
    return tuple(one.line for one in newest)


def load_form_files(tx: Tx, case_id: str) -> tuple[FileRef, ...]:
    """The files of the answers, without withdrawn ones."""
    return tuple(
        one.file
        for one in load_attached_files(tx, case_id)
        if one.is_from_form and one.line.withdrawn_at is None
    )


def find_file(tx: Tx, actor: Actor, case_id: str, file_id: str, now: datetime) -> AttachedFile | None:
    """The file, if it is one of that case and the actor may see it.

    Officers see all. Applicants see those of the form and of visible messages, never those of a note, whatever else
    the row says.
    """
    if tx.conn.execute(select(CaseRow.id).where(CaseRow.id == case_id, visible_to(actor))).first() is None:
        return None
    found = next((one for one in load_attached_files(tx, case_id) if one.file.id == file_id), None)
    if found is None or isinstance(actor, Officer) or found.is_from_form:
        return found
    if found.note_id is not None:
        return None
    visible = select(MessageRow.id).where(MessageRow.id == found.message_id, MessageRow.visible_at <= now)
    return found if tx.conn.execute(visible).first() is not None else None


def file_ref_from_row(row: Row[Any]) -> FileRef:
    """The file of a row whose bytes are complete."""
    return FileRef(
        id=row.id,
        name=row.name,
        size=row.size,
        kind=row.kind,
        sha256=row.sha256,
        field=row.field,
        scan=row.scan,
    )


def load_files_of_undone_messages(tx: Tx, ids: Iterable[str]) -> dict[str, FileRef]:
    """Those of the files that belong to an undone message, by id."""
    is_undone = exists().where(MessageRow.id == FileRow.message_id, MessageRow.undone_at.is_not(None))
    query = select(FileRow.__table__).where(FileRow.id.in_(list(ids)), FileRow.sha256.is_not(None), is_undone)
    return {row.id: file_ref_from_row(row) for row in tx.conn.execute(query)}


def list_disposed(tx: Tx) -> list[str]:
    """Ids of files that are disposed of while their bytes may still exist."""
    # In the words of the partial index, and so that SQLite does not take the index of the cases' files.
    is_attached = FileRow.case_id.is_not(None).is_(true())
    is_disposed = is_attached, FileRow.sha256.is_(None), FileRow.size > literal_column("0")
    return list(tx.conn.execute(select(FileRow.id).where(*is_disposed)).scalars())


def find_needed(tx: Tx, ids: Iterable[str]) -> set[str]:
    """Those of the ids that a row needs the bytes of, or will when they have come."""
    query = select(FileRow.id).where(
        FileRow.id.in_(list(ids)), or_(FileRow.sha256.is_not(None), FileRow.case_id.is_(None))
    )
    return set(tx.conn.execute(query).scalars())


def list_stored(tx: Tx, after_id: str, most: int) -> list[FileRef]:
    """At most so many of all files whose bytes are complete, by id, after that one."""
    query = select(FileRow.__table__).where(FileRow.id > after_id, FileRow.sha256.is_not(None))
    return [file_ref_from_row(row) for row in tx.conn.execute(query.order_by(FileRow.id).limit(most))]


def mark_emptied(tx: Tx, ids: Iterable[str]) -> None:
    """Mark that the bytes of these disposed files are deleted."""
    tx.conn.execute(update(FileRow).where(FileRow.id.in_(list(ids))).values(size=0))
