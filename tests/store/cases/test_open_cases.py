"""How many open cases a change of the catalog concerns."""

from bot.domain.assignment import TakeCase
from bot.service import Service
from bot.store import Database
from bot.store.cases import system_queries
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


async def test_open_cases_are_counted_by_status_and_by_who_has_them(database: Database, clock: Clock) -> None:
    catalog = small_catalog()
    municipality = MunicipalityDriver(
        Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog
    )
    taken, _ = await municipality.submit(), await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=taken.case_id))
    counted = await database.read(system_queries.count_open)
    assert counted.in_service("bygglov") == sum(counted.by_status.values()) == 2
    assert counted.by_assignee == {("officer", "anna"): 1}
