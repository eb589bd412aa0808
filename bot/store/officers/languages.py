"""The languages that officers are spoken to in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.catalog.models import Catalog
from bot.domain.preferences import Preferences
from bot.store.engine.database import Database
from bot.store.officers import preferences
from bot.text import Words, words

KEPT_FOR = timedelta(seconds=10)
"""How long an officer's language is believed before it is asked for again."""


class Languages:
    """Every press asks for its officer's language, so the answer is kept a while: what another process is told of is
    known here within that time, and what this one is told of at once."""

    def __init__(
        self, database: Database, catalog: Callable[[], Catalog], clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._clock = clock
        self._kept: dict[str, tuple[Words, datetime]] = {}

    async def words_of(self, officer: str) -> Words:
        """The words to speak to an officer with, by key: in the language they chose, or else have in the catalog."""
        now = self._clock()
        kept, until = self._kept.get(officer, (None, now))
        if kept is not None and until > now:
            return kept
        language = await self._database.read(lambda tx: preferences.language_of(tx, self._catalog(), officer))
        self._kept[officer] = (words(language), now + KEPT_FOR)
        return words(language)

    async def choose(self, officer: str, chosen: Preferences) -> None:
        """Keep what the officer has chosen for themselves."""
        await self._database.write(lambda tx: preferences.keep(tx, officer, chosen))
        self._kept.pop(officer, None)
