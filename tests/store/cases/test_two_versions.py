"""During an upgrade a newer version serves beside this one, and neither loses what the other has stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, make_dataclass
from datetime import date
from operator import attrgetter
from typing import Any, ClassVar, get_type_hints

import pytest
from pydantic import TypeAdapter
from sqlalchemy import select, update

from bot.domain.event_wording import EventWording
from bot.domain.log_sentences import Sentence
from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notices import Notice
from bot.domain.rules import Event
from bot.service import Service
from bot.store import Database, Tx
from bot.store.cases import unqueried_fields
from bot.store.log import hash_chain, history
from bot.store.tables import CaseRow
from bot.store.verification import proof
from bot.text import words
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


@dataclass(frozen=True, kw_only=True)
class CaseWeighed(Event):
    """An event of a version that is not written yet."""

    weight: str

    log: ClassVar[tuple[Sentence, ...]] = ()
    notices: ClassVar[tuple[Notice, ...]] = ()


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


@contextmanager
def as_a_version_without(field: str) -> Iterator[None]:
    """What runs meanwhile is a version from before that field of the column `rest`."""
    types = get_type_hints(unqueried_fields._Rest, include_extras=True)
    older = make_dataclass(
        "_Rest",
        [
            (one.name, types[one.name], one.default)
            for one in fields(unqueried_fields._Rest)
            if one.name != field
        ],
        frozen=True,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unqueried_fields, "_Rest", older)
        patch.setattr(unqueried_fields, "_ADAPTER", TypeAdapter(older))
        patch.setattr(unqueried_fields, "REST", tuple(one.name for one in fields(older)))
        patch.setattr(unqueried_fields, "_values", attrgetter(*unqueried_fields.REST))
        yield


async def test_an_older_process_keeps_what_a_newer_one_waits_for_and_the_log_is_proven(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    ask = SendMessage(case_id=case.case_id, text="Vilken färg?", answer_by=date(2026, 12, 4))
    await municipality.perform("anna", ask)
    with as_a_version_without("awaited"):
        await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Tack så länge."))
    stored = (await municipality.view_case("anna", case)).case
    assert [one.answer_by for one in stored.awaited] == [date(2026, 12, 4)] and len(stored.pending) == 2
    report = await municipality.service.database.read(proof.verify)
    assert report.ok, report.findings


async def test_what_a_newer_version_says_of_a_message_stays_with_it_and_goes_with_it(
    municipality: MunicipalityDriver,
) -> None:
    case, database = await municipality.submit(), municipality.service.database
    await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Hej."))
    rest = await database.read(lambda tx: _load_rest(tx, case.case_id))
    rest["weighed"] = {"by": "officer:bo", "grams": 20}
    rest["pending"][0]["weight"] = "heavy"
    await database.write(lambda tx: _save_rest(tx, case.case_id, rest))
    await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Hej igen."))
    rest = await database.read(lambda tx: _load_rest(tx, case.case_id))
    assert rest["weighed"] == {"by": "officer:bo", "grams": 20}
    assert [one.get("weight") for one in rest["pending"]] == ["heavy", None]
    first = rest["pending"][0]["id"]
    await municipality.perform("anna", UndoMessage(case_id=case.case_id, message_id=first))
    rest = await database.read(lambda tx: _load_rest(tx, case.case_id))
    assert rest["weighed"] and [one.get("weight") for one in rest["pending"]] == [None]


async def test_an_event_of_a_newer_version_is_shown_as_one_and_the_case_is_worked_with(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    case, database = await municipality.submit(), municipality.service.database
    weighed = CaseWeighed(at=clock(), by="officer:bo", weight="heavy")
    await database.write(lambda tx: _append(tx, case.case_id, weighed))
    await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Hej."))
    view = await municipality.view_case("anna", case)
    wording = EventWording(municipality.catalog, municipality.catalog.service("bygglov"), words("en"))
    lines = [wording.log_line(one) for one in view.history]
    assert (
        lines[1]
        == "An event that a newer version of the program has stored (Bo Berg). Look again in a while."
    )
    assert len(lines) == 3 and view.history[1].facts == {"weight": "heavy"}


def _load_rest(tx: Tx, case_id: str) -> dict[str, Any]:
    stored = tx.conn.execute(select(CaseRow.rest).where(CaseRow.id == case_id)).scalar_one()
    found: dict[str, Any] = json.loads(stored)
    return found


def _save_rest(tx: Tx, case_id: str, rest: dict[str, Any]) -> None:
    tx.conn.execute(update(CaseRow).where(CaseRow.id == case_id).values(rest=json.dumps(rest)))


def _append(tx: Tx, case_id: str, event: Event) -> None:
    """Log the event as the version that knows it does."""
    row = tx.conn.execute(select(CaseRow.seq, CaseRow.head).where(CaseRow.id == case_id)).one()
    (logged,) = hash_chain.chain_rows(tx.keys, case_id, (row.seq, row.head), [(event, {})])
    history.insert_rows(tx, [logged])
    after = {"seq": logged["seq"], "head": logged["hash"]}
    tx.conn.execute(update(CaseRow).where(CaseRow.id == case_id).values(**after))
