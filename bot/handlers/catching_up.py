"""Reading threads back after a gap, for what was written meanwhile was never told of."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.clients.errors import Permanent, Temporary
from bot.handlers.kit import Kit
from bot.handlers.people import Home
from bot.handlers.replies import Replies
from bot.handlers.reply import Reply, reply_of, told_key
from bot.store import Busy, Tx, cards, receipts

log = structlog.get_logger()

LATELY = timedelta(days=7)
"""How far back threads are read. Receipts are kept far longer, so nothing becomes a note twice."""

MOST = 300
"""Threads read after one gap."""

PAUSE_SECONDS = 1.5
"""Between two threads: Slack allows some fifty a minute, and deliveries need some of them."""

AGAIN_SECONDS = 30.0
EVERY_SECONDS = 3_600.0
"""Also without a gap that was seen: a proxy can be down while the program is up."""

TRIES = 3


class CatchingUp:
    """Reads threads that were touched lately: at the start, after a gap, and now and then."""

    def __init__(self, kit: Kit, replies: Replies) -> None:
        self._kit = kit
        self._replies = replies
        self._gap = asyncio.Event()

    def after_gap(self) -> None:
        """Slack reaches the program again."""
        self._gap.set()

    def after_found(self, place: tuple[str, str]) -> None:
        """A card was in Slack before it was known where: what was written under it was nobody's."""
        self._kit.tasks.start(self._one(place))

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._gap.clear()
            pause = EVERY_SECONDS if await self.once() else AGAIN_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gap.wait(), pause)

    async def once(self) -> bool:
        """Read them all back, one after another. False where it could not be begun."""
        kit = self._kit
        since = kit.service.clock() - LATELY
        try:
            threads = await kit.service.database.read(lambda tx: cards.threads_touched(tx, since, MOST))
            if not threads:
                return True
            home = await self._home()
        except (Busy, Temporary, Permanent) as failed:
            log.warning("threads_not_read", error=type(failed).__name__)
            return False
        for place in threads:
            await self._thread(place, home)
            await kit.sleep(PAUSE_SECONDS)
        return True

    async def _one(self, place: tuple[str, str]) -> None:
        try:
            home = await self._home()
        except (Temporary, Permanent) as failed:
            log.warning("threads_not_read", error=type(failed).__name__)
        else:
            await self._thread(place, home)

    async def _home(self) -> Home:
        us = await self._kit.slack.who_am_i()
        return Home(us.team, us.enterprise, us.user)

    async def _thread(self, place: tuple[str, str], home: Home) -> None:
        """What was written in it and is not known, in its order; then what is known and no longer there."""
        database, since = self._kit.service.database, self._kit.service.clock() - LATELY
        try:
            # Looked for before Slack is asked: what is noted meanwhile must not be taken for gone.
            noted = await database.read(lambda tx: cards.replies_noted(tx, place, since))
            told = await self._read(place, since)
            found = [reply_of(message, place[0], home.team) for message in told]
            replies = [reply for reply in found if reply is not None]
            known = await database.read(lambda tx: _known(tx, replies))
        except (Busy, Temporary, Permanent) as failed:
            log.info("thread_not_read", error=type(failed).__name__, channel=place[0])
            return
        for reply in replies:
            if reply.key not in known and told_key(reply) not in known:
                await self._replies.hear(reply, home)
        for gone in sorted(noted - {f"{place[0]}:{message['ts']}" for message in told}):
            await self._replies.removed(gone, None, home)

    async def _read(self, place: tuple[str, str], since: datetime) -> list[Mapping[str, Any]]:
        for _ in range(TRIES - 1):
            try:
                return await self._kit.slack.replies(place, since)
            except Temporary as failed:
                await self._kit.sleep(failed.retry_after or AGAIN_SECONDS)
        return await self._kit.slack.replies(place, since)


def _known(tx: Tx, replies: list[Reply]) -> set[str]:
    return receipts.known(tx, [key for one in replies for key in (one.key, told_key(one))])
