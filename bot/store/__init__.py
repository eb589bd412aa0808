"""The store: the record of every case."""

from bot.store.engine.database import (
    Database,
    DatabaseBusy,
    DatabaseUnreachable,
    LostRace,
    NoRoom,
    Tx,
    normalize_url,
)
from bot.store.engine.keys import Keys

__all__ = [
    "Database",
    "DatabaseBusy",
    "DatabaseUnreachable",
    "Keys",
    "LostRace",
    "NoRoom",
    "Tx",
    "normalize_url",
]
