"""The outbox: what must be told, put in with the change that brought it, and what is known of its way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from bot.domain.case import Case
from bot.domain.notices import (
    BACKGROUND,
    COALESCE_WINDOW,
    SOMEONE_WAITS,
    ApplicantNotice,
    CardPost,
    CardUpdate,
    MessageWithdrawal,
    Notice,
    OfficerNotice,
    ThreadLine,
)
from bot.store.engine import idempotency
from bot.store.engine.database import Tx
from bot.store.engine.locking import lock_case
from bot.store.tables import CardRow, DeliveryRow, DestinationRow

OPEN_STATES = ("waiting", "claimed", "sending", "parked")

COALESCED_KINDS = ("card", "line", "notice")
"""Kinds of which at most one waits in a lane: what comes later is added to it."""

# Built once: most of a short transaction's time would otherwise go to building statements.
_FIND_WAITING = select(DeliveryRow.id, DeliveryRow.ids, DeliveryRow.priority, DeliveryRow.due_at).where(
    DeliveryRow.lane == bindparam("lane"),
    DeliveryRow.kind == bindparam("kind"),
    DeliveryRow.state == "waiting",
)
_MERGE = (
    update(DeliveryRow)
    .where(DeliveryRow.id == bindparam("wanted"), DeliveryRow.state == "waiting")
    .values(ids=bindparam("ids"), priority=bindparam("priority"), due_at=bindparam("due_at"))
)
# It changes nothing, but locks the row: whoever sends it again waits until this change is there to be drawn.
_LOCK_PARKED_CARD = (
    update(DeliveryRow)
    .where(DeliveryRow.lane == bindparam("wanted"), DeliveryRow.kind == "card", DeliveryRow.state == "parked")
    .values(priority=DeliveryRow.priority)
)
_FIND_DESTINATION = select(DestinationRow.key).where(DestinationRow.key == bindparam("wanted"))
_FIND_CARD = select(CardRow.case_id).where(CardRow.case_id == bindparam("wanted"))
_INSERT = insert(DeliveryRow)


def card_lane(case_id: str) -> str:
    """The lane of what the case's card shows."""
    return f"card/{case_id}"


def enqueue(tx: Tx, case: Case, notices: Iterable[tuple[int, Notice]], now: datetime) -> None:
    """Add what must be told of the case; each notice comes with the seq of its event.

    The case is locked first, whoever tells of it, so that what has the lower id in a lane is there before the next.
    """
    for seq, notice in notices:
        lock_case(tx, case.id)
        match notice:
            case CardPost(priority=priority) | CardUpdate(priority=priority):
                route = _Route(f"slack/{case.service}", card_lane(case.id), "card")
                _coalesce(tx, _row(route, case.id, priority, now))
            case ThreadLine(in_channel=announced):
                route = _Route(f"slack/{case.service}", f"thread/{case.id}", "line")
                row = _row(route, case.id, BACKGROUND, now + COALESCE_WINDOW)
                _coalesce(tx, row | {"ids": {"seqs": [seq], "announced": announced}})
            case OfficerNotice(officer=officer, reason=reason):
                route = _Route(f"dm/{officer}", f"notice/{officer}/{case.id}", "notice")
                row = _row(route, case.id, BACKGROUND, now + COALESCE_WINDOW)
                _coalesce(tx, row | {"ids": {"officer": officer, "reasons": [reason]}})
            case ApplicantNotice():
                _insert(tx, _mail_row(case, notice, seq, now))
            case MessageWithdrawal(message_id=message):
                _delete_waiting_mail(tx, case.id, message)


def enqueue_code_mail(tx: Tx, sign_in: str, now: datetime) -> None:
    """Add the mail with a one-time code."""
    row = _row(_Route("mail", f"code/{sign_in}", "code"), "", SOMEONE_WAITS, now)
    _insert(tx, row | {"ids": {"sign_in": sign_in}})


def enqueue_officer_mail(tx: Tx, officer: str, case_id: str, reasons: Iterable[str], now: datetime) -> None:
    """Add the mail to an officer who cannot be told in Slack."""
    row = _row(_Route("mail", f"officer/{officer}/{case_id}", "officer"), case_id, BACKGROUND, now)
    _insert(tx, row | {"ids": {"officer": officer, "reasons": list(reasons)}})


def enqueue_trouble_notice(tx: Tx, officers: Iterable[str], about: dict[str, str], now: datetime) -> None:
    """Add the private word to each that cards of an e-service cannot be posted: once a day for each trouble.

    `about` names the `service` and the `trouble`.
    """
    for officer in officers:
        lane = f"trouble/{officer}/{about['service']}/{about['trouble']}"
        idempotency_key = f"{lane}/{now:%Y-%m-%d}"
        if idempotency.find(tx, idempotency_key) is None:
            idempotency.save(tx, idempotency_key, {"told": True}, now)
            row = _row(_Route(f"dm/{officer}", lane, "trouble"), "", BACKGROUND, now)
            _insert(tx, row | {"ids": {"officer": officer, **about}})


def _mail_row(case: Case, notice: ApplicantNotice, seq: int, now: datetime) -> dict[str, Any]:
    route = _Route("mail", f"mail/{notice.applicant}", "mail")
    row = _row(route, case.id, BACKGROUND, notice.due_at or now)
    ids = {
        "applicant": notice.applicant,
        "letter": notice.mail_kind,
        "message": notice.message_id,
        "seq": seq,
    }
    return row | {"ids": ids}


