"""The form that a case was submitted through."""

from __future__ import annotations

from sqlalchemy import update

from bot.service import Service
from bot.store import Database, Tx
from bot.store.cases import contents
from bot.store.tables import DefinitionRow
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


async def test_a_form_is_parsed_once_for_all_who_look_at_it_and_anew_when_its_text_is_another(
    database: Database, clock: Clock
) -> None:
    catalog = small_catalog()
    municipality = MunicipalityDriver(
        Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog
    )
    await municipality.submit()
    digest = municipality.definition().digest
    first, second = [await database.read(lambda tx: contents.load_definition(tx, digest)) for _ in range(2)]

    def rename(tx: Tx) -> None:
        body = first.to_json().replace('"Bygglov"', '"Marklov"')
        tx.conn.execute(update(DefinitionRow).values(body=body))

    await database.write(rename)
    third = await database.read(lambda tx: contents.load_definition(tx, digest))
    assert first is second and third.name.sv == "Marklov"
