"""The worker's claims, each with the attempt's first call and with what is done meanwhile, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from bot.delivery.attempt import DeliveryAttempt, DeliveryContext
from bot.delivery.slack.channels import rate_limit_key
from bot.delivery.slack_rate_limits import POST, UPDATE, RateLimited
from bot.store import Tx
from bot.store.outbox import card_places, claims
from bot.store.outbox.claims import Delivery
from bot.store.outbox.queues import Capacity, FoundDelivery

MAX_LANES = {"mail": 4, "scanner": 2}
"""Deliveries in progress at once to a destination, each in a lane of its own; 1 where not given."""

MAX_DEFERRAL = timedelta(seconds=12)
"""How long a delivery that is done waits to be completed with a claim: shorter than its lease.

Longer than the lines of a thread are gathered, so that a press's redraw is completed with the claim of its line.
"""


class DeliveryClaimer:
    """Claims deliveries, and completes redraws that are done in the transaction of the next claim.

    On SQLite each commit is a write to the disk that presses wait for. A redraw that was not completed before a crash
    is made once more, which changes nothing. On PostgreSQL commits are cheap, and other processes wait for the lane.
    """

    def __init__(self, context: DeliveryContext) -> None:
        self._context = context
        self._delivered: list[Delivery] = []
        self._oldest_delivered_at: datetime | None = None

    def may_defer_completion(self, delivery: Delivery) -> bool:
        """Whether the delivery, once done, may be completed later."""
        return delivery.redraw and self._context.database.is_sqlite

    def defer_completion(self, delivery: Delivery) -> None:
        """Complete the delivery, which is done, with the next claim."""
        self._delivered.append(delivery)
        self._oldest_delivered_at = self._oldest_delivered_at or self._context.clock()

    async def claim_next(self, in_flight: Collection[Delivery]) -> DeliveryAttempt | None:
        """Claim the most urgent delivery that there is capacity for beside those `in_flight`; None for none."""
        now, database = self._context.clock(), self._context.database
        delivered = list(self._delivered)

        def find(tx: Tx) -> tuple[Capacity, FoundDelivery | None]:
            capacity = self._capacity(tx, in_flight, delivered)
            return capacity, claims.find_due(tx, now, capacity)

        def claim(tx: Tx) -> DeliveryAttempt | None:
            self._complete(tx, delivered)
            delivery = claims.claim(tx, now, capacity, found)
            return self._start_attempt(tx, delivery) if delivery is not None else None

        capacity, found = await database.read(find)
        if found is None:
            return None
        try:
            attempt = await database.write(claim)
        except RateLimited:  # another process has taken the last call meanwhile
            return None
        self._forget(delivered)
        return attempt

    async def complete_deferred(self, *, least_age: timedelta = timedelta(0)) -> None:
        """Complete in a transaction of its own what is done, where the oldest has waited for `least_age`."""
        oldest, delivered = self._oldest_delivered_at, list(self._delivered)
        if oldest is not None and self._context.clock() - oldest >= least_age:
            await self._context.database.write(lambda tx: self._complete(tx, delivered))
            self._forget(delivered)

    def _complete(self, tx: Tx, delivered: Collection[Delivery]) -> None:
        for delivery in delivered:
            claims.complete(tx, delivery)  # where its lease has run out, another completes it

    def _forget(self, completed: Collection[Delivery]) -> None:
        """Take what is completed off the list, after the commit; what was added meanwhile stays on it."""
        ids = {delivery.id for delivery in completed}
        self._delivered = [delivery for delivery in self._delivered if delivery.id not in ids]
        self._oldest_delivered_at = self._context.clock() if self._delivered else None

    def _start_attempt(self, tx: Tx, delivery: Delivery) -> DeliveryAttempt:
        """The attempt, with its first call where that is known: the update of a card, a line in a thread in use."""
        attempt = DeliveryAttempt(delivery, self._context)
        if delivery.redraw:
            attempt.acquire_with_claim(tx, UPDATE)
        elif delivery.kind == "line" and not delivery.uncertain:
            place = card_places.find(tx, delivery.case_id)
            if place is not None and place[2]:
                key = rate_limit_key(delivery.destination, self._context.catalog())
                attempt.acquire_with_claim(tx, POST, channel=key)
        return attempt

    def _capacity(self, tx: Tx, in_flight: Collection[Delivery], delivered: Collection[Delivery]) -> Capacity:
        catalog, rate_limit = self._context.catalog(), self._context.rate_limit
        keys = {f"slack/{key}": rate_limit_key(f"slack/{key}", catalog) for key in catalog.services}
        full_channels = rate_limit.find_full_channels(tx, keys.values())
        unpostable = frozenset(destination for destination, key in keys.items() if key in full_channels)
        return Capacity(
            blocked_destinations=_busy_destinations(in_flight),
            unpostable_destinations=unpostable,
            max_redraw_priority=rate_limit.max_redraw_priority(tx),
            in_flight=frozenset(delivery.id for delivery in in_flight),
            delivered=frozenset(delivery.id for delivery in delivered),
        )


def _busy_destinations(in_flight: Collection[Delivery]) -> frozenset[str]:
    """Destinations that have as many deliveries in flight as they may."""
    counts = Counter(delivery.destination for delivery in in_flight)
    return frozenset(key for key, count in counts.items() if count >= MAX_LANES.get(key, 1))
