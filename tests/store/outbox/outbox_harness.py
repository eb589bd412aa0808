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
from bot.store.outbox.coalescing import COALESCED_KINDS
from bot.store.outbox.queues import UNLIMITED
from bot.store.tables import CardRow, DeliveryRow, DestinationRow, IdempotencyKeyRow
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog
from tests.store.outbox.concurrency import run_overlapping
from tests.store.outbox.outbox_model import Operation, OutboxModel, list_deliveries

MAX_CLAIMS = 1_000
"""In so many turns a worker has delivered everything, or something never is."""

OperationCall = tuple[Any, ...]
"""An operation of `OutboxModel`: its name, and what it is given."""


class OutboxHarness:
    """An empty outbox of two cases, in which each act is one transaction."""

    def __init__(self, database: Database, cases: list[Case]) -> None:
        self.database, self.clock = database, Clock()
        self.model = OutboxModel(database, self.clock, cases)
        database.write_sync(_clear)

    def run(self, *call: Any) -> None:
        """Someone does it, and nobody anything else meanwhile."""
        self._run_alone(self._operation(*call))

    def run_overlapping(self, first: OperationCall, second: OperationCall, statement: int) -> bool:
        """The second is begun before the first's statement of that number; False where it has no such statement.

        On SQLite one waits for the other.
        """
        first_operation = self._operation(*first)
        second_operation = self._operation(*second)
        if first_operation is None or second_operation is None or self.database.is_sqlite:
            self._run_alone(first_operation)
            self._run_alone(second_operation)
            return False
        return run_overlapping(self.database, (first_operation, second_operation), statement)

    def assert_one_waiting_in_each_lane(self) -> None:
        """Of what is gathered, that is: the next to come is added to it."""
        waiting = Counter(
            (row.lane, row.kind)
            for row in self.database.read_sync(list_deliveries)
            if row.state == "waiting" and row.kind in COALESCED_KINDS
        )
        assert set(waiting.values()) <= {1}

    def assert_everything_is_delivered(self) -> None:
        """With time and a single worker that does its work, all that was told comes, in order, and nothing stays."""
        self.run("unpark", "all", 0, "", "")
        for _ in range(MAX_CLAIMS):
            self.run("claim", UNLIMITED)
            if self.model.claimed and self.model.is_leased(self.model.claimed[-1]):
                self.run("finish", 0)
            elif (
                due := self.database.read_sync(lambda tx: queues.find_next_due(tx, self.clock()))
            ) is not None:
                self.clock.now = due
            else:
                break
        assert self.database.read_sync(list_deliveries) == []
        for name, lane in self.model.lanes.items():
            assert lane.delivered_count == len(lane.notices), name

    def _operation(self, name: str, *arguments: Any) -> Operation | None:
        operation: Operation | None = getattr(self.model, name)(*arguments)
        return operation

    def _run_alone(self, operation: Operation | None) -> None:
        """Whoever has lost a delivery changes nothing with what it says of it."""
        if operation is None:
            return
        is_lost = operation.claimed is not None and not self.model.is_leased(operation.claimed)
        before = self.database.read_sync(list_deliveries) if is_lost else []
        operation.check(self.database.write_sync(operation.work))
        assert not is_lost or self.database.read_sync(list_deliveries) == before


def _clear(tx: Tx) -> None:
    for table in (DeliveryRow, CardRow, IdempotencyKeyRow):
        tx.conn.execute(delete(table))
    tx.insert_new(DestinationRow, {"key": "dm/anna", "next_at": Clock()()})
    tx.conn.execute(update(DestinationRow).values(next_at=Clock()()))


async def create_two_cases(database: Database) -> list[Case]:
    """Two, and nothing to be told of them yet."""
    catalog = small_catalog()
    municipality = MunicipalityDriver(
        Service(database, lambda: catalog, clock=Clock(), wake=lambda: None), catalog
    )
    ids = [(await municipality.submit()).case_id for _ in range(2)]
    found = await database.read(lambda tx: [system_queries.load_case(tx, one) for one in ids])
    return [one for one in found if one is not None]
