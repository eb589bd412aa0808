"""A cache of officers' languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.catalog.models import Catalog
from bot.store.engine.database import Database
from bot.store.officers import preferences
from bot.text import Words, words

CACHE_LIFETIME = timedelta(seconds=10)
"""How long a cached language is used before it is read again."""


class OfficerLanguages:
    """Caches officers' languages, which every request needs. A change in this process applies at once, one in another
    process within CACHE_LIFETIME."""

    def __init__(
        self, database: Database, catalog: Callable[[], Catalog], clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._clock = clock
        self._cache: dict[str, tuple[Words, datetime]] = {}

    async def words_of(self, officer: str) -> Words:
        """The `Words` for the officer with that key: in the language they chose, or else the catalog's."""
        now = self._clock()
        cached, expires_at = self._cache.get(officer, (None, now))
        if cached is not None and expires_at > now:
            return cached
        language = await self._database.read(
            lambda tx: preferences.find_language(tx, self._catalog(), officer)
        )
        found = words(language).isolating()
        self._cache[officer] = (found, now + CACHE_LIFETIME)
        return found

    def forget(self, officer: str) -> None:
        """Read the officer's language anew, after they have saved their preferences."""
        self._cache.pop(officer, None)
