"""One attempt at a delivery: what a destination is handed, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.catalog.models import Catalog
from bot.delivery.rate_limit import POST, RateLimit
from bot.service import Clock, Service
from bot.store import Database, Tx
from bot.store.outbox import claims
from bot.store.outbox.claims import Delivery

SaveOutcome = Callable[[Tx], None]
"""What is to be stored together with that the delivery is done."""


class LeaseLost(Exception):
    """The lease ran out, and another worker has the delivery."""


@dataclass(frozen=True)
class DeliveryContext:
    """What every destination needs: the service with its store, catalog and clock, and the rate limits."""

    service: Service
    rate_limit: RateLimit
    card_found_callbacks: list[Callable[[tuple[str, str]], None]] = field(default_factory=list)
    """Who is told of a card's place (channel, ts) when it was in Slack before it was known where."""

    @property
    def database(self) -> Database:
        return self.service.database

    def catalog(self) -> Catalog:
        return self.service.catalog

    @property
    def clock(self) -> Clock:
        return self.service.clock


@dataclass
class DeliveryAttempt:
    """A claimed delivery on its way."""

    delivery: Delivery
    context: DeliveryContext
    is_sent: bool = field(default=False)
    """Whether this attempt has got as far as a call that must not be made twice."""

    async def commit_before_post(self, channel: str) -> None:
        """Commit that a post is made now, so that after a crash it is looked for first.

        Raises LeaseLost if it is not ours, RateLimited where the channel, named by its rate limit, takes no more now.
        """
        now = self.context.clock()

        def work(tx: Tx) -> None:
            if not claims.mark_sending(tx, self.delivery, now):
                raise LeaseLost
            self.context.rate_limit.acquire_in_transaction(tx, POST, channel=channel)

        await self.context.database.write(work)
        self.is_sent = True

    async def acquire_rate_limit(self, method: str) -> None:
        """Take a place within the rate limit, or raise RateLimited."""
        await self.context.rate_limit.acquire(method, priority=self.delivery.priority)

    async def save(self, work: SaveOutcome) -> None:
        """Store something at once, for the delivery goes on."""
        await self.context.database.write(work)


class Destination(Protocol):
    """Where deliveries of a kind go."""

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        """Deliver. Raises PermanentFailure, TemporaryFailure, RateLimited or LeaseLost."""
        ...

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Enqueue what is to be told of that it cannot be delivered."""
        ...


def save_nothing(tx: Tx) -> None:
    """Nothing more is to be stored."""
