"""The statuses that cases have, those that the catalog no longer has among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Text, func, literal, select, union_all

from bot.catalog.models import Catalog
from bot.store.engine.database import Tx
from bot.store.tables import CASE


def stored_statuses(services: Sequence[str]) -> Select[Any]:
    """The statuses that cases have, removed ones too: one probe of the index for each."""

    def next_status(service: Any, last: Any) -> Any:
        query = select(func.min(CASE.status)).where(CASE.service == service, CASE.status > last)
        return query.scalar_subquery().label("status")

    each = union_all(*(select(literal(key, Text).label("service")) for key in services)).subquery()
    found = select(each.c.service, next_status(each.c.service, "")).cte("found", recursive=True)
    later = select(found.c.service, next_status(found.c.service, found.c.status))
    found = found.union_all(later.where(found.c.status.is_not(None)))
    return select(found.c.service, found.c.status).where(found.c.status.is_not(None))


def find_removed_names(tx: Tx, catalog: Catalog) -> dict[str, str]:
    """The names, by key, of statuses that cases have and no e-service of the catalog: as its newest case has it."""
    if not catalog.services:
        return {}
    known = {status.key for service in catalog.services.values() for status in service.statuses}
    names = {}
    for service, status in tx.conn.execute(stored_statuses([*catalog.services])).all():
        if status not in known:
            newest = select(CASE.status_name).where(CASE.service == service, CASE.status == status)
            newest = newest.order_by(CASE.received_at.desc(), CASE.number.desc()).limit(1)
            names[status] = tx.conn.execute(newest).scalar_one()
    return names
