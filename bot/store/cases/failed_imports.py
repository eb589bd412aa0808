"""Documents that could not be opened as cases, and why. One row a place."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from bot.store.engine.database import Tx
from bot.store.engine.keys import canonical
from bot.store.tables import FailedImportRow
from bot.text import Words


@dataclass(frozen=True, slots=True)
class FailedImport:
    """A document that is no case: its place as it was given, and the sentence that says why."""

    place: str
    key: str
    facts: Mapping[str, str | int]
    at: datetime

    def said(self, words: Words) -> str:
        """The reason, in words."""
        return words(self.key, **self.facts)


def fail(tx: Tx, failed: FailedImport) -> None:
    """Note the failure in place of an earlier one of the same place."""
    drop(tx, [failed.place])
    reason = canonical({"key": failed.key, "facts": failed.facts})
    tx.conn.execute(insert(FailedImportRow).values(place=failed.place, reason=reason, at=failed.at))


def drop(tx: Tx, places: Collection[str]) -> None:
    """Take the places off the list."""
    tx.conn.execute(delete(FailedImportRow).where(FailedImportRow.place.in_(list(places))))


def failed(tx: Tx) -> list[FailedImport]:
    """The list, by place."""
    rows = tx.conn.execute(select(FailedImportRow.__table__).order_by(FailedImportRow.place))
    return [_of(row.place, row.reason, row.at) for row in rows]


def _of(place: str, reason: str, at: datetime) -> FailedImport:
    kept = json.loads(reason)
    return FailedImport(place=place, key=kept["key"], facts=kept["facts"], at=at)
