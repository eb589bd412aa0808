"""The bell that rings at each change."""

from __future__ import annotations

import asyncio
import contextlib


class Feed:
    """Tells listeners that something changed; what, they read themselves."""

    def __init__(self) -> None:
        self.version = 0
        self.closed = False
        self._news = asyncio.Event()

    def changed(self) -> None:
        self.version += 1
        news, self._news = self._news, asyncio.Event()
        news.set()

    def close(self) -> None:
        """Nobody is to wait for more: those who listen go home."""
        self.closed = True
        self._news.set()

    async def after(self, version: int, seconds: float) -> int:
        """The version once it is past the given one, or as it is when time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.closed and self.version <= version:
                    await self._news.wait()
        return self.version
