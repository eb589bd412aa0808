"""The outbox: deliveries are enqueued in the transaction of the change that causes them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    union_all,
    update,
)

from bot.domain.case import Case
from bot.domain.lists.case_query import MAX_COUNTED
from bot.domain.notices import (
    BACKGROUND,
    BULK,
    COALESCE_WINDOW,
    MAIL_WINDOW,
    SOMEONE_WAITS,
    STATUS_MAILS,
    ApplicantNotice,
    CardPost,
    CardUpdate,
    MessageWithdrawal,
    Notice,
    OfficerNotice,
    PostsRemoval,
    ReplyMark,
    StatusChangeDue,
    ThreadLine,
)
from bot.store.engine import idempotency
from bot.store.engine.database import Tx
from bot.store.engine.locking import lock_cases
from bot.store.tables import CardRow, DeliveryRow, DestinationRow

OPEN_STATES = ("waiting", "claimed", "sending", "parked")

COALESCED_KINDS = ("card", "line", "notice", "status_mail", "file_mail")
"""Kinds of which at most one waits in a lane: later ones are merged into it."""

APPLICANT_MAIL_KINDS = ("mail", "status_mail", "file_mail")
"""Kinds that are mailed to applicants about their cases."""

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
_FIND_DESTINATION = select(DestinationRow.key).where(DestinationRow.key == bindparam("wanted"))
_FIND_WAITING = select(DeliveryRow.id).where(
    DeliveryRow.case_id == "", DeliveryRow.lane == bindparam("wanted"), DeliveryRow.state == "waiting"
)
_INSERT = insert(DeliveryRow)


def card_lane(case_id: str) -> str:
    """The lane of the case's card."""
    return f"card/{case_id}"


def enqueue(
    tx: Tx,
    case: Case,
    notices: Collection[tuple[int, Notice]],
    now: datetime,
    *,
    most_urgent: int = SOMEONE_WAITS,
) -> None:
    """`enqueue_all` for one case."""
    enqueue_all(tx, [(case, notices)], now, most_urgent=most_urgent)


def enqueue_all(
    tx: Tx,
    noticed_cases: Iterable[tuple[Case, Collection[tuple[int, Notice]]]],
    now: datetime,
    *,
    most_urgent: int = SOMEONE_WAITS,
) -> None:
    """Enqueue the deliveries of the cases' notices, each given with the seq of its event.

    None gets a more urgent priority than `most_urgent`, but for what merges into a delivery that has one.
    The cases are locked first, so that within a lane lower ids are committed before higher ones.
    """
    noticed = [(case, notices) for case, notices in noticed_cases if notices]
    lock_cases(tx, (case.id for case, _ in noticed))
    batches = []
    for case, notices in noticed:
        batch = _Batch(tx, case.id, most_urgent)
        _add_notices(batch, case, notices, now)
        batches.append(batch)
    outbox = _find_coalesced(tx, [batch.case_id for batch in batches if batch.has_coalesced])
    _insert(tx, [row for batch in batches for row in batch.merge(outbox)])


def enqueue_of_new(
    tx: Tx, new_cases: Iterable[tuple[Case, Collection[tuple[int, Notice]]]], now: datetime
) -> None:
    """`enqueue` for cases inserted in this transaction: nothing of theirs is in the outbox yet."""
    rows = []
    for case, notices in new_cases:
        batch = _Batch(tx, case.id, SOMEONE_WAITS)
        _add_notices(batch, case, notices, now)
        rows += batch.rows()
    _insert(tx, rows)


