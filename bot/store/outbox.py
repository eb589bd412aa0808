"""The outbox: notices on their way, claimed one lane at a time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from bot.domain.case import Case
from bot.domain.notices import (
    BACKGROUND,
    GATHER,
    SOMEONE_WAITS,
    ApplicantTold,
    CardChanged,
    CardPosted,
    MessageWithdrawn,
    Notice,
    OfficerTold,
    ThreadLine,
)
from bot.store.database import Tx
from bot.store.tables import DeliveryRow, DestinationRow

LEASE = timedelta(seconds=60)
"""How long a claimed delivery is its worker's alone; after a crash another may take it then."""

OPEN_STATES = ("waiting", "claimed", "sending", "parked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One claimed delivery. `uncertain` means that an earlier try may have reached its goal."""

    id: int
    destination: str
    lane: str
    kind: str
    case_id: str
    ids: dict[str, Any]
    attempts: int
    uncertain: bool
    created_at: datetime


def enqueue(tx: Tx, case: Case, notices: Iterable[tuple[int, Notice]], now: datetime) -> None:
    """Add what must be told of the case; each notice comes with the seq of its event."""
    for seq, notice in notices:
        match notice:
            case CardPosted(priority=priority) | CardChanged(priority=priority):
                _gather(tx, _row(f"slack/{case.service}", f"card/{case.id}", "card", case.id, priority, now))
            case ThreadLine(announced=announced):
                row = _row(
                    f"slack/{case.service}", f"thread/{case.id}", "line", case.id, BACKGROUND, now + GATHER
                )
                _gather(tx, row | {"ids": {"seqs": [seq], "announced": announced}})
            case OfficerTold(officer=officer, reason=reason):
                lane = f"notice/{officer}/{case.id}"
                row = _row(f"dm/{officer}", lane, "notice", case.id, BACKGROUND, now + GATHER)
                _gather(tx, row | {"ids": {"officer": officer, "reasons": [reason]}})
            case ApplicantTold():
                _insert(tx, _mail(case, notice, seq, now))
            case MessageWithdrawn(message=message):
                _withdraw(tx, case.id, message)


def enqueue_code(tx: Tx, sign_in: str, now: datetime) -> None:
    """Add the mail with a one-time code."""
    row = _row("mail", f"code/{sign_in}", "code", "", SOMEONE_WAITS, now)
    _insert(tx, row | {"ids": {"sign_in": sign_in}})


def _mail(case: Case, told: ApplicantTold, seq: int, now: datetime) -> dict[str, Any]:
    row = _row("mail", f"mail/{told.applicant}", "mail", case.id, BACKGROUND, told.due_at or now)
    ids = {"applicant": told.applicant, "letter": told.letter, "message": told.message, "seq": seq}
    return row | {"ids": ids}


def _row(
    destination: str, lane: str, kind: str, case_id: str, priority: int, due_at: datetime
) -> dict[str, Any]:
    return {
        "destination": destination,
        "lane": lane,
        "kind": kind,
        "case_id": case_id,
        "priority": priority,
        "due_at": due_at,
        "ids": {},
    }


def _gather(tx: Tx, row: dict[str, Any]) -> None:
    """Add to what waits in the lane, or insert. The case's row is locked, so nobody else inserts meanwhile."""
    waiting = tx.conn.execute(
        select(DeliveryRow.id, DeliveryRow.ids, DeliveryRow.priority, DeliveryRow.due_at).where(
            DeliveryRow.lane == row["lane"], DeliveryRow.kind == row["kind"], DeliveryRow.state == "waiting"
        )
    ).one_or_none()
    if waiting is not None:
        done = tx.conn.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == waiting.id, DeliveryRow.state == "waiting")
            .values(
                ids=json.dumps(_merged(json.loads(waiting.ids), row["ids"])),
                priority=min(waiting.priority, row["priority"]),
                due_at=min(waiting.due_at, row["due_at"]),
            )
        )
        if done.rowcount == 1:
            return
    _insert(tx, row)


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = {**old, **new}
    for key, value in new.items():
        if isinstance(value, list):
            merged[key] = [*old.get(key, []), *value]
        elif isinstance(value, bool):
            merged[key] = value or old.get(key, False)
    return merged


