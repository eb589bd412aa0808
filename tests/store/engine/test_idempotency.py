"""Whoever asks first is told so, on each kind of database."""

from __future__ import annotations

from bot.store import Database, Tx
from bot.store.engine import idempotency
from bot.store.log import readings
from bot.store.log.readings import Reading
from tests.conftest import Clock


def test_only_the_first_to_keep_a_receipt_is_told_that_they_are(database: Database, clock: Clock) -> None:
    def keep(tx: Tx) -> bool:
        return idempotency.save_if_new(tx, "slack:reply:1:told", {"told": True}, clock())

    assert [database.write_sync(keep) for _ in range(2)] == [True, False]


def test_a_reading_is_recorded_once(database: Database, clock: Clock) -> None:
    reading = Reading("officer:anna", "c" * 32, "answers", "opening")
    recorded = [database.write_sync(lambda tx: readings.record(tx, reading, clock())) for _ in range(2)]
    assert recorded == [True, False]
