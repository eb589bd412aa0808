"""One delivery's turn: what a destination is handed, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.catalog.models import Catalog
from bot.delivery.pace import POST, Pace
from bot.service import Clock, Service
from bot.store import Database, Tx
from bot.store.outbox import claims
from bot.store.outbox.claims import Delivery

Finish = Callable[[Tx], None]
"""What is to be stored together with that the delivery is done."""


class NotMine(Exception):
    """The lease ran out, and another worker has the delivery."""


@dataclass(frozen=True)
class Surroundings:
    """What every destination needs: the service with its store, its catalog as it is now and its time, and the pace."""

    service: Service
    pace: Pace
    found: list[Callable[[tuple[str, str]], None]] = field(default_factory=list)
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
class Turn:
    """A claimed delivery on its way."""

    delivery: Delivery
    around: Surroundings
    sent: bool = field(default=False)
    """Whether this turn has got as far as a call that must not be made twice."""

    async def about_to_post(self, channel: str) -> None:
        """Commit that a post is made now, so that after a crash it is looked for first.

        Raises NotMine if it is not ours, and Later where the channel, named as its pace is, takes no more now.
        """
        now = self.around.clock()

        def work(tx: Tx) -> None:
            if not claims.sending(tx, self.delivery, now):
                raise NotMine
            self.around.pace.take_within(tx, POST, channel=channel)

        await self.around.database.write(work)
        self.sent = True

    async def room(self, method: str) -> None:
        """Take a place in the pace, or raise Later."""
        await self.around.pace.take(method, priority=self.delivery.priority)

    async def save(self, work: Finish) -> None:
        """Store something at once, for the delivery goes on."""
        await self.around.database.write(work)


class Destination(Protocol):
    """Where deliveries of a kind go."""

    async def deliver(self, turn: Turn) -> Finish:
        """Deliver. Raises Permanent, Temporary, Later or NotMine."""
        ...

    def parked(self, tx: Tx, turn: Turn, trouble: str) -> None:
        """Enqueue what is to be told of that it cannot be delivered."""
        ...


def nothing(tx: Tx) -> None:
    """Nothing more is to be stored."""
