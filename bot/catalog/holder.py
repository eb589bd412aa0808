"""The catalog in force, renewed when its files change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from watchfiles import awatch

from bot.catalog.loader import load
from bot.catalog.models import Catalog
from bot.catalog.problems import CatalogError

# Some file systems (network shares) report no changes, so the files are read again this often anyway.
_READ_AGAIN_MS = 60_000
_DEBOUNCE_MS = 400


def _ignore(_: object) -> None:
    """Nobody wants to be told."""


class Live:
    """Holds the catalog in force. A wrong catalog is refused and told about once, and the old one kept.

    The first load is in the constructor, and its CatalogError is the caller's: a program without a catalog
    does not start.
    """

    def __init__(
        self,
        folder: Path,
        on_change: Callable[[Catalog], None] = _ignore,
        on_refused: Callable[[CatalogError], None] = _ignore,
    ) -> None:
        self._folder = folder
        self._on_change = on_change
        self._on_refused = on_refused
        self._refused: CatalogError | None = None
        self._current = load(folder)

    @property
    def current(self) -> Catalog:
        return self._current

    @property
    def refused(self) -> CatalogError | None:
        """What is wrong with the files as they are now, while an older catalog is in force."""
        return self._refused

    def check_now(self) -> bool:
        """Reads the files again; whether the catalog in force has changed."""
        return self._take(self._read())

    async def watch(self, stop: asyncio.Event | None = None) -> None:
        """Takes up changes until `stop` is set or the task is cancelled."""
        changes = awatch(
            self._folder,
            stop_event=stop,
            debounce=_DEBOUNCE_MS,
            rust_timeout=_READ_AGAIN_MS,
            yield_on_timeout=True,
        )
        coming = asyncio.ensure_future(anext(changes, None))
        try:
            await asyncio.sleep(
                0
            )  # the watching begins here: what changes while the files are read is seen too
            self._take(await asyncio.to_thread(self._read))
            while await coming is not None:
                coming = asyncio.ensure_future(anext(changes, None))
                self._take(await asyncio.to_thread(self._read))
        finally:
            coming.cancel()

    def _read(self) -> Catalog | CatalogError:
        try:
            return load(self._folder)
        except CatalogError as wrong:
            return wrong

    def _take(self, read: Catalog | CatalogError) -> bool:
        if isinstance(read, CatalogError):
            if self._refused is None or self._refused.problems != read.problems:
                self._refused = read
                self._on_refused(read)
            return False
        self._refused = None
        if read == self._current:
            return False
        self._current = read
        self._on_change(read)
        return True
