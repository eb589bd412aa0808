"""The worker: claims due deliveries, several at a time, delivers them and saves the outcome."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.delivery.attempt import (
    DeliveryAttempt,
    DeliveryContext,
    LeaseLost,
    Postponed,
    SaveOutcome,
    save_nothing,
)
from bot.delivery.claiming import MAX_DEFERRAL, DeliveryClaimer
from bot.delivery.destinations import Clients, build_destinations
from bot.delivery.metrics import metrics
from bot.delivery.retry import RetryPolicy
from bot.delivery.slack_rate_limits import RateLimit, RateLimited
from bot.service import Service, log_failure
from bot.store import DatabaseBusy, Tx
from bot.store.outbox import claims, delivery_counts, queues
from bot.store.outbox.claims import Delivery

BUG = "delivery_bug"
"""The log event for unexpected errors, after which the worker goes on."""
log = structlog.get_logger()

MAX_IN_FLIGHT = 8
"""Deliveries in progress at once."""

POLL_SECONDS = 1.0
"""How long the worker sleeps at most, since other processes enqueue deliveries too."""

MIN_POLL_SECONDS = 0.05
"""The least time between two polls that commits cause."""

METRICS_SECONDS = 10.0

STOP_SECONDS = 1.0
"""How long deliveries in progress may take when the program stops."""

SAVE_RETRY_SECONDS = (0.2, 1.0, 5.0)
"""Waits before an outcome is saved again when the database was busy; after them the lease is left to run out."""


class Worker:
    """Delivers what is in the outbox.

    `run` goes on until `stop`; `wake` is called after each commit. `rate_scale` multiplies Slack's rate limits.
    """

    def __init__(
        self,
        service: Service,
        clients: Clients,
        public_url: str,
        *,
        rate_scale: float = 1.0,
    ) -> None:
        self._context = DeliveryContext(service, RateLimit(service.database, rate_scale))
        self._destinations = build_destinations(clients, public_url)
        self._clients = clients
        self._in_flight: dict[asyncio.Task[None], Delivery] = {}
        self._retry_policy = RetryPolicy()
        self._claimer = DeliveryClaimer(self._context)
        self._wake_event = asyncio.Event()
        self._claim_lock = asyncio.Lock()
        self._stopping = False
        self._metrics_at: float | None = None
        self._renewable_ids: frozenset[int] = frozenset()
        self._renew_at = service.clock()

    def wake(self) -> None:
        """Poll soon: there may be something new to deliver."""
        self._wake_event.set()

    def on_card_found(self, callback: Callable[[tuple[str, str]], None]) -> None:
        """Add a callback for `DeliveryContext.card_found_callbacks`."""
        self._context.card_found_callbacks.append(callback)

    async def run(self) -> None:
        """Deliver until `stop`."""
        while not self._stopping:
            await log_failure(self._renew(), BUG)
            await log_failure(self._claimer.complete_deferred(least_age=MAX_DEFERRAL), BUG)
            if not await log_failure(self._start_next(), BUG):
                await log_failure(self._update_metrics(), BUG)
                await self._sleep_until_woken(
                    await log_failure(self._seconds_until_due(), BUG) or POLL_SECONDS
                )
        await self._wait_for_in_flight()

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Claim no more, and wait for deliveries in flight.

        Those that take longer are cancelled, which leaves them as a crash does: they are looked for before they are
        sent again.
        """
        self._stopping = True
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async with self._claim_lock:  # a claim in progress ends with a delivery in flight
                    pass
                await self._wait_for_in_flight()
        for task in list(self._in_flight):
            task.cancel()
        await self._wait_for_in_flight()
        await log_failure(self._claimer.complete_deferred(), BUG)

    async def close(self) -> None:
        """Close the connections; after `stop`."""
        await self._clients.close()

    async def drain(self, seconds: float) -> None:
        """Deliver all that is due, and what becomes due by that. TimeoutError when it takes longer than `seconds`."""
        async with asyncio.timeout(seconds):
            while True:
                self._wake_event.clear()
                if await self._start_next() or self._wake_event.is_set():
                    continue  # a delivery that finished may have freed capacity
                if not self._in_flight:
                    await self._claimer.complete_deferred()
                    return
                await self._wake_event.wait()

    async def _wait_for_in_flight(self) -> None:
        while self._in_flight:
            await asyncio.wait(list(self._in_flight))

    async def _sleep_until_woken(self, seconds: float) -> None:
        """Sleep until woken, and at least MIN_POLL_SECONDS: polling takes database time from people's requests."""
        looked_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(seconds):
                await self._wake_event.wait()
        except TimeoutError:
            pass
        await asyncio.sleep(max(0.0, looked_at + MIN_POLL_SECONDS - asyncio.get_running_loop().time()))
        self._wake_event.clear()

    async def _seconds_until_due(self) -> float:
        now = self._context.clock()
        due = await self._context.database.read(lambda tx: queues.find_next_due(tx, now))
        return min(POLL_SECONDS, max(0.01, (due - now).total_seconds())) if due else POLL_SECONDS

    async def _renew(self) -> None:
        """Renew the leases of deliveries that were in flight the last time too, before they run out."""
        now = self._context.clock()
        if now < self._renew_at:
            return
        in_flight = list(self._in_flight.values())
        slow = [delivery for delivery in in_flight if delivery.id in self._renewable_ids]
        self._renewable_ids = frozenset(delivery.id for delivery in in_flight)
        self._renew_at = now + claims.RENEW_AFTER
        if slow:
            await self._context.database.write(lambda tx: claims.renew_leases(tx, slow, now))

    async def _update_metrics(self) -> None:
        at = asyncio.get_running_loop().time()
        if self._metrics_at is None or at - self._metrics_at >= METRICS_SECONDS:
            self._metrics_at = at
            metrics().set_waiting(await self._context.database.read(delivery_counts.count_by_kind_and_state))

    async def _start_next(self) -> bool:
        """Claim one delivery and start it. False when none is due that there is capacity for."""
        async with self._claim_lock:
            if self._stopping or len(self._in_flight) >= MAX_IN_FLIGHT:
                return False
            attempt = await self._claimer.claim_next(list(self._in_flight.values()))
            if attempt is None:
                return False
            task = asyncio.create_task(self._run_attempt(attempt))
            self._in_flight[task] = attempt.delivery
            task.add_done_callback(self._on_finished)
            return True

    def _on_finished(self, task: asyncio.Task[None]) -> None:
        self._in_flight.pop(task, None)
        self.wake()

    async def _run_attempt(self, attempt: DeliveryAttempt) -> None:
        delivery = attempt.delivery
        outcome = await log_failure(self._deliver(attempt), BUG, **_log_fields(delivery))
        if outcome is None:  # a bug: retried, and since it may have been sent, looked for first
            outcome = self._retry(attempt, TemporaryFailure("bug", may_have_succeeded=True))
        await log_failure(self._save(outcome), BUG, **_log_fields(delivery))

    async def _save(self, outcome: SaveOutcome) -> None:
        if outcome is save_nothing:
            return
        with contextlib.suppress(LeaseLost):  # the worker that has taken it over saves its outcome
            await self._save_with_retries(outcome)

    async def _save_with_retries(self, outcome: SaveOutcome) -> None:
        for wait in SAVE_RETRY_SECONDS:
            try:
                return await self._context.database.write(outcome)
            except DatabaseBusy:
                await asyncio.sleep(wait)
        await self._context.database.write(outcome)

    async def _deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        """Deliver. Returns what is to be stored, also for failures."""
        try:
            save_outcome = await self._destinations[attempt.delivery.kind].deliver(attempt)
        except LeaseLost:
            return save_nothing
        except RateLimited as limited:
            return self._defer(attempt, self._context.clock() + timedelta(seconds=limited.seconds))
        except Postponed as postponed:
            return self._defer(attempt, postponed.until)
        except TemporaryFailure as failure:
            return self._retry(attempt, failure)
        except PermanentFailure as failure:
            return self._park(attempt, failure.trouble)
        return self._complete(attempt, save_outcome)

    def _complete(self, attempt: DeliveryAttempt, save_outcome: SaveOutcome) -> SaveOutcome:
        delivery, now = attempt.delivery, self._context.clock()
        self._retry_policy.on_delivered(delivery.destination)
        metrics().count_delivered(delivery.kind, (now - delivery.created_at).total_seconds())
        log.info("delivered", **_log_fields(delivery))
        if save_outcome is save_nothing and self._claimer.may_defer_completion(delivery):
            self._claimer.defer_completion(delivery)
            return save_nothing

        def save(tx: Tx) -> None:
            save_outcome(tx)
            if not claims.complete(tx, delivery):
                raise LeaseLost

        return save

    def _defer(self, attempt: DeliveryAttempt, due: datetime) -> SaveOutcome:
        delivery = attempt.delivery
        uncertain = delivery.uncertain and not attempt.is_sent
        return lambda tx: claims.retry(tx, delivery, due, uncertain=uncertain, trouble=None)

    def _retry(self, attempt: DeliveryAttempt, failure: TemporaryFailure) -> SaveOutcome:
        delivery = attempt.delivery
        retry = self._retry_policy.decide(delivery, failure, is_sent=attempt.is_sent)
        due = self._context.clock() + timedelta(seconds=retry.wait_seconds)
        metrics().count_outcome(delivery.kind, "retry")
        log.warning(
            "delivery_tried_in_vain",
            trouble=failure.trouble,
            wait=round(retry.wait_seconds, 1),
            **_log_fields(delivery),
        )

        def save(tx: Tx) -> None:
            claims.retry(tx, delivery, due, uncertain=retry.uncertain, trouble=failure.trouble)
            self._context.rate_limit.apply_retry_after(tx, failure)
            if retry.holds_destination:
                claims.hold_destination(tx, delivery.destination, due)

        return save

    def _park(self, attempt: DeliveryAttempt, trouble: str) -> SaveOutcome:
        delivery = attempt.delivery
        metrics().count_outcome(delivery.kind, "parked")
        log.error("delivery_parked", trouble=trouble, **_log_fields(delivery))

        def save(tx: Tx) -> None:
            if claims.park(tx, delivery, trouble):
                self._destinations[delivery.kind].on_parked(tx, attempt, trouble)

        return save


def _log_fields(delivery: Delivery) -> dict[str, object]:
    """What a delivery is, and the references of the requests that have caused it."""
    refs = delivery.ids.get("refs")
    return {
        "delivery": delivery.id,
        "kind": delivery.kind,
        "case_id": delivery.case_id,
        "tries": delivery.attempts,
        **({"refs": refs} if refs else {}),
    }
