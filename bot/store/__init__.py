"""The store: the record of every case."""

from bot.store.engine.database import Busy, Database, LostRace, NoRoom, Tx, Unreachable, normal_url
from bot.store.engine.keys import Keys

__all__ = ["Busy", "Database", "Keys", "LostRace", "NoRoom", "Tx", "Unreachable", "normal_url"]