def _add_notices(batch: _Batch, case: Case, notices: Iterable[tuple[int, Notice]], now: datetime) -> None:
    for seq, notice in notices:
        match notice:
            case CardPost(priority=priority) | CardUpdate(priority=priority):
                route = _Route(f"slack/{case.service}", card_lane(case.id), "card")
                batch.coalesce(_row(route, case.id, priority, now))
            case ThreadLine(in_channel=announced):
                route = _Route(f"slack/{case.service}", f"thread/{case.id}", "line")
                row = _row(route, case.id, BACKGROUND, now + COALESCE_WINDOW)
                batch.coalesce(row | {"ids": {"seqs": [seq], "announced": announced}})
            case ReplyMark(note_id=note):
                route = _Route(f"slack/{case.service}", f"mark/{note}", "mark")
                batch.add(_row(route, case.id, BACKGROUND, now) | {"ids": {"note": note}})
            case PostsRemoval():
                route = _Route(f"slack/{case.service}", f"removal/{case.id}", "removal")
                batch.add(_row(route, case.id, BULK, now))
            case OfficerNotice(officer=officer, reason=reason, absent=absent):
                route = _Route(f"dm/{officer}", f"notice/{officer}/{case.id}", "notice")
                row = _row(route, case.id, BACKGROUND, now + COALESCE_WINDOW)
                ids = {"officer": officer, "reasons": [reason]}
                batch.coalesce(row | {"ids": ids | ({"absent": [absent]} if absent else {})})
            case ApplicantNotice():
                batch.add_mail(case, notice, seq, now)
            case StatusChangeDue(message_id=message, due_at=due_at):
                route = _Route("status", f"status/{case.id}", "status")
                batch.add(_row(route, case.id, SOMEONE_WAITS, due_at) | {"ids": {"message": message}})
            case MessageWithdrawal(message_id=message):
                batch.delete_waiting_of_message(message)


def enqueue_code_mail(tx: Tx, sign_in: str, now: datetime, language: str = "") -> None:
    """Enqueue the mail with a one-time code. The `language` is that of an application, for which the code is."""
    row = _row(_Route("mail", f"code/{sign_in}", "code"), "", SOMEONE_WAITS, now)
    _insert(tx, [row | {"ids": {"sign_in": sign_in, "language": language}}])


def enqueue_scan(tx: Tx, file_id: str, now: datetime) -> None:
    """Enqueue the scan of a file, which may belong to no case yet."""
    enqueue_scans(tx, [file_id], SOMEONE_WAITS, now)


def enqueue_scans(tx: Tx, file_ids: Iterable[str], priority: int, now: datetime) -> None:
    """Enqueue the scans of files."""
    routes = {file_id: _Route("scanner", f"scan/{file_id}", "scan") for file_id in file_ids}
    rows = [_row(route, "", priority, now) | {"ids": {"file": file_id}} for file_id, route in routes.items()]
    _insert(tx, rows)


def has_scans(tx: Tx) -> bool:
    """Whether scans are waiting or under way; parked ones do not count."""
    open_scans = select(DeliveryRow.id).where(
        DeliveryRow.destination == "scanner", DeliveryRow.state.in_(("waiting", "claimed", "sending"))
    )
    return tx.conn.execute(open_scans.limit(1)).first() is not None


def enqueue_officer_mail(tx: Tx, case_id: str, ids: dict[str, Any], now: datetime) -> None:
    """Enqueue the mail to an officer who cannot be reached in Slack.

    `ids` hold the `officer`, the `reasons`, and the `absent` officers for whom they stand in, if any.
    """
    row = _row(_Route("mail", f"officer/{ids['officer']}/{case_id}", "officer"), case_id, BACKGROUND, now)
    _insert(tx, [row | {"ids": ids}])


def enqueue_batch_message(tx: Tx, officer: str, ids: dict[str, Any], now: datetime) -> None:
    """Enqueue a private message about a batch, unless one waits in its lane, which shows the state at its delivery.

    `ids` hold the `batch`, and the `role` in which the officer is told of it.
    """
    lane = f"batch/{ids['batch']}/{officer}/{ids['role']}"
    if tx.conn.execute(_FIND_WAITING, {"wanted": lane}).first() is None:
        row = _row(_Route(f"dm/{officer}", lane, "batch"), "", BACKGROUND, now)
        _insert(tx, [row | {"ids": {"officer": officer, **ids}}])


def enqueue_trouble_notice(tx: Tx, officers: Iterable[str], about: dict[str, str], now: datetime) -> None:
    """Enqueue a private notice to each officer that an e-service's cards cannot be posted, once a day for each trouble.

    `about` names the `service` and the `trouble`.
    """
    for officer in officers:
        lane = f"trouble/{officer}/{about['service']}/{about['trouble']}"
        idempotency_key = f"{lane}/{now:%Y-%m-%d}"
        if idempotency.find(tx, idempotency_key) is None:
            idempotency.save(tx, idempotency_key, {"told": True}, now)
            row = _row(_Route(f"dm/{officer}", lane, "trouble"), "", BACKGROUND, now)
            _insert(tx, [row | {"ids": {"officer": officer, **about}}])


