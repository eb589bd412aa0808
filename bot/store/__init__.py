"""The store: the record of every case."""

from bot.store.database import Busy, Database, Tx
from bot.store.keys import Keys

__all__ = ["Busy", "Database", "Keys", "Tx"]
