"""The worker's half of the outbox: claiming a delivery, and saying what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from bot.domain.notices import BACKGROUND
from bot.store.database import Tx
from bot.store.outbox import GATHERED, OPEN_STATES, merged
from bot.store.tables import CardRow, CaseRow, DeliveryRow, DestinationRow, Moment

LEASE = timedelta(seconds=60)
"""How long a claimed delivery is its worker's alone; after a crash another may take it then."""

TRIES = 3
"""How often a claim that another worker was faster with is tried again at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One claimed delivery. `uncertain` means that an earlier try may have reached its goal."""

    id: int
    destination: str
    lane: str
    kind: str
    case_id: str
    priority: int
    ids: dict[str, Any]
    attempts: int
    uncertain: bool
    created_at: datetime


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

_NOW = bindparam("now", type_=Moment())


def claim(tx: Tx, now: datetime, room: Room = EVERYTHING) -> Delivery | None:
    """The most urgent due delivery that there is room for, leased to the caller; or None.

    What is older in the same lane goes first. On PostgreSQL the destination is locked meanwhile, so two workers
    look at different ones.
    """
    for _ in range(TRIES):
        query, asked = _look(now, room)
        locking = query.with_for_update(of=DestinationRow, skip_locked=True) if tx.locks_rows else query
        row = tx.conn.execute(locking, asked).first()
        if row is None:
            return None
        # Between the look and the lock another worker may have had it, or a newer notice been gathered into it:
        # the update sees the row as it is now.
        mine = tx.conn.execute(_taking(row, now)).first()
        if mine is not None:
            return _claimed(mine)
    return None


def is_due(tx: Tx, now: datetime, room: Room = EVERYTHING) -> bool:
    """Whether there is something to claim; only a look, so that an idle worker writes nothing."""
    query, asked = _look(now, room)
    return tx.conn.execute(query, asked).first() is not None


def next_due(tx: Tx, now: datetime) -> datetime | None:
    """The next moment when something falls due that is not due yet."""
    waiting = select(func.min(DeliveryRow.due_at)).where(
        DeliveryRow.state == "waiting", DeliveryRow.due_at > now
    )
    leased = select(func.min(DeliveryRow.lease_until)).where(
        DeliveryRow.state.in_(("claimed", "sending")), DeliveryRow.lease_until > now
    )
    held = select(func.min(DestinationRow.next_at)).where(DestinationRow.next_at > now)
    moments = [tx.conn.execute(query).scalar() for query in (waiting, leased, held)]
    return min((moment for moment in moments if moment is not None), default=None)


def _look(now: datetime, room: Room) -> tuple[Select[int, str, int], dict[str, Any]]:
    """The question for the most urgent due delivery that there is room for, and its parameters."""
    asked: dict[str, Any] = {"now": now, "without": sorted(room.without), "flying": sorted(room.flying)}
    if room.no_posts:
        asked["no_posts"] = sorted(room.no_posts)
    if room.redraws < BACKGROUND:
        asked["redraws"] = room.redraws
    return _most_urgent("no_posts" in asked, "redraws" in asked), asked


@cache
def _most_urgent(some_take_no_posts: bool, few_redraws: bool) -> Select[int, str, int]:
    """Of the heads of all destinations the most urgent: one probe of an index for each destination.

    Built once for each of its forms, for it is asked after every commit.
    """
    one = aliased(DeliveryRow)
    head = (
        select(one.id)
        .where(
            one.destination == DestinationRow.key,
            one.id.not_in(bindparam("flying", expanding=True)),
            _due(one),
            *_fits(one, some_take_no_posts, few_redraws),
        )
        .order_by(one.priority, one.due_at, one.id)
        .limit(1)
        .correlate(DestinationRow)
        .scalar_subquery()
    )
    return (
        select(DeliveryRow.id, DeliveryRow.state, DeliveryRow.attempts)
        .select_from(DestinationRow)
        .join(DeliveryRow, DeliveryRow.id == head)
        .where(
            DestinationRow.next_at <= _NOW,
            DestinationRow.key.not_in(bindparam("without", expanding=True)),
        )
        .order_by(DeliveryRow.priority, DeliveryRow.due_at, DeliveryRow.id)
        .limit(1)
    )


def _due(one: Any) -> ColumnElement[bool]:
    older = aliased(DeliveryRow)
    first = ~exists().where(older.lane == one.lane, older.id < one.id, older.state.in_(OPEN_STATES))
    waiting = and_(one.state == "waiting", one.due_at <= _NOW)
    left_behind = and_(one.state.in_(("claimed", "sending")), one.lease_until <= _NOW)
    return and_(or_(waiting, left_behind), first)