def enqueue_retention_notice(tx: Tx, officers: Iterable[str], about: dict[str, Any], now: datetime) -> None:
    """Enqueue a private notice to each officer of cases that are to be disposed of.

    `about` holds the `service`, how many (`count`), and the first `day`, as ISO.
    """
    for officer in officers:
        route = _Route(f"dm/{officer}", f"retention/{officer}/{about['service']}", "retention")
        _insert(tx, [_row(route, "", BACKGROUND, now) | {"ids": {"officer": officer, **about}}])


def enqueue_lost_access_notice(tx: Tx, officers: Iterable[str], about: dict[str, Any], now: datetime) -> None:
    """Enqueue a private notice to each officer of cases whose assignees lack access, once a day for an e-service.

    `about` holds the `service`, how many (`count`), and the `numbers` of the first.
    """
    for officer in officers:
        lane = f"lost_access/{officer}/{about['service']}"
        idempotency_key = f"{lane}/{now:%Y-%m-%d}"
        if idempotency.find(tx, idempotency_key) is None:
            idempotency.save(tx, idempotency_key, {"told": True}, now)
            row = _row(_Route(f"dm/{officer}", lane, "lost_access"), "", BACKGROUND, now)
            _insert(tx, [row | {"ids": {"officer": officer, **about}}])


def enqueue_absence_notice(tx: Tx, officer: str, about: dict[str, str], now: datetime) -> None:
    """Enqueue a private notice to the officer of a colleague's absence, or of their own that another has set.

    `about` holds who is `absent`, the `first` and the `last` day, as ISO, and the `role` in which the officer is told.
    """
    route = _Route(f"dm/{officer}", f"absence/{officer}/{about['absent']}", "absence")
    _insert(tx, [_row(route, "", BACKGROUND, now) | {"ids": {"officer": officer, **about}}])


def enqueue_unassigned_notice(tx: Tx, officers: Iterable[str], about: dict[str, Any], now: datetime) -> None:
    """Enqueue a private notice to each officer of cases that nobody has taken.

    `about` holds the `service`, how many (`count`), and for how many working days (`days`).
    """
    for officer in officers:
        route = _Route(f"dm/{officer}", f"unassigned/{officer}/{about['service']}", "unassigned")
        _insert(tx, [_row(route, "", BACKGROUND, now) | {"ids": {"officer": officer, **about}}])


def enqueue_morning_line(tx: Tx, service: str, counts: dict[str, int], now: datetime) -> None:
    """Enqueue the morning's line in the e-service's channel."""
    route = _Route(f"slack/{service}", f"morning/{service}", "morning")
    _insert(tx, [_row(route, "", BACKGROUND, now) | {"ids": counts}])


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


def _status_mail_lane(applicant: str) -> str:
    return f"status_mail/{applicant}"


def _status_mail_row(case: Case, notice: ApplicantNotice, seq: int, now: datetime) -> dict[str, Any]:
    return _gathered_mail_row(
        _Route("mail", _status_mail_lane(notice.applicant), "status_mail"), case, notice, seq, now
    )


def _file_mail_row(case: Case, notice: ApplicantNotice, seq: int, now: datetime) -> dict[str, Any]:
    return _gathered_mail_row(
        _Route("mail", f"file_mail/{notice.applicant}", "file_mail"), case, notice, seq, now
    )


def _gathered_mail_row(
    route: _Route, case: Case, notice: ApplicantNotice, seq: int, now: datetime
) -> dict[str, Any]:
    """Without a `seq` of its own: gathered mails have several."""
    ids = {"applicant": notice.applicant, "letter": notice.mail_kind, "message": "", "seqs": [seq]}
    return _row(route, case.id, BACKGROUND, now + MAIL_WINDOW) | {"ids": ids}


