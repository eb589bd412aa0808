"""Files that belong to no case yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from bot.domain.intake import FileRef
from bot.store.engine.database import Tx
from bot.store.files import slack_copies
from bot.store.files.attachments import file_ref
from bot.store.tables import FileRow

_LOOSE = FileRow.case_id.is_(None)


class Gone(NamedTuple):
    """A file that is forgotten: its id, and its name in Slack where a copy may be there."""

    id: str
    slack_id: str | None


def expect(tx: Tx, file: FileRef, at: datetime) -> None:
    """Note a file that is stored but belongs to no case yet; what stays so is swept."""
    begin(tx, file.id, at)
    complete(tx, file)


def begin(tx: Tx, file_id: str, at: datetime, slack_id: str | None = None) -> None:
    """Note a file before its bytes come, so that what a cut leaves is swept; `slack_id` where Slack has it.

    One that was to leave Slack stays there until this one is done with.
    """
    if slack_id is not None:
        slack_copies.stay(tx, slack_id)
    row = {"id": file_id, "field": "", "name": "", "size": 0, "kind": "", "slack_id": slack_id, "at": at}
    tx.conn.execute(insert(FileRow).values(row))


def complete(tx: Tx, file: FileRef) -> None:
    """All bytes of a file that was begun are stored."""
    told = {"name": file.name, "size": file.size, "kind": file.kind, "sha256": file.sha256}
    tx.conn.execute(update(FileRow).where(FileRow.id == file.id).values(**told, field=file.field))


def size(tx: Tx) -> int:
    """How many bytes belong to no case yet."""
    return tx.conn.execute(select(func.coalesce(func.sum(FileRow.size), 0)).where(_LOOSE)).scalar_one()


def loose(tx: Tx, ids: Iterable[str]) -> dict[str, FileRef]:
    """Of these files, those that are whole and belong to no case yet."""
    query = select(FileRow.__table__).where(FileRow.id.in_(list(ids)), _LOOSE, FileRow.sha256.is_not(None))
    return {row.id: file_ref(row) for row in tx.conn.execute(query)}


def from_slack(tx: Tx, slack_ids: Iterable[str]) -> dict[str, FileRef]:
    """Of these files in Slack, those that are stored and belong to no case yet, by their names in Slack."""
    whole = FileRow.slack_id.in_(list(slack_ids)), _LOOSE, FileRow.sha256.is_not(None)
    return {row.slack_id: file_ref(row) for row in tx.conn.execute(select(FileRow.__table__).where(*whole))}


def copied(tx: Tx, original: FileRef, copy_id: str) -> FileRef:
    """All bytes of a copy that was begun are stored. It is the one now that the copy in Slack is of."""
    slack_id = tx.conn.execute(select(FileRow.slack_id).where(FileRow.id == original.id)).scalar()
    tx.conn.execute(update(FileRow).where(FileRow.id == original.id).values(slack_id=None))
    tx.conn.execute(update(FileRow).where(FileRow.id == copy_id).values(slack_id=slack_id))
    copy = replace(original, id=copy_id)
    complete(tx, copy)
    return copy


def wanted(tx: Tx, ids: Iterable[str], at: datetime) -> None:
    """The files are part of something begun, and live as long as that."""
    tx.conn.execute(update(FileRow).where(FileRow.id.in_(list(ids)), _LOOSE).values(at=at))


def never_came(tx: Tx, file_id: str) -> None:
    """Forget a file that was begun and did not come. Its form still has it, so that it is not to leave Slack."""
    tx.conn.execute(delete(FileRow).where(FileRow.id == file_id, _LOOSE))


def forget(tx: Tx, ids: Iterable[str]) -> list[Gone]:
    """Forget those of the files that belong to no case, for their bytes to be removed.

    Their names in Slack are kept until they have left it too (`slack_copies`).
    """
    return _forget(tx, FileRow.id.in_(list(ids)))


def sweep(tx: Tx, before: datetime) -> list[Gone]:
    """The same of files that belonged to nothing by `before`."""
    return _forget(tx, FileRow.at < before)


def _forget(tx: Tx, which: ColumnElement[bool]) -> list[Gone]:
    # Only what was removed is told of: one that a case took meanwhile is to keep its bytes.
    told = delete(FileRow).where(which, _LOOSE).returning(FileRow.id, FileRow.slack_id, FileRow.at)
    gone = tx.conn.execute(told).all()
    slack_copies.leave(tx, {row.slack_id: row.at for row in gone if row.slack_id is not None})
    return [Gone(row.id, row.slack_id) for row in gone]
