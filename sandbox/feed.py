"""Notification of changes, for pages that listen."""

from __future__ import annotations

import asyncio
import contextlib


class Feed:
    """Tells listeners that something has changed, by a version number; they read the state themselves."""

    def __init__(self) -> None:
        self.version = 0
        self.closed = False
        self._news = asyncio.Event()

    def changed(self) -> None:
        self.version += 1
        news, self._news = self._news, asyncio.Event()
        news.set()

    def close(self) -> None:
        """End all waiting."""
        self.closed = True
        self._news.set()

    async def after(self, version: int, seconds: float) -> int:
        """Wait for a later version than the given one, at most so many seconds. Returns the current version."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.closed and self.version <= version:
                    await self._news.wait()
        return self.version
