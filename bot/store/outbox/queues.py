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
from bot.store.tables import DeliveryRow, DestinationRow, UtcDateTime


@dataclass(frozen=True, slots=True)
class Capacity:
    """What there is room for now, by the rate limits of those we deliver to.

    Nothing goes to `blocked_destinations`; to `unpostable_destinations` cards may be redrawn but nothing new posted.
    `max_redraw_priority` is the least urgent priority with which a card may be redrawn (-1: none).
    """

    blocked_destinations: frozenset[str] = frozenset()
    unpostable_destinations: frozenset[str] = frozenset()
    max_redraw_priority: int = BACKGROUND
    in_flight: frozenset[int] = frozenset()
    """Deliveries of this worker's that are on their way, whatever the clock says of their lease."""


UNLIMITED = Capacity()

NOW = bindparam("now", type_=UtcDateTime())


def find_next_due(tx: Tx, now: datetime) -> datetime | None:
    """The next moment when something falls due that is not due yet."""
    times = tx.conn.execute(_next_times_query(), {"now": now}).one()
    return min((time for time in times if time is not None), default=None)


def find_due_heads(tx: Tx, now: datetime, capacity: Capacity) -> list[int]:
    """The first of each queue that there is room for, where it is due."""
    parameters = {
        "now": now,
        "blocked": sorted(capacity.blocked_destinations),
        "unpostable": sorted(capacity.unpostable_destinations),
        "max_redraw_priority": capacity.max_redraw_priority,
        "in_flight": sorted(capacity.in_flight),
    }
    return [head for head in tx.conn.execute(_due_heads_query(), parameters).scalars() if head is not None]


# Built once, for they are asked after every commit.


@cache
def _due_heads_query() -> Select[int]:
    """One probe of an index for each queue, however much stands in it."""
    queues, delivery, older = _queues_query(), aliased(DeliveryRow), aliased(DeliveryRow)
    head = (
        select(delivery.id)
        .where(
            _in_queue(delivery, queues),
            delivery.due_at <= NOW,
            delivery.id.not_in(bindparam("in_flight", expanding=True)),
            ~exists().where(older.lane == delivery.lane, older.id < delivery.id),
        )
        .order_by(delivery.due_at, delivery.id)
        .limit(1)
        .correlate(queues)
    )
    return (
        select(head.scalar_subquery())
        .select_from(queues)
        .join(DestinationRow, DestinationRow.key == queues.c.destination)
        .where(DestinationRow.next_at <= NOW, _has_capacity(queues))
    )


@cache
def _next_times_query() -> Select[datetime, datetime]:
    queues, delivery = _queues_query(), aliased(DeliveryRow)
    due = (
        select(func.min(delivery.due_at))
        .where(_in_queue(delivery, queues), delivery.due_at > NOW)
        .correlate(queues)
    )
    first_due = select(func.min(due.scalar_subquery(), type_=UtcDateTime())).select_from(queues)
    held = (
        select(func.min(DestinationRow.next_at))
        .select_from(queues)
        .join(DestinationRow, DestinationRow.key == queues.c.destination)
        .where(DestinationRow.next_at > NOW)
    )
    return select(first_due.scalar_subquery(), held.scalar_subquery())


def _queues_query() -> Subquery:
    """A queue for each destination that something waits for, with and without redraws, of each priority."""
    delivery, later = aliased(DeliveryRow), aliased(DeliveryRow)
    destinations = (
        select(func.min(delivery.destination).label("destination"))
        .where(_is_queued(delivery))
        .cte(recursive=True)
    )
    # A jump in the index from each destination to the next.
    next_destination = (
        select(func.min(later.destination))
        .where(_is_queued(later), later.destination > destinations.c.destination)
        .correlate(destinations)
        .scalar_subquery()
    )
    destinations = destinations.union_all(
        select(next_destination).where(destinations.c.destination.is_not(None))
    )
    kinds = union_all(
        *(
            select(literal(redraw).label("redraw"), literal_column(f"{priority}").label("priority"))
            for redraw in (False, True)
            for priority in (SOMEONE_WAITS, NEW_CASE, BACKGROUND)
        )
    ).subquery()
    return (
        select(destinations.c.destination, kinds.c.redraw, kinds.c.priority)
        .join_from(destinations, kinds, true())
        .subquery()
    )


def _is_queued(delivery: Any) -> ColumnElement[bool]:
    """Written as the index is, for it is used only then."""
    return delivery.state != literal_column("'parked'")  # type: ignore[no-any-return]


def _in_queue(delivery: Any, queues: Subquery) -> ColumnElement[bool]:
    key = (delivery.destination, delivery.redraw, delivery.priority)
    return and_(_is_queued(delivery), *(column == value for column, value in zip(key, queues.c, strict=True)))


def _has_capacity(queues: Subquery) -> ColumnElement[bool]:
    posts = and_(~queues.c.redraw, queues.c.destination.not_in(bindparam("unpostable", expanding=True)))
    redraws = and_(queues.c.redraw, queues.c.priority <= bindparam("max_redraw_priority"))
    return and_(queues.c.destination.not_in(bindparam("blocked", expanding=True)), or_(posts, redraws))