def _postpone_status_mail(tx: Tx, case_id: str, applicant: str, until: datetime) -> None:
    """Let a waiting mail about the status wait for a message that may still be undone."""
    tx.conn.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.case_id == case_id,
            DeliveryRow.lane == _status_mail_lane(applicant),
            DeliveryRow.state == "waiting",
            DeliveryRow.due_at < until,
        )
        .values(due_at=until)
    )


@dataclass(frozen=True, slots=True)
class _Route:
    """A delivery's destination, its kind, and the lane within which deliveries are ordered."""

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


@dataclass(frozen=True)
class _Outbox:
    """What there is already of some cases: deliveries to be merged into, by lane, kind and state; and cards."""

    coalesced: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    cases_with_card: frozenset[str] = frozenset()

    def find(self, lane: str, kind: str, state: str) -> Any:
        """The delivery with which others of its lane and kind are merged; None where there is none in that state."""
        return self.coalesced.get((lane, kind, state))


def _find_coalesced(tx: Tx, case_ids: Sequence[str]) -> _Outbox:
    """What the outbox holds of the cases, by one statement for one case and two for many."""
    if not case_ids:
        return _Outbox()
    rows: Sequence[Any]
    cards: Sequence[str]
    if len(case_ids) == 1:
        rows = tx.conn.execute(_FIND_COALESCED, {"wanted": case_ids[0]}).all()
        cards = case_ids if rows[0].has_card else ()
    else:
        rows = tx.conn.execute(_FIND_COALESCED_OF_ALL, {"wanted": case_ids}).all()
        cards = tx.conn.execute(_FIND_CARDS, {"wanted": case_ids}).scalars().all()
    return _Outbox({(row.lane, row.kind, row.state): row for row in rows}, frozenset(cards))


class _Batch:
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
            self.coalesce(_status_mail_row(case, notice, seq, now))
            return
        if notice.mail_kind == "file_stopped":
            self.coalesce(_file_mail_row(case, notice, seq, now))
            return
        self.add(_mail_row(case, notice, seq, now))
        if notice.due_at is not None:
            _postpone_status_mail(self._tx, case.id, notice.applicant, notice.due_at)

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

    def merge(self, outbox: _Outbox) -> list[dict[str, Any]]:
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
        combined = _merge_rows({**waiting._mapping, "ids": json.loads(waiting.ids)}, row)
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
    """The ids of two deliveries merged: lists are concatenated, and booleans combined by `or`."""
    combined = {**old, **new}
    for key, value in new.items():
        if isinstance(value, list):
            combined[key] = [*old.get(key, []), *value]
        elif isinstance(value, bool):
            combined[key] = value or old.get(key, False)
    return combined


def _insert(tx: Tx, rows: Collection[dict[str, Any]]) -> None:
    for row in rows:
        _ensure_destination(tx, row["destination"], row["due_at"])
    if rows:
        tx.conn.execute(_INSERT, [_stored(row) for row in rows])


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    started = {"redraw": False, "state": "waiting", "attempts": 0, "created_at": row["due_at"]}
    return started | row | {"ids": json.dumps(row["ids"])}


def _ensure_destination(tx: Tx, key: str, at: datetime) -> None:
    name = f"destination/{key}"
    if name in tx.known_rows or name in tx.added_rows:
        return
    if tx.conn.execute(_FIND_DESTINATION, {"wanted": key}).scalar() is None:
        _add_destination(tx, key, at)
    tx.added_rows.add(name)


def _add_destination(tx: Tx, key: str, at: datetime) -> None:
    tx.insert_new(DestinationRow, {"key": key, "next_at": at - COALESCE_WINDOW * 10})


