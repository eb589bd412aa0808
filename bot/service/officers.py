"""Officers with their access, and those for whom they stand in."""

from __future__ import annotations

from datetime import date

from bot.catalog.models import Catalog
from bot.domain.actors import Officer, find_officer
from bot.store import Tx
from bot.store.officers import absences


def load_officer(tx: Tx, catalog: Catalog, key: str, day: date) -> Officer | None:
    """The officer with their access that day, and those for whom they stand in; None where the catalog has none."""
    return find_officer(catalog, key, day, absences.load_absences(tx, day).represented_by(key))
