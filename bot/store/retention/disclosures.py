"""What an officer's account has been shown, exported or mailed: whose data a stranger may have seen who had it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Subquery, case, func, literal, select, union_all

from bot.domain.personal_disclosure import Disclosure, Way
from bot.store.cases.contents import load_names
from bot.store.engine.database import Tx
from bot.store.log.readings import EXPORTS, OPENED_PART
from bot.store.tables import CaseRow, MessageRow, ReadingRow, SlackAccountRow

PAGE_SIZE = 500
"""Cases whose applicants are read in one statement."""


def find_account_officer(tx: Tx, user: str) -> str | None:
    """The officer that the Slack account with that user id is bound to."""
    query = select(SlackAccountRow.officer).where(SlackAccountRow.user == user)
    return tx.conn.execute(query.order_by(SlackAccountRow.bound_at.desc())).scalar()


def list_disclosures(tx: Tx, officer: str, since: datetime, before: datetime) -> Iterator[Disclosure]:
    """All that the officer's account had from `since` until `before`, by the readings, and by the messages it sent.

    By case, in the order of the cases' numbers, each way apart.
    """
    events = _select_events(f"officer:{officer}", since, before)
    grouped = (
        select(
            CaseRow.number,
            CaseRow.service,
            events.c.case_id,
            events.c.part,
            events.c.exported,
            func.sum(case((events.c.place == 1, 1), else_=0)).label("openings"),
            func.min(events.c.at).label("first_at"),
            func.max(events.c.at).label("last_at"),
        )
        .join(CaseRow, CaseRow.id == events.c.case_id)
        .group_by(CaseRow.number, CaseRow.service, events.c.case_id, events.c.part, events.c.exported)
        .order_by(CaseRow.number, events.c.part)
    )
    yield from _with_people(tx, _merge_parts(tx.conn.execute(grouped)))


def _select_events(ref: str, since: datetime, before: datetime) -> Subquery:
    """The readings and sent messages of the actor, each with its `place` in its opening, counted from 1.

    All that was read in an opening by which the case was exported is `exported`, 1 or 0.
    """
    readings = select(ReadingRow.case_id, ReadingRow.part, ReadingRow.opening, ReadingRow.at).where(
        ReadingRow.by == ref, ReadingRow.at >= since, ReadingRow.at < before, ReadingRow.part != OPENED_PART
    )
    sent = select(MessageRow.case_id, literal(_MAILED), MessageRow.id, MessageRow.visible_at).where(
        MessageRow.by == ref,
        MessageRow.undone_at.is_(None),
        MessageRow.visible_at >= since,
        MessageRow.visible_at < before,
    )
    events = union_all(readings, sent).subquery()
    of_opening = events.c.case_id, events.c.opening
    return select(
        events,
        func.max(case((events.c.part.in_(EXPORTS), 1), else_=0))
        .over(partition_by=of_opening)
        .label("exported"),
        func.row_number().over(partition_by=of_opening, order_by=events.c.part).label("place"),
    ).subquery()


_MAILED = "mailed"


def _way_of(row: Row[Any]) -> Way:
    if row.part == _MAILED:
        return "mailed"
    return "exported" if row.exported else "shown"


@dataclass(frozen=True, slots=True)
class _Group:
    """The readings of one case in one way."""

    number: str
    service: str
    case_id: str
    way: Way
    parts: tuple[str, ...]
    count: int
    first_at: datetime
    last_at: datetime


def _merge_parts(rows: Iterable[Row[Any]]) -> Iterator[_Group]:
    """Groups by case and way, of rows by case, way and part that are in the order of the cases."""
    for _, of_case in groupby(rows, attrgetter("case_id")):
        by_way: dict[Way, list[Row[Any]]] = {}
        for row in of_case:
            by_way.setdefault(_way_of(row), []).append(row)
        for way, found in by_way.items():
            yield _Group(
                found[0].number,
                found[0].service,
                found[0].case_id,
                way,
                tuple(row.part for row in found),
                sum(row.openings for row in found),
                min(row.first_at for row in found),
                max(row.last_at for row in found),
            )


def _with_people(tx: Tx, groups: Iterator[_Group]) -> Iterator[Disclosure]:
    while page := list(islice(groups, PAGE_SIZE)):
        names = load_names(tx, {group.case_id for group in page})
        for group in page:
            yield Disclosure(
                number=group.number,
                service=group.service,
                way=group.way,
                parts=group.parts,
                count=group.count,
                first_at=group.first_at,
                last_at=group.last_at,
                people=names.get(group.case_id, ()),
            )
