"""Where officers are ticking cases in App Home, for it to be shown again when App Home is opened."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.store.engine.database import Tx
from bot.store.tables import TickingRow


@dataclass(frozen=True, slots=True)
class TickingPlace:
    """A page, from 1, of the open list with that id; `revision` as in `TickingState`."""

    list_id: str
    page: int = 1
    revision: int = 0


def find(tx: Tx, officer: str) -> TickingPlace | None:
    """Where the officer is ticking cases; None where they are not."""
    row = tx.conn.execute(select(TickingRow.__table__).where(TickingRow.officer == officer)).first()
    return TickingPlace(row.list_id, row.page, row.revision) if row is not None else None


def save(tx: Tx, officer: str, place: TickingPlace) -> None:
    end(tx, officer)
    row = {"list_id": place.list_id, "page": place.page, "revision": place.revision}
    tx.insert_new(TickingRow, {"officer": officer, **row})


def end(tx: Tx, officer: str) -> None:
    """The officer ticks no more."""
    tx.conn.execute(delete(TickingRow).where(TickingRow.officer == officer))
