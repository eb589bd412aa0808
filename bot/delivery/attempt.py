"""One attempt at a delivery: what a destination receives and returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.catalog.models import Catalog
from bot.delivery.slack_rate_limits import POST, RateLimit
from bot.service import Clock, Service
from bot.store import Database, Tx
from bot.store.outbox import claims
from bot.store.outbox.claims import Delivery

SaveOutcome = Callable[[Tx], None]
"""What is to be stored in the transaction that completes, retries or parks the delivery."""


class LeaseLost(Exception):
    """The lease has run out, and another worker may have claimed the delivery."""


class Postponed(Exception):
    """The delivery is to be made at `until` (aware UTC), not now."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


@dataclass(frozen=True)
class DeliveryContext:
    """The dependencies of all destinations: the service with its store, catalog and clock, and the rate limits."""

    service: Service
    rate_limit: RateLimit
    card_found_callbacks: list[Callable[[tuple[str, str]], None]] = field(default_factory=list)
    """Called with a card's place (channel, ts) when it is found to have been posted by an earlier attempt."""

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
    """An attempt at a claimed delivery."""

    delivery: Delivery
    context: DeliveryContext
    is_sent: bool = field(default=False)
    """Whether this attempt has reached a call that must not be made twice."""
    _acquired_method: str = field(default="", init=False)
    """The method whose call was taken with the claim, until it is made."""

    def acquire_with_claim(self, tx: Tx, method: str, *, channel: str = "") -> None:
        """Take the attempt's first call in the transaction of its claim, which saves a commit. Raises RateLimited.

        A post is marked as about to be made, as by `commit_before_post`; `channel` is the key of its rate limit.
        """
        if method == POST:
            self._mark_sending(tx, channel)
        else:
            self.context.rate_limit.acquire_in_transaction(tx, method, priority=self.delivery.priority)
        self._acquired_method = method

    async def commit_before_post(self, channel: str) -> None:
        """Commit that a post is about to be made, so that after a crash it is looked for before it is made again.

        `channel` is the key of its rate limit. Raises LeaseLost and RateLimited.
        """
        if not self._is_acquired(POST):
            await self.context.database.write(lambda tx: self._mark_sending(tx, channel))
        self.is_sent = True

    def _mark_sending(self, tx: Tx, channel: str) -> None:
        if not claims.mark_sending(tx, self.delivery, self.context.clock()):
            raise LeaseLost
        self.context.rate_limit.acquire_in_transaction(tx, POST, channel=channel)

    async def acquire_rate_limit(self, method: str) -> None:
        """Take one call of the rate limit. Raises RateLimited."""
        if not self._is_acquired(method):
            await self.context.rate_limit.acquire(method, priority=self.delivery.priority)

    def _is_acquired(self, method: str) -> bool:
        """Whether a call of the method was taken with the claim; it is then used up."""
        is_acquired = method == self._acquired_method
        if is_acquired:
            self._acquired_method = ""
        return is_acquired

    async def save(self, work: SaveOutcome) -> None:
        """Store something now, before the delivery is completed."""
        await self.context.database.write(work)


class Destination(Protocol):
    """What delivers deliveries of one kind."""

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        """Deliver. Returns what is to be stored. PermanentFailure, TemporaryFailure, RateLimited, LeaseLost."""
        ...

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Enqueue notices that the delivery failed."""
        ...


def save_nothing(tx: Tx) -> None:
    """A `SaveOutcome` that stores nothing."""
