"""The queues of the outbox: what stands first in each, and when something falls due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from bot.domain.notices import BACKGROUND
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
    heads = tx.conn.execute(_due_heads_query(), _parameters(now, capacity)).scalars()
    return [head for head in heads if head is not None]


def has_due_head(tx: Tx, now: datetime, capacity: Capacity) -> bool:
    """Whether any queue that there is room for has something due; it looks no further than to the first."""
    return tx.conn.execute(_any_head_query(), _parameters(now, capacity)).first() is not None


def _parameters(now: datetime, capacity: Capacity) -> dict[str, Any]:
    return {
        "now": now,
        "blocked": sorted(capacity.blocked_destinations),
        "unpostable": sorted(capacity.unpostable_destinations),
        "max_redraw_priority": capacity.max_redraw_priority,
        "in_flight": sorted(capacity.in_flight),
    }


# Built once, for they are asked after every commit.


@cache
def _due_heads_query() -> Select[int]:
    queues = _queues_query()
    return select(_first_due_in(queues)).select_from(queues)


@cache
def _any_head_query() -> Select[int]:
    queues = _queues_query()
    return select(literal_column("1")).select_from(queues).where(_first_due_in(queues).is_not(None)).limit(1)


def _first_due_in(queues: Subquery) -> ScalarSelect[int]:
    """One probe of an index for each queue, however much stands in it.

    First come, first served: what was put back keeps its place, and is passed only while it waits for its next try.
    """
    delivery, older = aliased(DeliveryRow), aliased(DeliveryRow)
    is_first_in_lane = ~exists().where(
        older.case_id == delivery.case_id, older.lane == delivery.lane, older.id < delivery.id
    )
    return (
        select(delivery.id)
        .where(
            delivery.destination == queues.c.destination,
            delivery.redraw == queues.c.redraw,
            delivery.priority <= queues.c.max_priority,
            _is_queued(delivery),
            delivery.created_at <= NOW,  # the index tells it, and nothing is due before it was put in
            delivery.due_at <= NOW,
            delivery.id.not_in(bindparam("in_flight", expanding=True)),
            is_first_in_lane,
        )
        .order_by(delivery.priority, delivery.created_at, delivery.id)
        .limit(1)
        .correlate(queues)
        .scalar_subquery()
    )


@cache
def _next_times_query() -> Select[datetime, datetime]:
    first_due = select(func.min(DeliveryRow.due_at)).where(_is_queued(DeliveryRow), DeliveryRow.due_at > NOW)
    is_awaited = exists().where(DeliveryRow.destination == DestinationRow.key, _is_queued(DeliveryRow))
    held = select(func.min(DestinationRow.next_at)).where(DestinationRow.next_at > NOW, is_awaited)
    return select(first_due.scalar_subquery(), held.scalar_subquery())


def _queues_query() -> Subquery:
    """Two queues for each destination that something waits for and may go to: of posts, and of redraws.

    Each with the least urgent priority (`max_priority`) that there is room for.
    """
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
        select(literal(False).label("redraw"), literal_column(f"{BACKGROUND}").label("max_priority")),
        select(literal(True), cast(bindparam("max_redraw_priority"), Integer)),
    ).subquery()
    is_open = and_(
        DestinationRow.next_at <= NOW,
        DestinationRow.key.not_in(bindparam("blocked", expanding=True)),
        or_(kinds.c.redraw, DestinationRow.key.not_in(bindparam("unpostable", expanding=True))),
    )
    return (
        select(destinations.c.destination, kinds.c.redraw, kinds.c.max_priority)
        .join_from(destinations, DestinationRow, DestinationRow.key == destinations.c.destination)
        .join(kinds, is_open)
        .subquery()
    )


def _is_queued(delivery: Any) -> ColumnElement[bool]:
    """Written as the index is, for it is used only then."""
    return delivery.state != literal_column("'parked'")  # type: ignore[no-any-return]
