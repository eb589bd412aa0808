"""Officers' own choices, and where in Home they were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from bot.catalog.models import Catalog
from bot.domain.preferences import STARTS, TOLD, Preferences, Start
from bot.store.engine.database import Tx
from bot.store.tables import HomeRow, PreferenceRow
from bot.text import LANGUAGES


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in Home an officer is: the tab's name, and the page from 0."""

    tab: str
    page: int = 0


def of(tx: Tx, officer: str) -> Preferences:
    """The officer's choices; those of one who has made none."""
    row = tx.conn.execute(select(PreferenceRow.__table__).where(PreferenceRow.officer == officer)).first()
    if row is None:
        return Preferences()
    muted = frozenset(json.loads(row.muted))
    start: Start = next((one for one in STARTS if one == row.start), "last")
    return Preferences(row.language, frozenset(one for one in TOLD if one in muted), start)


def keep(tx: Tx, officer: str, chosen: Preferences) -> None:
    """Keep the choices in place of the earlier ones."""
    values = {
        "language": chosen.language,
        "muted": json.dumps(sorted(chosen.muted)),
        "start": chosen.start,
    }
    _put(tx, PreferenceRow, officer, values)


def language_of(tx: Tx, catalog: Catalog, officer: str) -> str:
    """The language one speaks with the officer: their own choice, else the catalog's, else the municipality's."""
    chosen = of(tx, officer).language
    if chosen in LANGUAGES:
        return chosen
    found = catalog.officer(officer)
    return catalog.language_of(found) if found is not None else catalog.municipality.language


def spot_of(tx: Tx, officer: str) -> Spot | None:
    """Where in Home the officer was last; None for one who has not been there."""
    row = tx.conn.execute(select(HomeRow.tab, HomeRow.page).where(HomeRow.officer == officer)).first()
    return Spot(row.tab, row.page) if row is not None else None


def keep_spot(tx: Tx, officer: str, spot: Spot) -> None:
    """Remember where in Home the officer is."""
    _put(tx, HomeRow, officer, {"tab": spot.tab, "page": spot.page})


def _put(
    tx: Tx, table: type[PreferenceRow] | type[HomeRow], officer: str, values: Mapping[str, str | int]
) -> None:
    put = (postgresql.insert if tx.locks_rows else sqlite.insert)(table)
    put = put.values(officer=officer, **values)
    tx.conn.execute(put.on_conflict_do_update(index_elements=["officer"], set_=values))
