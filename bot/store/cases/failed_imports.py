"""Documents that could not be imported, and why: one row for each place (path or document id)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from bot.store.engine.database import Tx
from bot.store.engine.keys import canonical_json
from bot.store.tables import FailedImportRow
from bot.text import Words


@dataclass(frozen=True, slots=True)
class FailedImport:
    """A document that became no case, or a case without all of its files: its place, and the sentence that says why."""

    place: str
    key: str
    facts: Mapping[str, str | int]
    at: datetime

    def in_words(self, words: Words) -> str:
        """The reason in words; for a sentence of an earlier version that is gone, the advice to import again."""
        return words(self.key, **self.facts) if words.has(self.key) else words("import.reason.earlier")


def save(tx: Tx, failure: FailedImport) -> None:
    """Save the failure, in place of an earlier one of the same place."""
    remove(tx, [failure.place])
    reason = canonical_json({"key": failure.key, "facts": failure.facts})
    tx.conn.execute(insert(FailedImportRow).values(place=failure.place, reason=reason, at=failure.at))


def remove(tx: Tx, places: Collection[str]) -> int:
    """Remove the places from the list. Returns how many were on it."""
    return tx.conn.execute(delete(FailedImportRow).where(FailedImportRow.place.in_(list(places)))).rowcount


def list_all(tx: Tx) -> list[FailedImport]:
    """The list, sorted by place."""
    rows = tx.conn.execute(select(FailedImportRow.__table__).order_by(FailedImportRow.place))
    return [_from_row(row.place, row.reason, row.at) for row in rows]


def _from_row(place: str, reason: str, at: datetime) -> FailedImport:
    stored = json.loads(reason)
    return FailedImport(place=place, key=stored["key"], facts=stored["facts"], at=at)
