"""The files of cases, by what they came with: the form, a message or a note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, select, update

from bot.domain.actors import Actor, Officer
from bot.domain.submission import FileRef
from bot.domain.views import FileLine
from bot.store.engine.database import Tx
from bot.store.tables import CaseRow, FileRow, MessageRow, NoteRow
from bot.store.visibility import visible_to


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file and what it belongs to; neither message nor note for one that was sent with the form."""

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
    """All that the case holds and that is not disposed of, oldest first; of a message that was undone nothing."""
    files = FileRow.__table__
    joined = files.outerjoin(MessageRow, MessageRow.id == FileRow.message_id)
    rows = tx.conn.execute(
        select(files, MessageRow.by.label("sender"), NoteRow.by.label("noter"))
        .select_from(joined.outerjoin(NoteRow, NoteRow.id == FileRow.note_id))
        .where(FileRow.case_id == case_id, FileRow.sha256.is_not(None), MessageRow.undone_at.is_(None))
        .order_by(FileRow.at, FileRow.id)
    )
    return [AttachedFile(_file_line(row), row.message_id, row.note_id) for row in rows]


def _file_line(row: Row[Any]) -> FileLine:
    file = file_ref_from_row(row)
    if row.note_id is not None:
        return FileLine(file, row.at, row.noter, "notes")
    if row.message_id is not None:
        return FileLine(file, row.at, row.sender, "messages")
    return FileLine(file, row.at, "applicant", "answers")


def load_file_lines(tx: Tx, case_id: str) -> tuple[FileLine, ...]:
    """The files with how each came into the case, newest first."""
    newest = sorted(load_attached_files(tx, case_id), key=lambda one: one.line.at, reverse=True)
    return tuple(one.line for one in newest)


def load_form_files(tx: Tx, case_id: str) -> tuple[FileRef, ...]:
    """What the applicant sent with the form."""
    return tuple(one.file for one in load_attached_files(tx, case_id) if one.is_from_form)


def find_file(tx: Tx, actor: Actor, case_id: str, file_id: str, now: datetime) -> AttachedFile | None:
    """A file of that very case, for an actor who may see it.

    Officers see all. An applicant sees what was sent with the form, and of a message's not before it is visible;
    what belongs to a note is no applicant's, whatever else is said of it.
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
    """The file of a row that is complete."""
    return FileRef(id=row.id, name=row.name, size=row.size, kind=row.kind, sha256=row.sha256, field=row.field)


def load_files_of_undone_messages(tx: Tx, ids: Iterable[str]) -> dict[str, FileRef]:
    """Of these files, those that were sent with a message that was undone."""
    is_undone = exists().where(MessageRow.id == FileRow.message_id, MessageRow.undone_at.is_not(None))
    query = select(FileRow.__table__).where(FileRow.id.in_(list(ids)), FileRow.sha256.is_not(None), is_undone)
    return {row.id: file_ref_from_row(row) for row in tx.conn.execute(query)}


def list_disposed(tx: Tx) -> list[str]:
    """Files whose rows say that they have been disposed of while their bytes may still be there."""
    is_disposed = FileRow.case_id.is_not(None), FileRow.sha256.is_(None), FileRow.size > 0
    return list(tx.conn.execute(select(FileRow.id).where(*is_disposed)).scalars())


def mark_emptied(tx: Tx, ids: Iterable[str]) -> None:
    """The bytes of files that were disposed of are gone."""
    tx.conn.execute(update(FileRow).where(FileRow.id.in_(list(ids))).values(size=0))
