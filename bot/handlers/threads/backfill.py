"""Backfill: reading of threads after a gap in the connection, whose events Slack does not send again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.payload import parse_message
from bot.handlers.request.workspace import Workspace, WorkspaceIdentity
from bot.handlers.threads.replies import ThreadReplies
from bot.handlers.threads.reply import Reply, parse_reply
from bot.service import log_failure
from bot.store import DatabaseBusy, Tx
from bot.store.engine import idempotency
from bot.store.outbox import card_places

log = structlog.get_logger()

LOOK_BACK = timedelta(days=7)
"""How far back threads are read. Idempotency keys are stored far longer, so nothing becomes a note twice."""

MAX_THREADS = 300
"""Threads read after one gap."""

PAUSE_SECONDS = 1.5
"""Pause between two threads: Slack allows about fifty calls a minute, and deliveries need some of them."""

RETRY_SECONDS = 30.0
"""Wait before threads that could not be read are tried again."""

INTERVAL_SECONDS = 3_600.0
"""The interval of reading without a known gap: a proxy can be down unnoticed."""

ThreadPlace = tuple[str, str]
"""A thread: its channel, and the ts of its card."""


class ThreadBackfill:
    """Reads recently used threads: at the start, after a gap, and at an interval."""

    def __init__(self, deps: Dependencies, workspace: Workspace, replies: ThreadReplies) -> None:
        self._deps = deps
        self._replies = replies
        self._workspace = workspace
        self._is_full_due = True
        self._pending: dict[ThreadPlace, None] = {}
        self._wake_event = asyncio.Event()

    def on_gap(self) -> None:
        """Start a round, since Slack reaches the program again."""
        self._is_full_due = True
        self._wake_event.set()

    def on_card_found(self, place: ThreadPlace) -> None:
        """Read the thread of a card whose place was unknown, and whose replies were ignored so far."""
        self._pending[place] = None
        self._wake_event.set()

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            self._wake_event.clear()
            await log_failure(self._read_pending(), "catching_up_bug")
            is_pending = self._is_full_due or self._pending
            if not await self._wait_for_wake(RETRY_SECONDS if is_pending else INTERVAL_SECONDS):
                self._is_full_due = self._is_full_due or not is_pending

    async def run_once(self) -> None:
        """Read all of them once."""
        self._is_full_due = True
        await self._read_pending()

    async def _read_pending(self) -> None:
        """Read pending threads. Those that cannot be read now remain; one with a bug waits for the next round."""
        try:
            identity = await self._workspace.identity()
            await self._add_touched_threads()
        except (DatabaseBusy, TemporaryFailure) as failed:
            log.warning("threads_not_read", error=type(failed).__name__)
            return
        for place in list(self._pending):
            pause = await log_failure(self._read_thread(place, identity), "catching_up_bug")
            if pause is None:
                self._pending.pop(place, None)
            await self._deps.sleep(pause or PAUSE_SECONDS)

    async def _add_touched_threads(self) -> None:
        if self._is_full_due:
            since = self._deps.service.clock() - LOOK_BACK
            touched = await self._deps.service.database.read(
                lambda tx: card_places.list_touched_threads(tx, since, MAX_THREADS)
            )
            self._pending |= dict.fromkeys(touched)
            self._is_full_due = False

    async def _read_thread(self, place: ThreadPlace, identity: WorkspaceIdentity) -> float | None:
        """Handle the thread's unknown replies in order, then the deletion of those that are gone.

        Returns the seconds until it is to be read again, where something failed temporarily; otherwise None.
        """
        database, since = self._deps.service.database, self._deps.service.clock() - LOOK_BACK
        try:
            # Loaded before Slack's replies: a note that is added meanwhile must not be taken for deleted.
            noted_places = await database.read(lambda tx: card_places.list_noted_replies(tx, place, since))
            messages = await self._deps.slack.replies(place, since, self._deps.rate_limit)
            parsed = [parse_reply(parse_message(one), place[0], identity.team_id) for one in messages]
            replies = [reply for reply in parsed if reply is not None]
            known = await database.read(lambda tx: _find_known_keys(tx, replies))
        except (DatabaseBusy, TemporaryFailure, PermanentFailure) as failed:
            log.info("thread_not_read", error=type(failed).__name__, channel=place[0])
            return _pause_after(failed)
        new = [item for item in replies if item.key not in known and item.notice_key not in known]
        handled = [await self._replies.handle(reply) for reply in new]
        removed_places = sorted(noted_places - {f"{place[0]}:{message['ts']}" for message in messages})
        handled += [await self._replies.handle_deletion(item, None) for item in removed_places]
        return None if all(handled) else PAUSE_SECONDS

    async def _wait_for_wake(self, seconds: float) -> bool:
        """Wait at most so long for more threads to read."""
        tasks = [asyncio.ensure_future(self._wake_event.wait()), asyncio.ensure_future(self._sleep(seconds))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        return self._wake_event.is_set()

    async def _sleep(self, seconds: float) -> bool:
        await self._deps.sleep(seconds)
        return True


def _pause_after(failed: DatabaseBusy | TemporaryFailure | PermanentFailure) -> float | None:
    match failed:
        case PermanentFailure():
            return None
        case TemporaryFailure():
            return failed.retry_after or PAUSE_SECONDS
        case DatabaseBusy():
            return PAUSE_SECONDS


def _find_known_keys(tx: Tx, replies: list[Reply]) -> set[str]:
    return idempotency.find_existing(tx, [key for one in replies for key in (one.key, one.notice_key)])
