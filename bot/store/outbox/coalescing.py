"""Merging of deliveries: of some kinds at most one waits in a lane, and later ones are merged into it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, literal_column, select, update

from bot.domain.case import Case
from bot.domain.notices import STATUS_MAILS, ApplicantNotice
from bot.store.engine.database import Tx
from bot.store.outbox.applicant_mail import file_mail_row, mail_row, postpone_status_mail, status_mail_row
from bot.store.outbox.delivery_rows import with_origin
from bot.store.tables import CardRow, DeliveryRow

COALESCED_KINDS = ("card", "line", "notice", "status_mail", "file_mail")
"""Kinds of which at most one waits in a lane: later ones are merged into it."""

MAX_ORIGINS = 20
"""Requests that a delivery names as those that have caused it."""

# Built once: building statements would take most of a short transaction's time.
# Each of the given cases has at least one row, since every row also says whether the case has a card in Slack.
_COALESCED_COLUMNS = (
    DeliveryRow.id,
    DeliveryRow.lane,
    DeliveryRow.kind,
    DeliveryRow.state,
    DeliveryRow.ids,
    DeliveryRow.priority,
    DeliveryRow.due_at,
)
_IS_COALESCED = and_(
    DeliveryRow.kind.in_([literal_column(f"'{kind}'") for kind in COALESCED_KINDS]),
    DeliveryRow.state.in_([literal_column("'waiting'"), literal_column("'parked'")]),
)
_FIND_COALESCED = select(
    *_COALESCED_COLUMNS, exists().where(CardRow.case_id == bindparam("wanted")).label("has_card")
).select_from(
    select(literal_column("1").label("one"))
    .subquery()
    .outerjoin(DeliveryRow, and_(DeliveryRow.case_id == bindparam("wanted"), _IS_COALESCED))
)
_FIND_COALESCED_OF_ALL = select(*_COALESCED_COLUMNS).where(
    DeliveryRow.case_id.in_(bindparam("wanted", expanding=True)), _IS_COALESCED
)
_FIND_CARDS = select(CardRow.case_id).where(CardRow.case_id.in_(bindparam("wanted", expanding=True)))
_MERGE = (
    update(DeliveryRow)
    .where(DeliveryRow.id == bindparam("wanted"), DeliveryRow.state == "waiting")
    .values(ids=bindparam("ids"), priority=bindparam("priority"), due_at=bindparam("due_at"))
)
# Changes nothing, but locks the row, so that `unpark` waits until the case's change is committed.
_LOCK_PARKED_CARD = (
    update(DeliveryRow)
    .where(
        DeliveryRow.case_id == bindparam("case"),
        DeliveryRow.lane == bindparam("wanted"),
        DeliveryRow.kind == "card",
        DeliveryRow.state == "parked",
    )
    .values(priority=DeliveryRow.priority)
)


@dataclass(frozen=True)
class WaitingDeliveries:
    """What there is already of some cases: deliveries to be merged into, by lane, kind and state; and cards."""

    coalesced: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    cases_with_card: frozenset[str] = frozenset()

    def find(self, lane: str, kind: str, state: str) -> Any:
        """The delivery with which others of its lane and kind are merged; None where there is none in that state."""
        return self.coalesced.get((lane, kind, state))


def find_waiting(tx: Tx, case_ids: Sequence[str]) -> WaitingDeliveries:
    """What the outbox holds of the cases, by one statement for one case and two for many."""
    if not case_ids:
        return WaitingDeliveries()
    rows: Sequence[Any]
    cards: Sequence[str]
    if len(case_ids) == 1:
        rows = tx.conn.execute(_FIND_COALESCED, {"wanted": case_ids[0]}).all()
        cards = case_ids if rows[0].has_card else ()
    else:
        rows = tx.conn.execute(_FIND_COALESCED_OF_ALL, {"wanted": case_ids}).all()
        cards = tx.conn.execute(_FIND_CARDS, {"wanted": case_ids}).scalars().all()
    return WaitingDeliveries({(row.lane, row.kind, row.state): row for row in rows}, frozenset(cards))


class CaseDeliveries:
    """The deliveries of one case in one transaction: existing ones are read once, new ones written together.

    The case is locked, so no other transaction enqueues meanwhile; but on PostgreSQL a worker may claim one.
    """

    def __init__(self, tx: Tx, case_id: str, most_urgent: int) -> None:
        self._tx, self.case_id, self._most_urgent = tx, case_id, most_urgent
        self._new: list[dict[str, Any]] = []
        self._coalesced: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, row: dict[str, Any]) -> None:
        """Add a delivery of its own."""
        self._new.append(self._at_most_urgent(row))

    def add_mail(self, case: Case, notice: ApplicantNotice, seq: int, now: datetime) -> None:
        """Add a mail to an applicant; those about the status are gathered, and those about stopped files."""
        if notice.mail_kind in STATUS_MAILS:
            self.coalesce(status_mail_row(case, notice, seq, now))
            return
        if notice.mail_kind == "file_stopped":
            self.coalesce(file_mail_row(case, notice, seq, now))
            return
        self.add(mail_row(case, notice, seq, now))
        if notice.due_at is not None:
            postpone_status_mail(self._tx, case.id, notice.applicant, notice.due_at)

    def coalesce(self, row: dict[str, Any]) -> None:
        """Add a delivery to be merged with the one that waits in its lane."""
        row, key = self._at_most_urgent(row), (row["lane"], row["kind"])
        self._coalesced[key] = _merge_rows(self._coalesced[key], row) if key in self._coalesced else row

    def _at_most_urgent(self, row: dict[str, Any]) -> dict[str, Any]:
        return row | {"priority": max(row["priority"], self._most_urgent)}

    def delete_waiting_of_message(self, message: str) -> None:
        """Delete the waiting deliveries about a message."""
        _delete_waiting_of_message(self._tx, self.case_id, message)

    def rows(self) -> list[dict[str, Any]]:
        """What has been added, for a case of which nothing is in the outbox."""
        return [*self._new, *self._coalesced.values()]

    @property
    def has_coalesced(self) -> bool:
        """Whether there is something to be merged with what waits in the outbox."""
        return bool(self._coalesced)

    def merge(self, outbox: WaitingDeliveries) -> list[dict[str, Any]]:
        """Merge coalesced deliveries into waiting ones. Returns the rest, to be inserted."""
        rows = [*self._new]
        for (lane, kind), row in self._coalesced.items():
            waiting = outbox.find(lane, kind, "waiting")
            if waiting is not None and self._merge(waiting, row):
                continue
            if (
                waiting is None
                and kind == "card"
                and outbox.find(lane, kind, "parked")
                and self._lock_if_parked(lane)
            ):
                continue  # the parked card is rendered when it is retried, with this change
            rows.append(row | {"redraw": kind == "card" and self.case_id in outbox.cases_with_card})
        return rows

    def _merge(self, waiting: Any, row: dict[str, Any]) -> bool:
        """Merge into the waiting delivery. False where a worker has just claimed it, which cannot happen on SQLite."""
        with_origins = row | {"ids": with_origin(row["ids"])}
        combined = _merge_rows({**waiting._mapping, "ids": json.loads(waiting.ids)}, with_origins)
        changes = {
            "wanted": waiting.id,
            "ids": json.dumps(combined["ids"]),
            "priority": combined["priority"],
            "due_at": combined["due_at"],
        }
        changes_nothing = all(
            getattr(waiting, name) == changes[name] for name in ("ids", "priority", "due_at")
        )
        if changes_nothing and not self._tx.locks_rows:
            return True
        return self._tx.conn.execute(_MERGE, changes).rowcount == 1

    def _lock_if_parked(self, lane: str) -> bool:
        """Whether the card is still parked; if so, it is locked until this transaction ends."""
        return self._tx.conn.execute(_LOCK_PARKED_CARD, {"case": self.case_id, "wanted": lane}).rowcount > 0


def _merge_rows(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Two deliveries of one lane and kind merged, with the more urgent priority and the earlier due time."""
    return new | {
        "ids": merge_ids(old["ids"], new["ids"]),
        "priority": min(old["priority"], new["priority"]),
        "due_at": min(old["due_at"], new["due_at"]),
    }


def merge_ids(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The ids of two deliveries merged: lists are concatenated, and booleans combined by `or`.

    Of the requests that have caused it the last ones are kept.
    """
    combined = {**old, **new}
    for key, value in new.items():
        if key == "refs":
            combined[key] = list(dict.fromkeys([*old.get(key, []), *value]))[-MAX_ORIGINS:]
        elif isinstance(value, list):
            combined[key] = [*old.get(key, []), *value]
        elif isinstance(value, bool):
            combined[key] = value or old.get(key, False)
    return combined


def _delete_waiting_of_message(tx: Tx, case_id: str, message: str) -> None:
    rows = tx.conn.execute(
        select(DeliveryRow.id, DeliveryRow.ids).where(
            DeliveryRow.case_id == case_id,
            DeliveryRow.kind.in_(("mail", "status", "scheduled")),
            DeliveryRow.state == "waiting",
        )
    ).all()
    for row in rows:
        if json.loads(row.ids)["message"] == message:
            tx.conn.execute(
                delete(DeliveryRow).where(DeliveryRow.id == row.id, DeliveryRow.state == "waiting")
            )
