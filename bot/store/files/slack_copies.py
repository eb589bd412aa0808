"""Copies in Slack of files that are kept here, or were, and are not to stay there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, exists, or_, select, union_all, update

from bot.store.engine.database import Tx
from bot.store.tables import FileRow, MessageRow, SlackFileToDeleteRow


def find_for_owner(tx: Tx, owner_id: str) -> list[str]:
    """The names in Slack of those files of a message or note that may still be there."""
    is_owned = or_(FileRow.message_id == owner_id, FileRow.note_id == owner_id)
    query = select(FileRow.slack_id).where(is_owned, FileRow.slack_id.is_not(None))
    return [slack_id for slack_id in tx.conn.execute(query).scalars() if slack_id]


def find_due(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Names in Slack of files that are to leave it, oldest first: of cases' for good, and those forgotten here."""
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
    """Files of these names in Slack are forgotten here, those that came at these times; there they are to go too."""
    for slack_id, at in slack_ids.items():
        tx.insert_new(SlackFileToDeleteRow, {"slack_id": slack_id, "at": at})


def cancel_deletion(tx: Tx, slack_id: str) -> None:
    """A file of that name in Slack is wanted anew."""
    tx.conn.execute(delete(SlackFileToDeleteRow).where(SlackFileToDeleteRow.slack_id == slack_id))


def forget(tx: Tx, slack_ids: Iterable[str]) -> None:
    """The files are gone from Slack, or are not for us to take from there."""
    ids = list(slack_ids)
    tx.conn.execute(update(FileRow).where(FileRow.slack_id.in_(ids)).values(slack_id=None))
    tx.conn.execute(delete(SlackFileToDeleteRow).where(SlackFileToDeleteRow.slack_id.in_(ids)))
