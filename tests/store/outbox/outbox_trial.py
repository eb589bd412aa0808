"""The outbox on trial: acts done in it, one by one or two at once, each held against what is promised."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import delete, update

from bot.domain.case import Case
from bot.service import Service
from bot.store import Database, Tx
from bot.store.cases import system_queries
from bot.store.outbox import queues
from bot.store.outbox.deliveries import GATHERED
from bot.store.outbox.queues import EVERYTHING
from bot.store.tables import CardRow, DeliveryRow, DestinationRow, ReceiptRow
from tests.conftest import Clock
from tests.store.outbox.outbox_promises import Act, Promises, rows
from tests.store.outbox.overlap import at_once
from tests.town import Town, town

MOST_TURNS = 1_000
"""In so many turns a worker has delivered everything, or something never is."""

Named = tuple[Any, ...]
"""An act of `Promises`: its name, and what it is given."""


class Trial:
    """An empty outbox of two cases, in which each act is one transaction."""

    def __init__(self, database: Database, cases: list[Case]) -> None:
        self.database, self.clock = database, Clock()
        self.of = Promises(database, self.clock, cases)
        database.write_now(_empty)

    def does(self, *act: Any) -> None:
        """Someone does it, and nobody anything else meanwhile."""
        self._alone(self._act(*act))

    def at_once(self, first: Named, second: Named, at: int) -> bool:
        """The second is begun before the first's statement of that number; False where it has no such statement.

        On SQLite one waits for the other.
        """
        one = self._act(*first)
        other = self._act(*second)
        if one is None or other is None or self.database.is_sqlite:
            self._alone(one)
            self._alone(other)
            return False
        return at_once(self.database, (one, other), at)

    def one_waits_in_a_lane(self) -> None:
        """Of what is gathered, that is: the next to come is added to it."""
        waits = Counter(
            (row.lane, row.kind)
            for row in self.database.read_now(rows)
            if row.state == "waiting" and row.kind in GATHERED
        )
        assert set(waits.values()) <= {1}

    def all_is_told(self) -> None:
        """With time and a single worker that does its work, all that was told comes, in order, and nothing stays."""
        self.does("unpark", "all", 0, "", "")
        for _ in range(MOST_TURNS):
            self.does("claim", EVERYTHING)
            if self.of.held and self.of.has(self.of.held[-1]):
                self.does("finish", 0)
            elif (due := self.database.read_now(lambda tx: queues.next_due(tx, self.clock()))) is not None:
                self.clock.now = due
            else:
                break
        assert self.database.read_now(rows) == []
        for name, lane in self.of.lanes.items():
            assert lane.finished == len(lane.told), name

    def _act(self, name: str, *given: Any) -> Act | None:
        made: Act | None = getattr(self.of, name)(*given)
        return made

    def _alone(self, act: Act | None) -> None:
        """Whoever has lost a delivery changes nothing with what it says of it."""
        if act is None:
            return
        late = act.by is not None and not self.of.has(act.by)
        before = self.database.read_now(rows) if late else []
        act.settle(self.database.write_now(act.work))
        assert not late or self.database.read_now(rows) == before


def _empty(tx: Tx) -> None:
    for table in (DeliveryRow, CardRow, ReceiptRow):
        tx.conn.execute(delete(table))
    tx.insert_new(DestinationRow, {"key": "dm/anna", "next_at": Clock()()})
    tx.conn.execute(update(DestinationRow).values(next_at=Clock()()))


async def two_cases(database: Database) -> list[Case]:
    """Two, and nothing to be told of them yet."""
    catalog = town()
    hall = Town(Service(database, lambda: catalog, clock=Clock(), wake=lambda: None), catalog)
    ids = [(await hall.submits()).case_id for _ in range(2)]
    found = await database.read(lambda tx: [system_queries.case(tx, one) for one in ids])
    return [one for one in found if one is not None]