def _delete_waiting_of_message(tx: Tx, case_id: str, message: str) -> None:
    rows = tx.conn.execute(
        select(DeliveryRow.id, DeliveryRow.ids).where(
            DeliveryRow.case_id == case_id,
            DeliveryRow.kind.in_(("mail", "status")),
            DeliveryRow.state == "waiting",
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
    """Retry parked deliveries: of one case, destination or trouble, or all; due at `now`. Returns how many.

    They are retried as uncertain, so that a post is looked for before it is posted again.
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


def doubt_unsent(tx: Tx) -> int:
    """Treat what an older copy of the database has not sent as perhaps sent. Returns how many mails were parked.

    Posts are looked for before they are made. A mail cannot be looked for, so it is parked until someone sends it
    again. Sign-in codes are deleted: late ones are worthless.
    """
    unsent = DeliveryRow.state.in_(("waiting", "claimed", "sending"))
    tx.conn.execute(delete(DeliveryRow).where(unsent, DeliveryRow.kind == "code"))
    mails = DeliveryRow.kind.in_((*APPLICANT_MAIL_KINDS, "officer"))
    parked = tx.conn.execute(
        update(DeliveryRow).where(unsent, mails).values(state="parked", trouble="restored")
    )
    tx.conn.execute(update(DeliveryRow).where(unsent, ~mails).values(state="sending"))
    return parked.rowcount


def unpark_applicant_mail(tx: Tx, case_id: str, applicant: str, now: datetime) -> None:
    """Retry the applicant's parked mail, which is sent to the address that they have then."""
    is_parked = *_is_applicant_mail(case_id, applicant), DeliveryRow.state == "parked"
    tx.conn.execute(update(DeliveryRow).where(*is_parked).values(state="sending", due_at=now, trouble=None))


def delete_applicant_mail(tx: Tx, case_id: str, applicant: str) -> None:
    """Delete the applicant's mail that waits or is parked; what is being sent finds no recipient."""
    is_unsent = DeliveryRow.state.in_(("waiting", "parked"))
    tx.conn.execute(delete(DeliveryRow).where(*_is_applicant_mail(case_id, applicant), is_unsent))


def _is_applicant_mail(case_id: str, applicant: str) -> tuple[ColumnElement[bool], ...]:
    lanes = f"mail/{applicant}", _status_mail_lane(applicant), f"file_mail/{applicant}"
    return DeliveryRow.case_id == case_id, DeliveryRow.lane.in_(lanes)


def count_delayed(tx: Tx, now: datetime, case_id: str) -> dict[str, int]:
    """The numbers, by kind, of the delayed deliveries of a case: those that failed, or whose destination is held."""
    is_held = and_(DestinationRow.next_at > now, DeliveryRow.due_at <= now)
    query = (
        select(DeliveryRow.kind, func.count())
        .join(DestinationRow, DestinationRow.key == DeliveryRow.destination)
        .where(or_(DeliveryRow.trouble.is_not(None), is_held), DeliveryRow.state != "parked")
        .where(DeliveryRow.case_id == case_id)
        .group_by(DeliveryRow.kind)
    )
    return {row[0]: row[1] for row in tx.conn.execute(query)}


def count_all_delayed(tx: Tx, now: datetime, limit: int = MAX_COUNTED + 1) -> int:
    """The number of delayed deliveries of all cases, counted up to `limit`: by indexes that hold few others."""
    is_unparked = DeliveryRow.state != literal_column("'parked'")  # in the words of the partial indexes
    failed = select(DeliveryRow.id).where(DeliveryRow.trouble.is_not(None), is_unparked)
    held = list(tx.conn.execute(select(DestinationRow.key).where(DestinationRow.next_at > now)).scalars())
    waiting = select(DeliveryRow.id).where(
        DeliveryRow.destination.in_(held),
        DeliveryRow.due_at <= now,
        DeliveryRow.trouble.is_(None),
        is_unparked,
    )
    parts = [failed, waiting] if held else [failed]
    found = union_all(*(select(part.limit(limit).subquery()) for part in parts)).limit(limit).subquery()
    return tx.conn.execute(select(func.count()).select_from(found)).scalar_one()


def count_by_kind_and_state(tx: Tx) -> dict[tuple[str, str], int]:
    """The numbers of deliveries by (kind, state)."""
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
    """The state and trouble of the case's undelivered card; None where there is none."""
    row = tx.conn.execute(
        select(DeliveryRow.state, DeliveryRow.trouble)
        .where(
            DeliveryRow.case_id == case_id,
            DeliveryRow.lane == card_lane(case_id),
            DeliveryRow.state.in_(OPEN_STATES),
        )
        .order_by(DeliveryRow.id)
    ).first()
    return (row.state, row.trouble or "") if row else None
