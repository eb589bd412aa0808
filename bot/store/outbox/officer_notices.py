"""Deliveries to officers that no event of a case causes: private notices, and the morning's line in the channel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.domain.notices import BACKGROUND
from bot.store.engine import idempotency
from bot.store.engine.database import Tx
from bot.store.outbox.delivery_rows import Route, insert_rows, new_row
from bot.store.tables import DeliveryRow, DestinationRow

DIGEST_WINDOW = timedelta(seconds=30)
"""How long a digest waits for the officer's other notices: all are due at the same moment."""

_FIND_WAITING = select(DeliveryRow.id).where(
    DeliveryRow.case_id == "", DeliveryRow.lane == bindparam("wanted"), DeliveryRow.state == "waiting"
)
_FIND_UNTRIED = (
    select(DeliveryRow.id, DeliveryRow.ids)
    .where(
        DeliveryRow.case_id == "",
        DeliveryRow.lane == bindparam("wanted"),
        DeliveryRow.state == "waiting",
        DeliveryRow.attempts == 0,
    )
    .with_for_update()
)


def enqueue_officer_mail(tx: Tx, case_id: str, ids: dict[str, Any], now: datetime) -> None:
    """Enqueue the mail to an officer who cannot be reached in Slack.

    `ids` hold the `officer`, the `reasons`, and the `absent` officers for whom they stand in, if any.
    """
    row = new_row(Route("mail", f"officer/{ids['officer']}/{case_id}", "officer"), case_id, BACKGROUND, now)
    insert_rows(tx, [row | {"ids": ids}])


def add_to_digest(tx: Tx, officer: str, notice: dict[str, Any], now: datetime) -> None:
    """Add a notice about a case to the officer's digest, or enqueue one where none waits that has not been tried.

    `notice` holds the `case_id`, the `reasons`, and the `absent` officers for whom the officer stands in, if any.
    """
    route = Route(f"dm/{officer}", f"digest/{officer}", "digest")
    # Locked, so that on PostgreSQL two workers put their notices into the same digest.
    tx.conn.execute(
        select(DestinationRow.key).where(DestinationRow.key == route.destination).with_for_update()
    )
    waiting = tx.conn.execute(_FIND_UNTRIED, {"wanted": route.lane}).first()
    if waiting is None:
        row = new_row(route, "", BACKGROUND, now + DIGEST_WINDOW)
        insert_rows(tx, [row | {"ids": {"officer": officer, "notices": [notice]}}])
        return
    ids = json.loads(waiting.ids)
    ids["notices"].append(notice)
    tx.conn.execute(update(DeliveryRow).where(DeliveryRow.id == waiting.id).values(ids=json.dumps(ids)))


def enqueue_batch_message(tx: Tx, officer: str, ids: dict[str, Any], now: datetime) -> None:
    """Enqueue a private message about a batch, unless one waits in its lane, which shows the state at its delivery.

    `ids` hold the `batch`, and the `role` in which the officer is told of it.
    """
    lane = f"batch/{ids['batch']}/{officer}/{ids['role']}"
    if tx.conn.execute(_FIND_WAITING, {"wanted": lane}).first() is None:
        _enqueue(tx, Route(f"dm/{officer}", lane, "batch"), {"officer": officer, **ids}, now)


def enqueue_trouble_notice(
    tx: Tx, recipients: Mapping[str, Sequence[str]], about: dict[str, str], now: datetime
) -> None:
    """Enqueue a private notice to each officer that an e-service's cards cannot be posted, once a day for each trouble.

    `recipients` are the officers, each with the absent ones for whom they stand in. `about` names the `service` and the
    `trouble`.
    """
    for officer, absent in recipients.items():
        lane = f"trouble/{officer}/{about['service']}/{about['trouble']}"
        if _save_if_new_today(tx, lane, now):
            route = Route(f"dm/{officer}", lane, "trouble")
            _enqueue(tx, route, {"officer": officer, **about, **_represented(absent)}, now)


