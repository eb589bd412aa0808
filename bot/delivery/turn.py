"""One delivery's turn: what a destination is handed, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.catalog.models import Catalog
from bot.delivery.pace import Pace
from bot.store import Database, Tx, claims
from bot.store.claims import Delivery

Finish = Callable[[Tx], None]
"""What is to be stored together with that the delivery is done."""


class NotMine(Exception):
    """The lease ran out, and another worker has the delivery."""


class Clock(Protocol):
    """What tells the time: aware UTC."""

    def __call__(self) -> datetime: ...


@dataclass(frozen=True)
class Surroundings:
    """What every destination needs: the store, the catalog as it is now, the time, and the pace."""

    database: Database
    catalog: Callable[[], Catalog]
    clock: Clock
    pace: Pace


@dataclass
class Turn:
    """A claimed delivery on its way."""

    delivery: Delivery
    around: Surroundings
    sent: bool = field(default=False)
    """Whether this turn has got as far as a call that must not be made twice."""

    async def about_to_send(self) -> None:
        """Commit that the call is made now, so that after a crash it is looked for first. NotMine if it is not ours."""
        now = self.around.clock()
        if not await self.around.database.write(lambda tx: claims.sending(tx, self.delivery, now)):
            raise NotMine
        self.sent = True

    async def room(self, method: str, channel: str = "") -> None:
        """Take a place in the pace, or raise Later."""
        await self.around.pace.take(method, channel=channel, priority=self.delivery.priority)

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
