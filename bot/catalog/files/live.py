"""The catalog in force, reloaded when its files change."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from watchfiles import awatch

from bot.catalog.base import Text
from bot.catalog.files.loader import load
from bot.catalog.files.problems import CatalogError
from bot.catalog.models import Catalog

# Some file systems (network shares) report no changes, so the files are also read again at this interval.
_RELOAD_MS = 60_000
_DEBOUNCE_MS = 400


MAX_CHANGES = 20
"""Changes of the catalog that are remembered."""


def version_of(catalog: Catalog) -> str:
    """A name of 12 hex digits for the catalog's content: the same on each machine that has the same."""
    return hashlib.sha256(catalog.model_dump_json().encode()).hexdigest()[:12]


def _do_nothing(_: object) -> None:
    """The default callback."""


@dataclass(frozen=True, slots=True)
class CatalogChange:
    """When a version of the catalog was taken up, or refused because of so many problems in its files."""

    at: datetime
    version: str
    """Empty for one that was refused."""
    problems: int = 0


class LiveCatalog:
    """Holds the catalog in force. An invalid catalog is reported once to `on_error`, and the old one stays in force.

    The constructor loads it for the first time, and raises CatalogError: a program without a catalog does not start.
    """

    def __init__(
        self,
        folder: Path,
        on_change: Callable[[Catalog], None] = _do_nothing,
        on_error: Callable[[CatalogError], None] = _do_nothing,
    ) -> None:
        self._folder = folder
        self._on_change = on_change
        self._on_error = on_error
        self._error: CatalogError | None = None
        self._failed_at = 0.0
        self._loaded = self._current = load(folder)
        self.changes: deque[CatalogChange] = deque(maxlen=MAX_CHANGES)
        """What was taken up and refused since the start, the newest last."""
        self._note_change()

    @property
    def current(self) -> Catalog:
        return self._current

    def name_removed_statuses(self, names: Mapping[str, str]) -> None:
        """Let the catalog in force know the names, by key, of statuses that cases have and it no longer has."""
        removed = {key: Text(sv=name, en=name) for key, name in names.items()}
        self._current = self._loaded.model_copy(update={"removed_statuses": removed})

    @property
    def error(self) -> CatalogError | None:
        """What is wrong with the current files, while an older catalog is in force; None where nothing is."""
        return self._error

    @property
    def seconds_in_error(self) -> float:
        """For how long the files have been wrong in one way or another; 0 where they are right."""
        return time.monotonic() - self._failed_at if self._error is not None else 0.0

    def reload(self) -> bool:
        """Read the files again. Returns whether the catalog in force has changed."""
        return self._replace(self._load())

    async def watch(self, stop: asyncio.Event | None = None) -> None:
        """Reload at every change, until `stop` is set or the task is cancelled."""
        changes = awatch(
            self._folder,
            stop_event=stop,
            debounce=_DEBOUNCE_MS,
            rust_timeout=_RELOAD_MS,
            yield_on_timeout=True,
        )
        next_change = asyncio.ensure_future(anext(changes, None))
        try:
            # Starts the watching before the files are read, so that a change during the reading is seen too.
            await asyncio.sleep(0)
            self._replace(await asyncio.to_thread(self._load))
            while await next_change is not None:
                next_change = asyncio.ensure_future(anext(changes, None))
                self._replace(await asyncio.to_thread(self._load))
        finally:
            next_change.cancel()

    def _load(self) -> Catalog | CatalogError:
        try:
            return load(self._folder)
        except CatalogError as error:
            return error

    def _replace(self, loaded: Catalog | CatalogError) -> bool:
        if isinstance(loaded, CatalogError):
            if self._error is None:
                self._failed_at = time.monotonic()
            if self._error is None or self._error.problems != loaded.problems:
                self._error = loaded
                self._note_change()
                self._on_error(loaded)
            return False
        was_wrong, self._error = self._error is not None, None
        if loaded == self._loaded:
            if was_wrong:
                self._note_change()
            return False
        self._loaded = self._current = loaded
        self._note_change()
        self._on_change(loaded)
        return True

    def _note_change(self) -> None:
        now = datetime.now(UTC)
        if self._error is not None:
            self.changes.append(CatalogChange(now, "", len(self._error.problems)))
        else:
            self.changes.append(CatalogChange(now, version_of(self._current)))
