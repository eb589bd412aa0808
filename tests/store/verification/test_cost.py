"""What the verification of the log costs for each event, in counts that no machine's mood changes."""

from __future__ import annotations

import gc
import sys
from types import FrameType
from typing import Any

import pytest

from bot.domain.assignment import TakeCase
from bot.domain.notes import AddNote
from bot.service import Service
from bot.store import Database, Tx
from bot.store.verification.case_proof import CaseRange, LogPlaces, check_cases
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

MAX_CALLS = 57
"""Of Python functions, for each event; the functions of C that these call are not counted."""

ALL = LogPlaces(covered_until=2**62, counted_until=2**62)


async def open_cases(municipality: MunicipalityDriver, count: int) -> None:
    """Cases with four events each."""
    for _ in range(count):
        done = await municipality.submit()
        for n, command in enumerate(
            (
                TakeCase(case_id=done.case_id),
                AddNote(case_id=done.case_id, text="Ringde och frågade."),
                AddNote(case_id=done.case_id, text="Ringde igen."),
            )
        ):
            await municipality.service.perform(
                command, municipality.officer("anna"), idempotency_key=f"{done.case_id}:{n}"
            )


def count_calls(tx: Tx) -> tuple[int, int]:
    """The calls of Python functions that a verification of all cases makes, and the events that it verifies."""
    calls = 0

    def count(_frame: FrameType, what: str, _argument: Any) -> None:
        nonlocal calls
        calls += what == "call"

    before = sys.getprofile()
    gc.collect()
    gc.disable()  # its callbacks, of which hypothesis has one, are calls of Python functions too
    sys.setprofile(count)
    try:
        tally = check_cases(tx, CaseRange(), ALL)
    finally:
        sys.setprofile(before)
        gc.enable()
    assert tally.findings.listed == []
    return calls, tally.events


def count_repeated_calls(database: Database) -> tuple[int, int]:
    """The calls of a second verification: the first also makes what is kept between them."""
    database.read_sync(count_calls)
    return database.read_sync(count_calls)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_event_more_is_verified_in_few_calls(database: Database, clock: Clock) -> None:
    catalog = small_catalog()
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    municipality = MunicipalityDriver(service, catalog)
    await open_cases(municipality, 2)
    calls, events = count_repeated_calls(database)
    await open_cases(municipality, 4)
    more_calls, more_events = count_repeated_calls(database)
    assert more_events - events == 4 * 4
    assert (more_calls - calls) / (more_events - events) <= MAX_CALLS
