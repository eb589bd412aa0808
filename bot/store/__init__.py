"""The store: the record of every case."""

from bot.store.engine.database import (
    Database,
    DatabaseBusy,
    DatabaseUnreachable,
    DiskFull,
    LostRace,
    Tx,
    normalize_url,
)
from bot.store.engine.keys import Keys

__all__ = [
    "Database",
    "DatabaseBusy",
    "DatabaseUnreachable",
    "DiskFull",
    "Keys",
    "LostRace",
    "Tx",
    "normalize_url",
]
