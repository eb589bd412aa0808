"""What the nightly sweep forgets, and what it must not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.jobs import sweeping
from bot.store import Database
from bot.store.engine import idempotency
from tests.conftest import Clock


async def test_only_the_keys_of_people_are_forgotten_after_thirty_days(
    database: Database, clock: Clock
) -> None:
    """A document of another system may come again years later, and is to open no second case."""
    old, fresh = ["slack:gammal", "external:gammal"], ["slack:ny"]
    for keys, age in ((old, 31), (fresh, 29)):
        at = clock() - timedelta(days=age)
        for key in keys:
            database.write_sync(lambda tx, key=key, at=at: idempotency.save(tx, key, {"done": []}, at))
    await sweeping.forget_outcomes(database, clock())
    left = database.read_sync(lambda tx: idempotency.find_existing(tx, [*old, *fresh]))
    assert left == {"external:gammal", "slack:ny"}


async def test_more_than_fit_in_one_transaction_are_forgotten_as_well(
    database: Database, clock: Clock
) -> None:
    long_ago = clock() - timedelta(days=40)
    keys = [f"slack:{n}" for n in range(sweeping.MAX_OUTCOMES + 1)]

    def save(tx: Any) -> None:
        for key in keys:
            idempotency.save(tx, key, {}, long_ago)

    database.write_sync(save)
    await sweeping.forget_outcomes(database, clock())
    assert database.read_sync(lambda tx: idempotency.find_existing(tx, keys)) == set()
