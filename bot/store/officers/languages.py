"""The languages that officers are spoken to in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.catalog.models import Catalog
from bot.domain.preferences import Preferences
from bot.store.engine.database import Database
from bot.store.officers import preferences
from bot.text import Words, words

CACHE_LIFETIME = timedelta(seconds=10)
"""How long an officer's language is believed before it is asked for again."""


class OfficerLanguages:
    """Every press asks for its officer's language, so the answer is kept a while: what another process is told of is
    known here within that time, and what this one is told of at once."""

    def __init__(
        self, database: Database, catalog: Callable[[], Catalog], clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._clock = clock
        self._cache: dict[str, tuple[Words, datetime]] = {}

    async def words_of(self, officer: str) -> Words:
        """The words to speak to an officer with, by key: in the language they chose, or else have in the catalog."""
        now = self._clock()
        cached, expires_at = self._cache.get(officer, (None, now))
        if cached is not None and expires_at > now:
            return cached
        language = await self._database.read(
            lambda tx: preferences.find_language(tx, self._catalog(), officer)
        )
        self._cache[officer] = (words(language), now + CACHE_LIFETIME)
        return words(language)

    async def save_preferences(self, officer: str, chosen: Preferences) -> None:
        """Keep what the officer has chosen for themselves."""
        await self._database.write(lambda tx: preferences.save(tx, officer, chosen))
        self._cache.pop(officer, None)