@dataclass(frozen=True, slots=True)
class _Route:
    """Where something is to go, the lane in which it keeps its order, and what it is."""

    destination: str
    lane: str
    kind: str


def _row(route: _Route, case_id: str, priority: int, due_at: datetime) -> dict[str, Any]:
    return {
        "destination": route.destination,
        "lane": route.lane,
        "kind": route.kind,
        "case_id": case_id,
        "priority": priority,
        "due_at": due_at,
        "ids": {},
    }


def _coalesce(tx: Tx, row: dict[str, Any]) -> None:
    """Add to what waits in the lane, or insert. The case is locked, so nobody else inserts meanwhile."""
    waiting = tx.conn.execute(_FIND_WAITING, {"lane": row["lane"], "kind": row["kind"]}).one_or_none()
    if waiting is not None:
        combined = {
            "wanted": waiting.id,
            "ids": json.dumps(merge_ids(json.loads(waiting.ids), row["ids"])),
            "priority": min(waiting.priority, row["priority"]),
            "due_at": min(waiting.due_at, row["due_at"]),
        }
        if tx.conn.execute(_MERGE, combined).rowcount == 1:
            return
    elif row["kind"] == "card" and tx.conn.execute(_LOCK_PARKED_CARD, {"wanted": row["lane"]}).rowcount:
        return  # it is drawn as the case is when it is sent again
    _insert(tx, row)


def merge_ids(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The ids of two deliveries as one's: lists joined, in their order, and a yes from either a yes."""
    combined = {**old, **new}
    for key, value in new.items():
        if isinstance(value, list):
            combined[key] = [*old.get(key, []), *value]
        elif isinstance(value, bool):
            combined[key] = value or old.get(key, False)
    return combined


def _insert(tx: Tx, row: dict[str, Any]) -> None:
    _ensure_destination(tx, row["destination"], row["due_at"])
    redraw = (
        row["kind"] == "card" and tx.conn.execute(_FIND_CARD, {"wanted": row["case_id"]}).scalar() is not None
    )
    values = {**row, "ids": json.dumps(row["ids"]), "state": "waiting", "attempts": 0, "redraw": redraw}
    tx.conn.execute(_INSERT, values | {"created_at": row["due_at"]})


def _ensure_destination(tx: Tx, key: str, at: datetime) -> None:
    name = f"destination/{key}"
    if name in tx.known_rows or name in tx.added_rows:
        return
    if tx.conn.execute(_FIND_DESTINATION, {"wanted": key}).scalar() is None:
        _add_destination(tx, key, at)
    tx.added_rows.add(name)


def _add_destination(tx: Tx, key: str, at: datetime) -> None:
    tx.insert_new(DestinationRow, {"key": key, "next_at": at - COALESCE_WINDOW * 10})


def _delete_waiting_mail(tx: Tx, case_id: str, message: str) -> None:
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


def unpark(
    tx: Tx,
    now: datetime,
    *,
    case_id: str | None = None,
    destination: str | None = None,
    trouble: str | None = None,
) -> int:
    """Send again what is parked: of one case, to one destination, of one trouble, or all; not before `now`.
    Returns how many.

    They come back as ones that may have been sent, so that a post is looked for before it is posted again.
    """
    query = update(DeliveryRow).where(DeliveryRow.state == "parked")
    for column, value in (
        (DeliveryRow.case_id, case_id),
        (DeliveryRow.destination, destination),
        (DeliveryRow.trouble, trouble),
    ):
        query = query.where(column == value) if value is not None else query
    parked = tx.conn.execute(query.values(state="sending", due_at=now, trouble=None))
    return parked.rowcount


def count_delayed(tx: Tx, now: datetime, *, case_id: str | None = None) -> dict[str, int]:
    """How many deliveries of each kind wait longer than they should: tried in vain, or their destination is held.

    Of one case, which is found by an index, or of all.
    """
    is_held = and_(DestinationRow.next_at > now, DeliveryRow.due_at <= now)
    query = (
        select(DeliveryRow.kind, func.count())
        .join(DestinationRow, DestinationRow.key == DeliveryRow.destination)
        .where(or_(DeliveryRow.trouble.is_not(None), is_held), DeliveryRow.state != "parked")
        .group_by(DeliveryRow.kind)
    )
    rows = tx.conn.execute(query if case_id is None else query.where(DeliveryRow.case_id == case_id))
    return {row[0]: row[1] for row in rows}


def count_by_kind_and_state(tx: Tx) -> dict[tuple[str, str], int]:
    """How many deliveries there are of each (kind, state)."""
    rows = tx.conn.execute(
        select(DeliveryRow.kind, DeliveryRow.state, func.count()).group_by(
            DeliveryRow.kind, DeliveryRow.state
        )
    )
    return {(kind, state): count for kind, state, count in rows}


def list_parked(tx: Tx) -> list[tuple[int, str, str, str, str]]:
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


def find_open_card(tx: Tx, case_id: str) -> tuple[str, str] | None:
    """The state and trouble of the case's card, where one is to be posted or redrawn; None for none."""
    row = tx.conn.execute(
        select(DeliveryRow.state, DeliveryRow.trouble)
        .where(DeliveryRow.lane == card_lane(case_id), DeliveryRow.state.in_(OPEN_STATES))
        .order_by(DeliveryRow.id)
    ).first()
    return (row.state, row.trouble or "") if row else None
