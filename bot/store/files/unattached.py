"""Files that belong to no case yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from bot.domain.submission import FileRef
from bot.store.engine.database import Tx
from bot.store.files import slack_copies
from bot.store.files.attachments import file_ref_from_row
from bot.store.tables import FileRow

_IS_UNATTACHED = FileRow.case_id.is_(None)


class ForgottenFile(NamedTuple):
    """A file that is forgotten: its id, and its name in Slack where a copy may be there."""

    id: str
    slack_id: str | None


def save(tx: Tx, file: FileRef, at: datetime) -> None:
    """Note a file that is stored but belongs to no case yet; what stays so is swept."""
    begin(tx, file.id, at)
    complete(tx, file)


def begin(tx: Tx, file_id: str, at: datetime, slack_id: str | None = None) -> None:
    """Note a file before its bytes come, so that what a cut leaves is swept; `slack_id` where Slack has it.

    One that was to leave Slack stays there until this one is done with.
    """
    if slack_id is not None:
        slack_copies.cancel_deletion(tx, slack_id)
    row = {"id": file_id, "field": "", "name": "", "size": 0, "kind": "", "slack_id": slack_id, "at": at}
    tx.conn.execute(insert(FileRow).values(row))


def complete(tx: Tx, file: FileRef) -> None:
    """All bytes of a file that was begun are stored."""
    columns = {"name": file.name, "size": file.size, "kind": file.kind, "sha256": file.sha256}
    tx.conn.execute(update(FileRow).where(FileRow.id == file.id).values(**columns, field=file.field))


def size(tx: Tx) -> int:
    """How many bytes belong to no case yet."""
    return tx.conn.execute(
        select(func.coalesce(func.sum(FileRow.size), 0)).where(_IS_UNATTACHED)
    ).scalar_one()


def find(tx: Tx, ids: Iterable[str]) -> dict[str, FileRef]:
    """Of these files, those that are whole and belong to no case yet."""
    query = select(FileRow.__table__).where(
        FileRow.id.in_(list(ids)), _IS_UNATTACHED, FileRow.sha256.is_not(None)
    )
    return {row.id: file_ref_from_row(row) for row in tx.conn.execute(query)}


def find_by_slack_id(tx: Tx, slack_ids: Iterable[str]) -> dict[str, FileRef]:
    """Of these files in Slack, those that are stored and belong to no case yet, by their names in Slack."""
    is_whole = FileRow.slack_id.in_(list(slack_ids)), _IS_UNATTACHED, FileRow.sha256.is_not(None)
    return {
        row.slack_id: file_ref_from_row(row)
        for row in tx.conn.execute(select(FileRow.__table__).where(*is_whole))
    }


def complete_copy(tx: Tx, original: FileRef, copy_id: str) -> FileRef:
    """All bytes of a copy that was begun are stored. It is the one now that the copy in Slack is of."""
    slack_id = tx.conn.execute(select(FileRow.slack_id).where(FileRow.id == original.id)).scalar()
    tx.conn.execute(update(FileRow).where(FileRow.id == original.id).values(slack_id=None))
    tx.conn.execute(update(FileRow).where(FileRow.id == copy_id).values(slack_id=slack_id))
    copy = replace(original, id=copy_id)
    complete(tx, copy)
    return copy


def keep_alive(tx: Tx, ids: Iterable[str], at: datetime) -> None:
    """The files are part of something begun, and live as long as that."""
    tx.conn.execute(update(FileRow).where(FileRow.id.in_(list(ids)), _IS_UNATTACHED).values(at=at))


def remove_incomplete(tx: Tx, file_id: str) -> None:
    """Forget a file that was begun and did not come. Its form still has it, so that it is not to leave Slack."""
    tx.conn.execute(delete(FileRow).where(FileRow.id == file_id, _IS_UNATTACHED))


def remove(tx: Tx, ids: Iterable[str]) -> list[ForgottenFile]:
    """Forget those of the files that belong to no case, for their bytes to be removed.

    Their names in Slack are kept until they have left it too (`slack_copies`).
    """
    return _remove(tx, FileRow.id.in_(list(ids)))


def sweep(tx: Tx, before: datetime) -> list[ForgottenFile]:
    """The same of files that belonged to nothing by `before`."""
    return _remove(tx, FileRow.at < before)


def _remove(tx: Tx, condition: ColumnElement[bool]) -> list[ForgottenFile]:
    # Only what was removed is told of: one that a case took meanwhile is to keep its bytes.
    statement = (
        delete(FileRow).where(condition, _IS_UNATTACHED).returning(FileRow.id, FileRow.slack_id, FileRow.at)
    )
    removed = tx.conn.execute(statement).all()
    slack_copies.schedule_deletion(tx, {row.slack_id: row.at for row in removed if row.slack_id is not None})
    return [ForgottenFile(row.id, row.slack_id) for row in removed]
