"""The worker: takes what is due out of the outbox, several at a time, and says what became of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import structlog

from bot.clients.errors import Permanent, Temporary
from bot.clients.mail import MailClient
from bot.clients.slack import SlackClient
from bot.delivery.backoff import PROBE_SECONDS, backoff, told
from bot.delivery.destinations import destinations
from bot.delivery.metrics import metrics
from bot.delivery.pace import Later, Pace
from bot.delivery.places import pace_key
from bot.delivery.turn import Finish, NotMine, Surroundings, Turn, nothing
from bot.service import Service, where
from bot.store import Busy, Tx
from bot.store.outbox import claims, deliveries, queues
from bot.store.outbox.claims import Delivery
from bot.store.outbox.queues import Room

T = TypeVar("T")
log = structlog.get_logger()

IN_FLIGHT = 8
"""Deliveries on their way at once."""

LANES_AT_ONCE = {"mail": 4}
"""To a destination goes one at a time, but to the mail server several, each in a lane of its own."""

LOOK_SECONDS = 1.0
"""How long the worker sleeps at most: another process may have put something in."""

BREATH_SECONDS = 0.05
"""The least time between two looks that a commit asks for."""

COUNT_SECONDS = 10.0

STOP_SECONDS = 3.0
"""How long deliveries on their way may take when the program stops."""

BUSY_SECONDS = (0.2, 1.0, 5.0)
"""Waits before an outcome that the store was too busy for is saved again; after them the lease runs out by itself."""


class Worker:
    """Delivers what the service has left in the outbox.

    `run` goes on until `stop`; `wake` is called after each commit. `pace` is how many times Slack's pace is kept.
    """

    def __init__(
        self, service: Service, slack: SlackClient, mail: MailClient, public_url: str, *, pace: float = 1.0
    ) -> None:
        self._around = Surroundings(service, Pace(service.database, pace))
        self._destinations = destinations(slack, mail, public_url)
        self._clients = (slack, mail)
        self._flying: dict[asyncio.Task[None], Delivery] = {}
        self._failures: Counter[str] = Counter()
        self._woken = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._stopping = False
        self._counted_at: float | None = None
        self._long: frozenset[int] = frozenset()
        self._renew_at = service.clock()

    def wake(self) -> None:
        """There may be something new to deliver."""
        self._woken.set()

    def when_found(self, told: Callable[[tuple[str, str]], None]) -> None:
        """Tell of a card's place (channel, ts) when it was in Slack before it was known where."""
        self._around.found.append(told)

    async def run(self) -> None:
        """Deliver until `stop`."""
        while not self._stopping:
            await self._guarded(self._renew())
            if not await self._guarded(self._launch()):
                await self._guarded(self._count())
                await self._rest(await self._guarded(self._until_next()) or LOOK_SECONDS)
        await self._landed()

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Claim no more, and wait for what is in flight.

        What takes longer is given up as by a crash: it is looked for before it is sent again.
        """
        self._stopping = True
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async with self._claiming:  # what is being claimed is soon in flight as well
                    pass
                await self._landed()
        for task in list(self._flying):
            task.cancel()
        await self._landed()

    async def close(self) -> None:
        """Close the connections; after `stop`."""
        for client in self._clients:
            await client.close()

    async def drain(self, seconds: float) -> None:
        """Deliver all that is due now, and what falls due by that. TimeoutError when it takes longer."""
        async with asyncio.timeout(seconds):
            while True:
                self._woken.clear()
                if await self._launch() or self._woken.is_set():
                    continue  # what landed meanwhile may have made room
                if not self._flying:
                    return
                await self._woken.wait()

    async def _landed(self) -> None:
        while self._flying:
            await asyncio.wait(list(self._flying))

    async def _rest(self, seconds: float) -> None:
        """Until woken, but not so soon after the last look that looking takes the time of those who press."""
        looked = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass
        await asyncio.sleep(max(0.0, looked + BREATH_SECONDS - asyncio.get_running_loop().time()))
        self._woken.clear()

    async def _until_next(self) -> float:
        now = self._around.clock()
        due = await self._around.database.read(lambda tx: queues.next_due(tx, now))
        return min(LOOK_SECONDS, max(0.01, (due - now).total_seconds())) if due else LOOK_SECONDS

    async def _renew(self) -> None:
        """Say of what was on its way the last time too that it still is, before its lease runs out."""
        now = self._around.clock()
        if now < self._renew_at:
            return
        mine = list(self._flying.values())
        slow = [delivery for delivery in mine if delivery.id in self._long]
        self._long = frozenset(delivery.id for delivery in mine)
        self._renew_at = now + claims.RENEWED
        if slow:
            await self._around.database.write(lambda tx: claims.renew(tx, slow, now))

    async def _count(self) -> None:
        at = asyncio.get_running_loop().time()
        if self._counted_at is None or at - self._counted_at >= COUNT_SECONDS:
            self._counted_at = at
            metrics().waiting(await self._around.database.read(deliveries.counts))

    async def _launch(self) -> bool:
        """Claim one and send it on its way. False when nothing is due that there is room for."""
        async with self._claiming:
            if self._stopping or len(self._flying) >= IN_FLIGHT:
                return False
            delivery = await self._claimed()
            if delivery is None:
                return False
            task = asyncio.create_task(self._carry(delivery))
            self._flying[task] = delivery
            task.add_done_callback(self._has_landed)
            return True

    async def _claimed(self) -> Delivery | None:
        now, database = self._around.clock(), self._around.database
        busy, own = self._busy(), frozenset(delivery.id for delivery in self._flying.values())

        def look(tx: Tx) -> Room | None:
            room = self._room(tx, busy, own)
            return room if claims.is_due(tx, now, room) else None

        room = await database.read(look)
        if room is None:
            return None
        return await database.write(lambda tx: claims.claim(tx, now, room))

    def _has_landed(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task, None)
        self.wake()

    def _busy(self) -> frozenset[str]:
        """Destinations to which as many are on their way as may be at once."""
        flying = Counter(delivery.destination for delivery in self._flying.values())
        return frozenset(key for key, count in flying.items() if count >= LANES_AT_ONCE.get(key, 1))

    def _room(self, tx: Tx, busy: frozenset[str], flying: frozenset[int]) -> Room:
        catalog, pace = self._around.catalog(), self._around.pace
        keys = {f"slack/{key}": pace_key(f"slack/{key}", catalog) for key in catalog.services}
        full = pace.full(tx, keys.values())
        no_posts = frozenset(destination for destination, key in keys.items() if key in full)
        return Room(without=busy, no_posts=no_posts, redraws=pace.redraws(tx), flying=flying)

    async def _carry(self, delivery: Delivery) -> None:
        turn = Turn(delivery, self._around)
        outcome = await self._guarded(self._tried(turn), turn)
        if outcome is None:  # a bug: whatever it was, the delivery is not lost, and not sent twice
            outcome = self._again(turn, Temporary("bug", uncertain=True))
        await self._guarded(self._saved(outcome), turn)

    async def _saved(self, outcome: Finish) -> None:
        with contextlib.suppress(NotMine):  # whoever took it over meanwhile says what became of it
            await self._written(outcome)

    async def _written(self, outcome: Finish) -> None:
        for wait in BUSY_SECONDS:
            try:
                return await self._around.database.write(outcome)
            except Busy:
                await asyncio.sleep(wait)
        await self._around.database.write(outcome)

    async def _tried(self, turn: Turn) -> Finish:
        """Deliver; what is returned is to be stored."""
        try:
            finish = await self._destinations[turn.delivery.kind].deliver(turn)
        except NotMine:
            return nothing
        except Later as later:
            return self._put_back(turn, later)
        except Temporary as trouble:
            return self._again(turn, trouble)
        except Permanent as dead:
            return self._parked(turn, dead.trouble)
        return self._done(turn, finish)

    def _done(self, turn: Turn, finish: Finish) -> Finish:
        delivery, now = turn.delivery, self._around.clock()
        self._failures.pop(delivery.destination, None)
        metrics().delivered(delivery.kind, (now - delivery.created_at).total_seconds())
        log.info("delivered", **_named(delivery))

        def save(tx: Tx) -> None:
            finish(tx)
            if not claims.done(tx, delivery):
                raise NotMine

        return save

    def _put_back(self, turn: Turn, later: Later) -> Finish:
        delivery = turn.delivery
        due = self._around.clock() + timedelta(seconds=later.seconds)
        uncertain = delivery.uncertain and not turn.sent
        return lambda tx: claims.retry(tx, delivery, due, uncertain=uncertain, trouble=None)

    def _again(self, turn: Turn, trouble: Temporary) -> Finish:
        delivery, now = turn.delivery, self._around.clock()
        uncertain = trouble.uncertain if turn.sent else delivery.uncertain
        wait = self._wait(turn, trouble)
        due = now + timedelta(seconds=wait)
        holds = trouble.wide or trouble.retry_after is not None
        metrics().tried(delivery.kind, "retry")
        log.warning(
            "delivery_tried_in_vain", trouble=trouble.trouble, wait=round(wait, 1), **_named(delivery)
        )

        def save(tx: Tx) -> None:
            claims.retry(tx, delivery, due, uncertain=uncertain, trouble=trouble.trouble)
            self._around.pace.heed(tx, trouble)
            if holds:
                claims.hold(tx, delivery.destination, due)

        return save

    def _wait(self, turn: Turn, trouble: Temporary) -> float:
        """Seconds until the next try: what the other side said, or longer each time, and never quite the same."""
        delivery = turn.delivery
        if trouble.retry_after is not None:
            return told(trouble.retry_after)
        if trouble.wide:
            self._failures[delivery.destination] += 1
            return backoff(self._failures[delivery.destination], PROBE_SECONDS)
        return backoff(delivery.attempts)

    def _parked(self, turn: Turn, trouble: str) -> Finish:
        delivery = turn.delivery
        metrics().tried(delivery.kind, "parked")
        log.error("delivery_parked", trouble=trouble, **_named(delivery))

        def save(tx: Tx) -> None:
            if claims.park(tx, delivery, trouble):
                self._destinations[delivery.kind].parked(tx, turn, trouble)

        return save

    async def _guarded(self, work: Awaitable[T], turn: Turn | None = None) -> T | None:
        """What `work` returns; None when it fails as only a bug or a broken store does, which the worker outlives."""
        try:
            return await work
        except Exception as bug:  # noqa: BLE001  (one of the few places that may)
            named = _named(turn.delivery) if turn is not None else {}
            log.error("delivery_bug", error=type(bug).__name__, where=where(bug), **named)
            return None


def _named(delivery: Delivery) -> dict[str, object]:
    return {
        "delivery": delivery.id,
        "kind": delivery.kind,
        "case_id": delivery.case_id,
        "tries": delivery.attempts,
    }
