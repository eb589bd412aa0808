"""The store: the database and the files of all cases."""

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
