"""The queues of the outbox: what stands first in each, and when something falls due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from bot.domain.notices import BACKGROUND, NEW_CASE, SOMEONE_WAITS
from bot.store.engine.database import Tx
from bot.store.tables import DeliveryRow, DestinationRow, Moment


@dataclass(frozen=True, slots=True)
class Room:
    """What there is room for now, by the pace of those we deliver to.

    `without` are destinations that take nothing at all, `no_posts` those where cards may be redrawn but nothing
    new posted, and `redraws` is the least urgent priority with which a card may be redrawn (-1: none).
    """

    without: frozenset[str] = frozenset()
    no_posts: frozenset[str] = frozenset()
    redraws: int = BACKGROUND
    flying: frozenset[int] = frozenset()
    """Deliveries of this worker's that are on their way, whatever the clock says of their lease."""


EVERYTHING = Room()

NOW = bindparam("now", type_=Moment())


def next_due(tx: Tx, now: datetime) -> datetime | None:
    """The next moment when something falls due that is not due yet."""
    moments = tx.conn.execute(_next_moments(), {"now": now}).one()
    return min((moment for moment in moments if moment is not None), default=None)


def heads(tx: Tx, now: datetime, room: Room) -> list[int]:
    """The first of each queue that there is room for, where it is due."""
    asked = {
        "now": now,
        "without": sorted(room.without),
        "no_posts": sorted(room.no_posts),
        "redraws": room.redraws,
        "flying": sorted(room.flying),
    }
    return [head for head in tx.conn.execute(_first_due(), asked).scalars() if head is not None]


# Built once, for they are asked after every commit.


@cache
def _first_due() -> Select[int]:
    """One probe of an index for each queue, however much stands in it."""
    queues, one, older = _queues(), aliased(DeliveryRow), aliased(DeliveryRow)
    head = (
        select(one.id)
        .where(
            _in_queue(one, queues),
            one.due_at <= NOW,
            one.id.not_in(bindparam("flying", expanding=True)),
            ~exists().where(older.lane == one.lane, older.id < one.id),
        )
        .order_by(one.due_at, one.id)
        .limit(1)
        .correlate(queues)
    )
    return (
        select(head.scalar_subquery())
        .select_from(queues)
        .join(DestinationRow, DestinationRow.key == queues.c.destination)
        .where(DestinationRow.next_at <= NOW, _has_room(queues))
    )


@cache
def _next_moments() -> Select[datetime, datetime]:
    queues, one = _queues(), aliased(DeliveryRow)
    due = select(func.min(one.due_at)).where(_in_queue(one, queues), one.due_at > NOW).correlate(queues)
    first_due = select(func.min(due.scalar_subquery(), type_=Moment())).select_from(queues)
    held = (
        select(func.min(DestinationRow.next_at))
        .select_from(queues)
        .join(DestinationRow, DestinationRow.key == queues.c.destination)
        .where(DestinationRow.next_at > NOW)
    )
    return select(first_due.scalar_subquery(), held.scalar_subquery())


def _queues() -> Subquery:
    """A queue for each destination that something waits for, with and without redraws, of each priority."""
    first, following = aliased(DeliveryRow), aliased(DeliveryRow)
    busy = select(func.min(first.destination).label("destination")).where(_waits(first)).cte(recursive=True)
    # A jump in the index from each destination to the next.
    after = (
        select(func.min(following.destination))
        .where(_waits(following), following.destination > busy.c.destination)
        .correlate(busy)
        .scalar_subquery()
    )
    busy = busy.union_all(select(after).where(busy.c.destination.is_not(None)))
    kinds = union_all(
        *(
            select(literal(redraw).label("redraw"), literal_column(f"{priority}").label("priority"))
            for redraw in (False, True)
            for priority in (SOMEONE_WAITS, NEW_CASE, BACKGROUND)
        )
    ).subquery()
    return (
        select(busy.c.destination, kinds.c.redraw, kinds.c.priority).join_from(busy, kinds, true()).subquery()
    )


def _waits(one: Any) -> ColumnElement[bool]:
    """Written as the index is, for it is used only then."""
    return one.state != literal_column("'parked'")  # type: ignore[no-any-return]


def _in_queue(one: Any, queues: Subquery) -> ColumnElement[bool]:
    key = (one.destination, one.redraw, one.priority)
    return and_(_waits(one), *(mine == theirs for mine, theirs in zip(key, queues.c, strict=True)))


def _has_room(queues: Subquery) -> ColumnElement[bool]:
    posts = and_(~queues.c.redraw, queues.c.destination.not_in(bindparam("no_posts", expanding=True)))
    redraws = and_(queues.c.redraw, queues.c.priority <= bindparam("redraws"))
    return and_(queues.c.destination.not_in(bindparam("without", expanding=True)), or_(posts, redraws))
