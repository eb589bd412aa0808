"""Copies in Slack of files that are kept here, or were, and are not to stay there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, exists, or_, select, union_all, update

from bot.store.engine.database import Tx
from bot.store.tables import FileRow, LeftFileRow, MessageRow


def of(tx: Tx, came_with: str) -> list[str]:
    """The names in Slack of those files of a message or note that may still be there."""
    of_it = or_(FileRow.message_id == came_with, FileRow.note_id == came_with)
    query = select(FileRow.slack_id).where(of_it, FileRow.slack_id.is_not(None))
    return [name for name in tx.conn.execute(query).scalars() if name]


def due(tx: Tx, now: datetime, most: int) -> list[str]:
    """Names in Slack of files that are to leave it, oldest first: of cases' for good, and those forgotten here."""
    undoable = exists().where(
        MessageRow.id == FileRow.message_id, MessageRow.undone_at.is_(None), MessageRow.visible_at > now
    )
    of_cases = select(FileRow.slack_id, FileRow.at).where(
        FileRow.slack_id.is_not(None), FileRow.case_id.is_not(None), ~undoable
    )
    found = union_all(of_cases, select(LeftFileRow.slack_id, LeftFileRow.at)).subquery()
    query = select(found.c.slack_id).order_by(found.c.at).limit(most)
    return list(dict.fromkeys(tx.conn.execute(query).scalars()))


def leave(tx: Tx, names: Mapping[str, datetime]) -> None:
    """Files of these names in Slack are forgotten here, those that came at these times; there they are to go too."""
    for name, at in names.items():
        tx.insert_new(LeftFileRow, {"slack_id": name, "at": at})


def stay(tx: Tx, name: str) -> None:
    """A file of that name in Slack is wanted anew."""
    tx.conn.execute(delete(LeftFileRow).where(LeftFileRow.slack_id == name))


def gone(tx: Tx, names: Iterable[str]) -> None:
    """The files are gone from Slack, or are not for us to take from there."""
    left = list(names)
    tx.conn.execute(update(FileRow).where(FileRow.slack_id.in_(left)).values(slack_id=None))
    tx.conn.execute(delete(LeftFileRow).where(LeftFileRow.slack_id.in_(left)))
