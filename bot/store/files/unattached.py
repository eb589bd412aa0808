"""Files that do not belong to a case yet."""

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
from bot.store.outbox import codes_and_scans
from bot.store.tables import FileRow

_IS_UNATTACHED = FileRow.case_id.is_(None)


class ForgottenFile(NamedTuple):
    """A deleted file: its id, and its Slack id where a copy may be there."""

    id: str
    slack_id: str | None


def save(tx: Tx, file: FileRef, at: datetime) -> None:
    """Save the row of a stored file that belongs to no case yet; it is swept unless it is attached."""
    begin(tx, file.id, at)
    complete(tx, file)


def begin(tx: Tx, file_id: str, at: datetime, slack_id: str | None = None) -> None:
    """Save a row before the bytes are received, so that a crash leaves nothing unswept; `slack_id` where Slack has it.

    Cancels the deletion of its copy in Slack.
    """
    if slack_id is not None:
        slack_copies.cancel_deletion(tx, slack_id)
    row = {"id": file_id, "field": "", "name": "", "size": 0, "kind": "", "slack_id": slack_id, "at": at}
    tx.conn.execute(insert(FileRow).values(row))


def complete(tx: Tx, file: FileRef) -> None:
    """Mark that all bytes of the file are stored, and enqueue its scan where it is to be scanned."""
    columns = {"name": file.name, "size": file.size, "kind": file.kind, "sha256": file.sha256}
    updated = (
        update(FileRow)
        .where(FileRow.id == file.id)
        .values(**columns, field=file.field, scan=file.scan)
        .returning(FileRow.at)
    )
    at = tx.conn.execute(updated).scalar()
    if at is not None and file.scan == "waiting":
        codes_and_scans.enqueue_scan(tx, file.id, at)


def size(tx: Tx) -> int:
    """The bytes of all unattached files."""
    return tx.conn.execute(
        select(func.coalesce(func.sum(FileRow.size), 0)).where(_IS_UNATTACHED)
    ).scalar_one()


def find(tx: Tx, ids: Iterable[str]) -> dict[str, FileRef]:
    """Those of the files that are complete and unattached, by id."""
    query = select(FileRow.__table__).where(
        FileRow.id.in_(list(ids)), _IS_UNATTACHED, FileRow.sha256.is_not(None)
    )
    return {row.id: file_ref_from_row(row) for row in tx.conn.execute(query)}


def find_by_slack_id(tx: Tx, slack_ids: Iterable[str]) -> dict[str, FileRef]:
    """Those of the files with these Slack ids that are stored and unattached, by Slack id."""
    is_whole = FileRow.slack_id.in_(list(slack_ids)), _IS_UNATTACHED, FileRow.sha256.is_not(None)
    return {
        row.slack_id: file_ref_from_row(row)
        for row in tx.conn.execute(select(FileRow.__table__).where(*is_whole))
    }


def complete_copy(tx: Tx, original: FileRef, copy_id: str) -> FileRef:
    """Mark that all bytes of a copy are stored. The copy in Slack is then this one's."""
    slack_id = tx.conn.execute(select(FileRow.slack_id).where(FileRow.id == original.id)).scalar()
    tx.conn.execute(update(FileRow).where(FileRow.id == original.id).values(slack_id=None))
    tx.conn.execute(update(FileRow).where(FileRow.id == copy_id).values(slack_id=slack_id))
    copy = replace(original, id=copy_id)
    complete(tx, copy)
    return copy


def keep_alive(tx: Tx, ids: Iterable[str], at: datetime) -> None:
    """Renew the lifetime of files that are part of a draft."""
    tx.conn.execute(update(FileRow).where(FileRow.id.in_(list(ids)), _IS_UNATTACHED).values(at=at))


def remove_incomplete(tx: Tx, file_id: str) -> None:
    """Delete the row of a file that was not received. Its copy in Slack remains, since its form still has it."""
    tx.conn.execute(delete(FileRow).where(FileRow.id == file_id, _IS_UNATTACHED))


def remove(tx: Tx, ids: Iterable[str]) -> list[ForgottenFile]:
    """Delete the rows of those files that are unattached. Returns them, for their bytes to be removed.

    Their copies in Slack are scheduled for deletion (`slack_copies`).
    """
    return _remove(tx, FileRow.id.in_(list(ids)))


def sweep(tx: Tx, before: datetime) -> list[ForgottenFile]:
    """`remove` for files that have been unattached since `before`."""
    return _remove(tx, FileRow.at < before)


def _remove(tx: Tx, condition: ColumnElement[bool]) -> list[ForgottenFile]:
    # Returns only deleted rows: a file that was attached meanwhile must retain its bytes.
    statement = (
        delete(FileRow).where(condition, _IS_UNATTACHED).returning(FileRow.id, FileRow.slack_id, FileRow.at)
    )
    removed = tx.conn.execute(statement).all()
    slack_copies.schedule_deletion(tx, {row.slack_id: row.at for row in removed if row.slack_id is not None})
    return [ForgottenFile(row.id, row.slack_id) for row in removed]