def _insert(tx: Tx, row: dict[str, Any]) -> None:
    known = select(DestinationRow.key).where(DestinationRow.key == row["destination"])
    if tx.conn.execute(known).scalar() is None:
        _add_destination(tx, row["destination"], row["due_at"])
    tx.conn.execute(
        insert(DeliveryRow).values(
            **row | {"ids": json.dumps(row["ids"])}, state="waiting", attempts=0, created_at=row["due_at"]
        )
    )


def _add_destination(tx: Tx, key: str, at: datetime) -> None:
    insert_one = postgresql.insert if tx.locks_rows else sqlite.insert
    tx.conn.execute(
        insert_one(DestinationRow).values(key=key, next_at=at - GATHER * 10).on_conflict_do_nothing()
    )


def _withdraw(tx: Tx, case_id: str, message: str) -> None:
    rows = tx.conn.execute(
        select(DeliveryRow.id, DeliveryRow.ids).where(
            DeliveryRow.case_id == case_id, DeliveryRow.kind == "mail", DeliveryRow.state == "waiting"
        )
    ).all()
    for row in rows:
        if json.loads(row.ids)["message"] == message:
            tx.conn.execute(
                delete(DeliveryRow).where(DeliveryRow.id == row.id, DeliveryRow.state == "waiting")
            )


def claim(tx: Tx, now: datetime, *, without: Collection[str] = ()) -> Delivery | None:
    """The most urgent due delivery of a destination that may be tried now, leased to the caller; or None.

    `without` are the destinations that have one on its way already. What is older in the same lane goes first.
    """
    destination = tx.conn.execute(_due_destination(tx, now, without)).scalar()
    if destination is None:
        return None
    row = tx.conn.execute(_head(destination, now)).first()
    if row is None:
        return None
    tx.conn.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == row.id)
        .values(state="claimed", lease_until=now + LEASE, attempts=row.attempts + 1)
    )
    return Delivery(
        id=row.id,
        destination=row.destination,
        lane=row.lane,
        kind=row.kind,
        case_id=row.case_id,
        ids=json.loads(row.ids),
        attempts=row.attempts + 1,
        uncertain=row.state == "sending",
        created_at=row.created_at,
    )


def _due(now: datetime) -> ColumnElement[bool]:
    left_behind = and_(DeliveryRow.state.in_(("claimed", "sending")), DeliveryRow.lease_until < now)
    older = aliased(DeliveryRow)
    first = ~exists().where(
        older.lane == DeliveryRow.lane, older.id < DeliveryRow.id, older.state.in_(OPEN_STATES)
    )
    return and_(or_(DeliveryRow.state == "waiting", left_behind), DeliveryRow.due_at <= now, first)


def _due_destination(tx: Tx, now: datetime, without: Collection[str]) -> Select[tuple[str]]:
    urgent = (
        select(DeliveryRow.destination, func.min(DeliveryRow.priority).label("priority"))
        .where(_due(now), DeliveryRow.destination.not_in(list(without)))
        .group_by(DeliveryRow.destination)
        .subquery()
    )
    query = (
        select(DestinationRow.key)
        .join(urgent, urgent.c.destination == DestinationRow.key)
        .where(DestinationRow.next_at <= now)
        .order_by(urgent.c.priority, DestinationRow.next_at)
        .limit(1)
    )
    return query.with_for_update(of=DestinationRow, skip_locked=True) if tx.locks_rows else query


def _head(destination: str, now: datetime) -> Select[Any]:
    return (
        select(DeliveryRow.__table__)
        .where(DeliveryRow.destination == destination, _due(now))
        .order_by(DeliveryRow.priority, DeliveryRow.due_at, DeliveryRow.id)
        .limit(1)
    )