def enqueue_retention_notice(tx: Tx, officers: Iterable[str], about: dict[str, Any], now: datetime) -> None:
    """Enqueue a private notice to each officer of cases that are to be disposed of.

    `about` holds the `service`, how many (`count`), the first `day`, as ISO, and what the rule `awaits`.
    """
    for officer in officers:
        route = Route(f"dm/{officer}", f"retention/{officer}/{about['service']}", "retention")
        _enqueue(tx, route, {"officer": officer, **about}, now)


def enqueue_lost_access_notice(
    tx: Tx, recipients: Mapping[str, Sequence[str]], about: dict[str, Any], now: datetime
) -> None:
    """Enqueue a private notice to each officer of cases whose assignees lack access, once a day for an e-service.

    `recipients` are the officers, each with the absent ones for whom they stand in. `about` holds the `service`, how
    many (`count`), and the `numbers` of the first, with the ids of those `cases`.
    """
    for officer, absent in recipients.items():
        lane = f"lost_access/{officer}/{about['service']}"
        if _save_if_new_today(tx, lane, now):
            route = Route(f"dm/{officer}", lane, "lost_access")
            _enqueue(tx, route, {"officer": officer, **about, **_represented(absent)}, now)


def enqueue_catalog_notice(tx: Tx, officers: Iterable[str], about: dict[str, Any], now: datetime) -> None:
    """Enqueue a private notice to each officer that the catalog's files are wrong, once a day for the same problems.

    `about` holds how many (`count`), and of the first its `place` (a file, with its line) and what is wrong there
    (`problem`, by language).
    """
    for officer in officers:
        lane = f"catalog/{officer}"
        if _save_if_new_today(tx, f"{lane}/{about['place']}/{about['count']}", now):
            _enqueue(tx, Route(f"dm/{officer}", lane, "catalog"), {"officer": officer, **about}, now)


def enqueue_absence_notice(tx: Tx, officer: str, about: dict[str, Any], now: datetime) -> None:
    """Enqueue a private notice to the officer of a colleague's absence, or of their own that another has set.

    `about` holds who is `absent`, the `first` and the `last` day, as ISO, the `role` in which the officer is told, and
    whose cases come with those of the absent one (`passed_on`, by key).
    """
    route = Route(f"dm/{officer}", f"absence/{officer}/{about['absent']}", "absence")
    _enqueue(tx, route, {"officer": officer, **about}, now)


def enqueue_unassigned_notice(
    tx: Tx, recipients: Mapping[str, Sequence[str]], about: dict[str, Any], now: datetime
) -> None:
    """Enqueue a private notice to each officer of cases that nobody has taken.

    `recipients` are the officers, each with the absent ones for whom they stand in. `about` holds the `service`, how
    many (`count`), and for how many working days (`days`).
    """
    for officer, absent in recipients.items():
        route = Route(f"dm/{officer}", f"unassigned/{officer}/{about['service']}", "unassigned")
        _enqueue(tx, route, {"officer": officer, **about, **_represented(absent)}, now)


def enqueue_morning_line(tx: Tx, service: str, counts: dict[str, int], now: datetime) -> None:
    """Enqueue the morning's line in the e-service's channel."""
    route = Route(f"slack/{service}", f"morning/{service}", "morning")
    _enqueue(tx, route, counts, now)


def enqueue_day(tx: Tx, officer: str, about: dict[str, Any], now: datetime) -> None:
    """Enqueue the officer's summary of the day: its `counts`, and the `unsent` messages to which it leads."""
    _enqueue(tx, Route(f"dm/{officer}", f"day/{officer}", "day"), {"officer": officer, **about}, now)


def _represented(absent: Sequence[str]) -> dict[str, list[str]]:
    return {"represented": list(absent)} if absent else {}


def _save_if_new_today(tx: Tx, key: str, now: datetime) -> bool:
    """Save that officers are told of what the key names. False where that was saved on the same day already."""
    return idempotency.save_if_new(tx, f"{key}/{now:%Y-%m-%d}", {"told": True}, now)


def _enqueue(tx: Tx, route: Route, ids: dict[str, Any], now: datetime) -> None:
    """Enqueue a delivery that belongs to no case."""
    insert_rows(tx, [new_row(route, "", BACKGROUND, now) | {"ids": ids}])
