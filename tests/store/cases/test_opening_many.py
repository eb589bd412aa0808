"""Many cases are opened together, for little more than one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text

from bot.domain.actors import Machine
from bot.domain.submission import KeyReused
from bot.service import CommandResult, OpenCaseRequest, Service
from bot.store import Database
from bot.store.cases import indexing
from bot.store.verification import proof
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, person, small_catalog


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


def opening(municipality: MunicipalityDriver, n: int, **given: Any) -> OpenCaseRequest:
    """A request for a case with the number `n` in another system."""
    command = municipality.application(
        person(name="Siv Åkerlund", phone="+46701234567"), external=f"former:{n}", **given
    )
    return OpenCaseRequest(command, municipality.definition())


async def open_all(
    municipality: MunicipalityDriver, *requests: OpenCaseRequest
) -> list[CommandResult | KeyReused]:
    return await municipality.service.open_cases(requests, Machine("import"))


async def count_statements(municipality: MunicipalityDriver, *requests: OpenCaseRequest) -> int:
    """The calls of the database that opening them takes."""
    statements: list[str] = []
    engine = municipality.service.database.migration_engine()

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    await open_all(municipality, *requests)
    event.remove(engine, "before_cursor_execute", note)
    return len(statements)


async def test_many_cases_take_no_more_statements_than_one(municipality: MunicipalityDriver) -> None:
    await open_all(municipality, opening(municipality, 0))
    one = await count_statements(municipality, opening(municipality, 1))
    many = await count_statements(municipality, *(opening(municipality, n) for n in range(2, 27)))
    assert many == one


async def test_a_case_is_found_from_the_start_by_all_that_it_holds(
    municipality: MunicipalityDriver, database: Database
) -> None:
    values = {"vad": "En träpanel mot Storgatan 4", "typ": "ny", "pnr": "1"}
    request = opening(
        municipality, 1, values=values, files=(await municipality.add_file("fasadritning.pdf"),)
    )
    (done,) = await open_all(municipality, request)
    query = text("SELECT words FROM search")
    at_once = database.read_sync(lambda tx: tx.conn.execute(query).scalar_one())
    assert all(word in at_once for word in ("panel", "fasadritning", "0701234567", "nybyggnad"))
    assert isinstance(done, CommandResult)
    case_id = done.case_id
    await database.write(lambda tx: indexing.index_case(tx, case_id))
    assert database.read_sync(lambda tx: tx.conn.execute(query).scalar_one()) == at_once


async def test_cases_opened_together_have_numbers_in_order_and_logs_that_hold(
    municipality: MunicipalityDriver, database: Database
) -> None:
    opened = await open_all(municipality, *(opening(municipality, n) for n in range(3)))
    numbers = [one.number for one in opened if isinstance(one, CommandResult)]
    assert [int(number.partition("-")[2]) for number in numbers] == [1, 2, 3]
    assert database.read_sync(proof.verify).findings == ()


async def test_a_case_that_is_twice_among_those_to_be_opened_is_opened_once(
    municipality: MunicipalityDriver,
) -> None:
    first, other, again = await open_all(
        municipality, opening(municipality, 1), opening(municipality, 2), opening(municipality, 1)
    )
    assert isinstance(first, CommandResult)
    assert isinstance(other, CommandResult)
    assert isinstance(again, CommandResult)
    assert (again.case_id, again.is_repeated) == (first.case_id, True)
    assert other.case_id != first.case_id