def sending(tx: Tx, delivery: Delivery, now: datetime) -> bool:
    """Say that the call is about to be made. False when the delivery is no longer this worker's."""
    done = tx.conn.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery.id, DeliveryRow.attempts == delivery.attempts)
        .values(state="sending", lease_until=now + LEASE)
    )
    return done.rowcount == 1


def done(tx: Tx, delivery: Delivery) -> None:
    """The delivery reached its goal, or has none any more."""
    tx.conn.execute(
        delete(DeliveryRow).where(DeliveryRow.id == delivery.id, DeliveryRow.attempts == delivery.attempts)
    )


def retry(tx: Tx, delivery: Delivery, due_at: datetime, *, uncertain: bool, trouble: str) -> None:
    """Try again at `due_at`. A gathered kind that has a newer one waiting behind it gives way to that."""
    behind = select(DeliveryRow.id).where(
        DeliveryRow.lane == delivery.lane,
        DeliveryRow.kind == delivery.kind,
        DeliveryRow.state == "waiting",
        DeliveryRow.id != delivery.id,
    )
    if delivery.kind == "card" and not uncertain and tx.conn.execute(behind).first() is not None:
        done(tx, delivery)
        return
    tx.conn.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery.id, DeliveryRow.attempts == delivery.attempts)
        .values(
            state="sending" if uncertain else "claimed",
            lease_until=due_at,
            due_at=due_at,
            trouble=trouble,
        )
    )


def hold(tx: Tx, destination: str, until: datetime) -> None:
    """Nothing goes to the destination before `until`."""
    tx.conn.execute(update(DestinationRow).where(DestinationRow.key == destination).values(next_at=until))


def park(tx: Tx, delivery: Delivery, trouble: str) -> None:
    """It cannot succeed as things are: it waits, with the reason, until someone sends it again."""
    tx.conn.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery.id, DeliveryRow.attempts == delivery.attempts)
        .values(state="parked", lease_until=None, trouble=trouble)
    )


def unpark(tx: Tx, now: datetime, case_id: str | None = None) -> int:
    """Send again what is parked, of one case or of all. Returns how many."""
    query = update(DeliveryRow).where(DeliveryRow.state == "parked")
    if case_id is not None:
        query = query.where(DeliveryRow.case_id == case_id)
    parked = tx.conn.execute(
        query.values(state="claimed", lease_until=now, due_at=now, trouble=None, attempts=0)
    )
    return parked.rowcount


def next_due(tx: Tx) -> datetime | None:
    """When the next waiting delivery falls due."""
    return tx.conn.execute(
        select(func.min(DeliveryRow.due_at)).where(DeliveryRow.state.in_(("waiting", "claimed", "sending")))
    ).scalar()


def delayed(tx: Tx, now: datetime) -> dict[str, int]:
    """How many deliveries of each kind have failed at least once and still wait."""
    rows = tx.conn.execute(
        select(DeliveryRow.kind, func.count())
        .where(DeliveryRow.trouble.is_not(None), DeliveryRow.state != "parked")
        .group_by(DeliveryRow.kind)
    )
    return {row[0]: row[1] for row in rows}


def counts(tx: Tx) -> dict[tuple[str, str], int]:
    """How many deliveries there are of each (kind, state)."""
    rows = tx.conn.execute(
        select(DeliveryRow.kind, DeliveryRow.state, func.count()).group_by(
            DeliveryRow.kind, DeliveryRow.state
        )
    )
    return {(kind, state): count for kind, state, count in rows}


def parked(tx: Tx) -> list[tuple[int, str, str, str, str]]:
    """Parked deliveries: id, kind, destination, case id, trouble."""
    rows = tx.conn.execute(
        select(
            DeliveryRow.id,
            DeliveryRow.kind,
            DeliveryRow.destination,
            DeliveryRow.case_id,
            DeliveryRow.trouble,
        ).where(DeliveryRow.state == "parked")
    )
    return [(r.id, r.kind, r.destination, r.case_id, r.trouble or "") for r in rows]
