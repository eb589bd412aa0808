"""Whoever asks first is told so, on each kind of database."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.domain.assignment import TakeCase
from bot.service import Service
from bot.store import Database, LostRace, Tx
from bot.store.engine import idempotency
from bot.store.log import readings
from bot.store.log.readings import Reading
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


def test_only_the_first_to_keep_a_receipt_is_told_that_they_are(database: Database, clock: Clock) -> None:
    def keep(tx: Tx) -> bool:
        return idempotency.save_if_new(tx, "slack:reply:1:told", {"told": True}, clock())

    assert [database.write_sync(keep) for _ in range(2)] == [True, False]


def test_a_reading_is_recorded_once(database: Database, clock: Clock) -> None:
    reading = Reading("officer:anna", "c" * 32, "answers", "opening")
    recorded = [database.write_sync(lambda tx: readings.record(tx, reading, clock())) for _ in range(2)]
    assert recorded == [True, False]


def test_an_outcome_is_never_replaced_by_that_of_the_same_request(database: Database, clock: Clock) -> None:
    database.write_sync(lambda tx: idempotency.save(tx, "form:1", {"number": "2026-000001"}, clock()))
    with pytest.raises(LostRace):
        database.write_sync(lambda tx: idempotency.save(tx, "form:1", {"number": "2026-000002"}, clock()))
    assert database.read_sync(lambda tx: idempotency.find(tx, "form:1")) == {"number": "2026-000001"}


def test_what_other_systems_have_sent_is_remembered_when_old_requests_are_forgotten(
    database: Database, clock: Clock
) -> None:
    def save(*keys: str) -> None:
        for key in keys:
            database.write_sync(lambda tx, key=key: idempotency.save(tx, key, {}, clock()))  # type: ignore[misc]

    save("slack:press:1", "form:1", "external:ratt:7")
    clock.advance(days=30)
    save("slack:press:2")
    border = clock() - timedelta(days=29)
    expired = database.read_sync(lambda tx: idempotency.list_expired(tx, border))
    database.write_sync(lambda tx: idempotency.forget(tx, expired))
    asked = ["slack:press:1", "form:1", "external:ratt:7", "slack:press:2"]
    remembered = database.read_sync(lambda tx: idempotency.find_existing(tx, asked))
    assert remembered == {"external:ratt:7", "slack:press:2"}


async def test_what_a_transaction_did_is_logged_once_it_is_committed_and_not_where_it_is_undone(
    database: Database, clock: Clock
) -> None:
    catalog = small_catalog()
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    municipality = MunicipalityDriver(service, catalog)
    take = TakeCase(case_id=(await municipality.submit()).case_id)

    def fail(tx: Tx) -> None:
        service.perform_in_transaction(tx, take, municipality.officer("anna"))
        raise KeyError

    with capture_logs() as logged:
        with pytest.raises(KeyError):
            await database.write(fail)
        assert logged == []
        await database.write(
            partial(service.perform_in_transaction, command=take, actor=municipality.officer("anna"))
        )
    assert [(line["event"], line["name"]) for line in logged] == [("event", "CaseTaken")]
