"""Officers without quiet hours, for programs that run by the real clock: tests run in evenings and at weekends too."""

from __future__ import annotations

from dataclasses import replace

from bot.catalog import Catalog
from bot.store import Database, Tx
from bot.store.officers import preferences


async def end_quiet_hours(database: Database, catalog: Catalog) -> None:
    """Let every officer's private notices come at once, and not be held until the next working morning."""

    def save(tx: Tx) -> None:
        for officer in catalog.municipality.officers:
            preferences.save(tx, officer.key, replace(preferences.load(tx, officer.key), is_quiet=False))

    await database.write(save)
