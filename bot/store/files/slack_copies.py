"""Copies in Slack of files that are, or were, stored here, and are to be deleted there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, exists, or_, select, union_all, update

from bot.store.engine.database import Tx
from bot.store.tables import FileRow, MessageRow, SlackFileToDeleteRow


def find_for_owner(tx: Tx, owner_id: str) -> list[str]:
    """Slack's ids of the files of a message or note that may still exist there."""
    is_owned = or_(FileRow.message_id == owner_id, FileRow.note_id == owner_id)
    query = select(FileRow.slack_id).where(is_owned, FileRow.slack_id.is_not(None))
    return [slack_id for slack_id in tx.conn.execute(query).scalars() if slack_id]


def find_for_files(tx: Tx, file_ids: Iterable[str]) -> list[str]:
    """Slack's ids of those of the files that may still exist there."""
    query = select(FileRow.slack_id).where(FileRow.id.in_(list(file_ids)), FileRow.slack_id.is_not(None))
    return [slack_id for slack_id in tx.conn.execute(query).scalars() if slack_id]


def find_due(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Slack's ids of files to delete there, oldest first: those that cases have, and those deleted here."""
    is_undoable = exists().where(
        MessageRow.id == FileRow.message_id, MessageRow.undone_at.is_(None), MessageRow.visible_at > now
    )
    of_cases = select(FileRow.slack_id, FileRow.at).where(
        FileRow.slack_id.is_not(None), FileRow.case_id.is_not(None), ~is_undoable
    )
    candidates = union_all(
        of_cases, select(SlackFileToDeleteRow.slack_id, SlackFileToDeleteRow.at)
    ).subquery()
    query = select(candidates.c.slack_id).order_by(candidates.c.at).limit(limit)
    return list(dict.fromkeys(tx.conn.execute(query).scalars()))


def schedule_deletion(tx: Tx, slack_ids: Mapping[str, datetime]) -> None:
    """Save that files with these Slack ids, received at these times, are deleted here and to be deleted there."""
    for slack_id, at in slack_ids.items():
        tx.insert_new(SlackFileToDeleteRow, {"slack_id": slack_id, "at": at})


def cancel_deletion(tx: Tx, slack_id: str) -> None:
    """Remove the file with that Slack id from the list, since it is used again."""
    tx.conn.execute(delete(SlackFileToDeleteRow).where(SlackFileToDeleteRow.slack_id == slack_id))


def forget(tx: Tx, slack_ids: Iterable[str]) -> None:
    """Remove files from the list that are deleted in Slack, or that the app may not delete."""
    ids = list(slack_ids)
    tx.conn.execute(update(FileRow).where(FileRow.slack_id.in_(ids)).values(slack_id=None))
    tx.conn.execute(delete(SlackFileToDeleteRow).where(SlackFileToDeleteRow.slack_id.in_(ids)))
