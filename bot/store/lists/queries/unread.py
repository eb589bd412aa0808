"""What is unread to one officer: a case in which others did something since they opened it, or that they marked so."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, func, insert, literal, select, union_all

from bot.domain.actors import Officer
from bot.store.engine.database import Tx
from bot.store.log import history
from bot.store.log.readings import UNSEEN_PARTS
from bot.store.tables import CaseRow, ReadingRow, UnreadMarkRow
from bot.store.visibility import visible_to


class _Seen(NamedTuple):
    """When the officer last opened a case, and marked it as unread."""

    opened_at: datetime | None = None
    marked_at: datetime | None = None


def find_unread(
    tx: Tx, officer: Officer, rows: Sequence[Row[Any]], assignees: Mapping[str, Sequence[Any]]
) -> set[str]:
    """Those of the rows of `case`, by id, that are unread to the officer: two statements, however many they are.

    A case that they have not opened is unread if somebody else assigned it to them, or if something happened since they
    took it; one that is none of theirs is not, as all that are new to the e-service would be.
    """
    if not rows:
        return set()
    seen = _load_seen(tx, officer, [row.id for row in rows])
    unread, since = set[str](), dict[str, datetime]()
    for row in rows:
        opened_at, marked_at = seen.get(row.id, _Seen())
        own = _own_assignment(officer, assignees.get(row.id, ()))
        if marked_at is not None and (opened_at is None or marked_at >= opened_at):
            unread.add(row.id)
        elif opened_at is not None:
            since[row.id] = opened_at
        elif own is not None and own.by != officer.ref:
            unread.add(row.id)
        elif own is not None:
            since[row.id] = own.since
    changed = {row.id: since[row.id] for row in rows if row.id in since and row.changed_at > since[row.id]}
    return unread | (history.find_changed_by_others(tx, officer.ref, changed) if changed else set())


def _own_assignment(officer: Officer, assignees: Sequence[Any]) -> Any:
    """The row of `assignee` by which the officer has the case."""
    return next((one for one in assignees if (one.kind, one.key) == ("officer", officer.key)), None)


def _load_seen(tx: Tx, officer: Officer, case_ids: Collection[str]) -> dict[str, _Seen]:
    """What is known of the cases, by id; no entry for one that was neither opened nor marked."""
    opened = (
        select(ReadingRow.case_id, func.max(ReadingRow.at), literal("opened"))
        .where(
            ReadingRow.by == officer.ref,
            ReadingRow.case_id.in_(list(case_ids)),
            ReadingRow.part.not_in(UNSEEN_PARTS),
        )
        .group_by(ReadingRow.case_id)
    )
    marked = select(UnreadMarkRow.case_id, UnreadMarkRow.at, literal("marked")).where(
        UnreadMarkRow.officer == officer.key, UnreadMarkRow.case_id.in_(list(case_ids))
    )
    seen: dict[str, _Seen] = {}
    for case_id, at, what in tx.conn.execute(union_all(opened, marked)):
        earlier = seen.get(case_id, _Seen())
        seen[case_id] = earlier._replace(**{f"{what}_at": at})
    return seen


def mark_unread(tx: Tx, officer: Officer, case_ids: Collection[str], at: datetime) -> int:
    """Mark those of the cases that the officer may work with as unread to them. Returns how many.

    One that was disposed of is left out: its mark would remain for good.
    """
    is_left = CaseRow.id.in_(list(case_ids)), CaseRow.disposed_at.is_(None)
    query = select(CaseRow.id).where(*is_left, visible_to(officer))
    visible = list(tx.conn.execute(query).scalars())
    if visible:
        is_theirs = UnreadMarkRow.officer == officer.key, UnreadMarkRow.case_id.in_(visible)
        tx.conn.execute(delete(UnreadMarkRow).where(*is_theirs))
        marks = [{"officer": officer.key, "case_id": case_id, "at": at} for case_id in visible]
        tx.conn.execute(insert(UnreadMarkRow), marks)
    return len(visible)
