"""Reading threads back after a gap, for what was written meanwhile was never told of."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import structlog

from bot.clients.errors import Permanent, Temporary
from bot.handlers.request.dependencies import Kit
from bot.handlers.request.workspace import Home, House
from bot.handlers.threads.replies import Replies
from bot.handlers.threads.reply import Reply, reply_of, told_key
from bot.service import where
from bot.store import Busy, Tx
from bot.store.engine import idempotency
from bot.store.outbox import card_places

T = TypeVar("T")
log = structlog.get_logger()

LATELY = timedelta(days=7)
"""How far back threads are read. Receipts are kept far longer, so nothing becomes a note twice."""

MOST = 300
"""Threads read after one gap."""

PAUSE_SECONDS = 1.5
"""Between two threads: Slack allows some fifty a minute, and deliveries need some of them."""

AGAIN_SECONDS = 30.0
"""Before what could not be read is tried again."""

EVERY_SECONDS = 3_600.0
"""Also without a gap that was seen: a proxy can be down while the program is up."""

Place = tuple[str, str]
"""A thread: its channel, and the ts of its card."""


class CatchingUp:
    """Reads threads that were touched lately: at the start, after a gap, and now and then."""

    def __init__(self, kit: Kit, house: House, replies: Replies) -> None:
        self._kit = kit
        self._replies = replies
        self._house = house
        self._all = True
        self._wanted: dict[Place, None] = {}
        self._woken = asyncio.Event()

    def after_gap(self) -> None:
        """Slack reaches the program again."""
        self._all = True
        self._woken.set()

    def after_found(self, place: Place) -> None:
        """A card was in Slack before it was known where: what was written under it was nobody's."""
        self._wanted[place] = None
        self._woken.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._woken.clear()
            await _guarded(self._read_wanted())
            left = self._all or self._wanted
            if not await self._woken_within(AGAIN_SECONDS if left else EVERY_SECONDS):
                self._all = self._all or not left

    async def once(self) -> None:
        """Read them all back, one after another."""
        self._all = True
        await self._read_wanted()

    async def _read_wanted(self) -> None:
        """What cannot be read now stays wanted; what a bug is met in waits until all are read the next time."""
        try:
            home = await self._house.home()
            await self._look_up()
        except (Busy, Temporary) as failed:
            log.warning("threads_not_read", error=type(failed).__name__)
            return
        for place in list(self._wanted):
            pause = await _guarded(self._thread(place, home))
            if pause is None:
                self._wanted.pop(place, None)
            await self._kit.sleep(pause or PAUSE_SECONDS)

    async def _look_up(self) -> None:
        if self._all:
            since = self._kit.service.clock() - LATELY
            touched = await self._kit.service.database.read(
                lambda tx: card_places.threads_touched(tx, since, MOST)
            )
            self._wanted |= dict.fromkeys(touched)
            self._all = False

    async def _thread(self, place: Place, home: Home) -> float | None:
        """What was written in it and is not known, in its order; then what is known and no longer there.

        The seconds to pause where it is to be read again, for something could not be asked or kept now.
        """
        database, since = self._kit.service.database, self._kit.service.clock() - LATELY
        try:
            # Looked for before Slack is asked: what is noted meanwhile must not be taken for gone.
            noted = await database.read(lambda tx: card_places.replies_noted(tx, place, since))
            told = await self._kit.slack.replies(place, since, self._kit.room)
            found = [reply_of(message, place[0], home.team) for message in told]
            replies = [reply for reply in found if reply is not None]
            known = await database.read(lambda tx: _known(tx, replies))
        except (Busy, Temporary, Permanent) as failed:
            log.info("thread_not_read", error=type(failed).__name__, channel=place[0])
            return _pause_after(failed)
        new = [one for one in replies if one.key not in known and told_key(one) not in known]
        heard = [await self._replies.hear(reply) for reply in new]
        gone = sorted(noted - {f"{place[0]}:{message['ts']}" for message in told})
        heard += [await self._replies.removed(one, None) for one in gone]
        return None if all(heard) else PAUSE_SECONDS

    async def _woken_within(self, seconds: float) -> bool:
        """Waits so long, or until there is more to read."""
        tasks = [asyncio.ensure_future(self._woken.wait()), asyncio.ensure_future(self._slept(seconds))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        return self._woken.is_set()

    async def _slept(self, seconds: float) -> bool:
        await self._kit.sleep(seconds)
        return True


async def _guarded(work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` returns; None when it fails as only a bug or a broken store does, which reading back outlives."""
    try:
        return await work
    except Exception as bug:  # noqa: BLE001  (one of the few places that may: other threads are still to be read)
        log.error("catching_up_bug", error=type(bug).__name__, where=where(bug))
        return None


def _pause_after(failed: Busy | Temporary | Permanent) -> float | None:
    match failed:
        case Permanent():
            return None
        case Temporary():
            return failed.retry_after or PAUSE_SECONDS
        case Busy():
            return PAUSE_SECONDS


def _known(tx: Tx, replies: list[Reply]) -> set[str]:
    return idempotency.known(tx, [key for one in replies for key in (one.key, told_key(one))])
