"""Whether the program is ready, which anyone may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FRESH = timedelta(seconds=1)
"""How long an answer holds. Each costs a connection to the database, and without Socket Mode a call of Slack's."""


@dataclass
class Readiness:
    """What `check` has found: by part, whether it is ready. It is asked once, however many ask within `FRESH`."""

    check: Callable[[], Awaitable[Mapping[str, bool]]]
    clock: Callable[[], datetime]
    _found: Mapping[str, bool] = field(default_factory=dict, init=False)
    _found_at: datetime | None = field(default=None, init=False)
    _checking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def look(self) -> Mapping[str, bool]:
        """By part, whether it is or was just now ready."""
        async with self._checking:
            if self._found_at is None or abs(self.clock() - self._found_at) >= FRESH:
                self._found = await self.check()
                self._found_at = self.clock()
            return self._found