def _fits(one: Any, some_take_no_posts: bool, few_redraws: bool) -> list[ColumnElement[bool]]:
    redraw = and_(one.kind == "card", exists().where(CardRow.case_id == one.case_id))
    fits: list[ColumnElement[bool]] = []
    if some_take_no_posts:
        fits.append(or_(one.destination.not_in(bindparam("no_posts", expanding=True)), redraw))
    if few_redraws:
        fits.append(or_(~redraw, one.priority <= bindparam("redraws")))
    return fits


def _taking(row: Any, now: datetime) -> Any:
    """A delivery that was `sending` stays so: if this worker dies too, the next must still look before it sends."""
    return (
        update(DeliveryRow)
        .where(DeliveryRow.id == row.id, DeliveryRow.state == row.state, DeliveryRow.attempts == row.attempts)
        .values(
            state="sending" if row.state == "sending" else "claimed",
            lease_until=now + LEASE,
            attempts=row.attempts + 1,
        )
        .returning(DeliveryRow.__table__)
    )


def _claimed(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        destination=row.destination,
        lane=row.lane,
        kind=row.kind,
        case_id=row.case_id,
        priority=row.priority,
        ids=json.loads(row.ids),
        attempts=row.attempts,
        uncertain=row.state == "sending",
        created_at=row.created_at,
    )


def _mine(delivery: Delivery) -> ColumnElement[bool]:
    """True for the row while it is this worker's: `attempts` rises with every claim."""
    return and_(
        DeliveryRow.id == delivery.id,
        DeliveryRow.attempts == delivery.attempts,
        DeliveryRow.state.in_(("claimed", "sending")),
    )


def sending(tx: Tx, delivery: Delivery, now: datetime) -> bool:
    """Say that the call is about to be made. False when the delivery is no longer this worker's."""
    said = tx.conn.execute(
        update(DeliveryRow).where(_mine(delivery)).values(state="sending", lease_until=now + LEASE)
    )
    return said.rowcount == 1


def done(tx: Tx, delivery: Delivery) -> bool:
    """The delivery reached its goal, or has none any more. False when it was no longer this worker's."""
    return tx.conn.execute(delete(DeliveryRow).where(_mine(delivery))).rowcount == 1


def retry(tx: Tx, delivery: Delivery, due_at: datetime, *, uncertain: bool, trouble: str | None) -> None:
    """Try again at `due_at`; `trouble` says what went wrong, None that nothing did.

    A gathered kind is merged with the newer one that waits behind it, unless it may already have been posted.
    """
    said = {} if trouble is None else {"trouble": trouble}
    if uncertain:
        tx.conn.execute(
            update(DeliveryRow)
            .where(_mine(delivery))
            .values(state="sending", lease_until=due_at, due_at=due_at, **said)
        )
        return
    behind = _behind(tx, delivery) if delivery.kind in GATHERED else None
    if behind is None:
        tx.conn.execute(
            update(DeliveryRow)
            .where(_mine(delivery))
            .values(state="waiting", lease_until=None, due_at=due_at, **said)
        )
    elif done(tx, delivery):
        _merge(tx, delivery, behind, {"due_at": due_at, **said})


def _behind(tx: Tx, delivery: Delivery) -> Row[Any] | None:
    """The one that waits behind in the lane. The case is locked first, so that none can come meanwhile."""
    if tx.locks_rows:
        tx.conn.execute(select(CaseRow.id).where(CaseRow.id == delivery.case_id).with_for_update())
    return tx.conn.execute(
        select(DeliveryRow.__table__).where(
            DeliveryRow.lane == delivery.lane,
            DeliveryRow.kind == delivery.kind,
            DeliveryRow.state == "waiting",
            DeliveryRow.id != delivery.id,
        )
    ).first()


def _merge(tx: Tx, older: Delivery, behind: Row[Any], values: dict[str, Any]) -> None:
    tx.conn.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == behind.id)
        .values(
            ids=json.dumps(merged(older.ids, json.loads(behind.ids))),
            priority=min(older.priority, behind.priority),
            created_at=min(older.created_at, behind.created_at),
            attempts=older.attempts,
            **values,
        )
    )


def park(tx: Tx, delivery: Delivery, trouble: str) -> bool:
    """It cannot succeed as things are: it waits, with the reason, until someone sends it again."""
    parked = tx.conn.execute(
        update(DeliveryRow).where(_mine(delivery)).values(state="parked", lease_until=None, trouble=trouble)
    )
    return parked.rowcount == 1


def hold(tx: Tx, destination: str, until: datetime) -> None:
    """Nothing goes to the destination before `until`."""
    tx.conn.execute(
        update(DestinationRow)
        .where(DestinationRow.key == destination, DestinationRow.next_at < until)
        .values(next_at=until)
    )
