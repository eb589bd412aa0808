"""The store: the record of every case."""

from bot.store.database import Busy, Database, Tx, Unreachable, normal_url
from bot.store.keys import Keys

__all__ = ["Busy", "Database", "Keys", "Tx", "Unreachable", "normal_url"]
