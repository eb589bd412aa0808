"""Notes of replies in threads: one each, in every order, and proven."""

from __future__ import annotations

import itertools

import pytest

from bot.domain.actors import Machine
from bot.domain.notes import (
    AddNote,
    ContainsPersonnummer,
    MakeNoteOfficial,
    MarkReplyRemoved,
    OnlyOnCasePage,
    ReplySource,
    ReviseNote,
)
from bot.domain.rules import Command
from bot.domain.status import SetStatus
from bot.domain.views import NoteLine
from bot.service import CommandResult, Service
from bot.store import Database
from bot.store.outbox import card_places
from bot.store.verification import proof
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

REPLY_PLACE = "C0BYGGLOV1:1800000000.000100"


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    # An e-service where an officer sees only some cases keeps nothing of its threads.
    bygglov = catalog.services["bygglov"]
    full = tuple(grant for grant in bygglov.officers if grant.access == "full")
    open_to_all = bygglov.model_copy(update={"officers": full})
    catalog = catalog.model_copy(update={"services": {**catalog.services, "bygglov": open_to_all}})
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


def add_reply(case: CommandResult, text: str = "Fyra meter") -> AddNote:
    return AddNote(case_id=case.case_id, text=text, source=ReplySource(REPLY_PLACE))


def edit_reply(case: CommandResult, text: str, at: int = 1) -> ReviseNote:
    return ReviseNote(
        case_id=case.case_id, text=text, source=ReplySource(REPLY_PLACE, f"180000000{at}.000100")
    )


async def remove_reply(municipality: MunicipalityDriver, case: CommandResult) -> CommandResult:
    """Slack tells that the reply is deleted."""
    gone = MarkReplyRemoved(case_id=case.case_id, place=REPLY_PLACE)
    return await municipality.service.perform(gone, Machine("slack"))


async def load_notes(municipality: MunicipalityDriver, case: CommandResult) -> list[NoteLine]:
    return list((await municipality.view_case("anna", case)).notes)


async def is_proven(municipality: MunicipalityDriver) -> bool:
    return bool((await municipality.service.database.read(proof.verify)).ok)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_in_every_order_there_is_one_note_with_the_latest_words(
    municipality: MunicipalityDriver, order: tuple[int, ...]
) -> None:
    case = await municipality.submit()
    commands: list[Command] = [
        add_reply(case),
        edit_reply(case, "Fem meter", 1),
        edit_reply(case, "Sex meter", 2),
    ]
    for place in order:
        await municipality.perform("anna", commands[place])
        await municipality.perform("anna", commands[place])
    assert [one.text for one in await load_notes(municipality, case)] == ["Sex meter"]
    assert await is_proven(municipality)


async def test_the_log_stays_whole_after_edits_and_a_deletion(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    for command in (add_reply(case), edit_reply(case, "Fem meter")):
        await municipality.perform("anna", command)
    await remove_reply(municipality, case)
    await remove_reply(municipality, case)
    (note,) = await load_notes(municipality, case)
    assert note.text == "Fem meter" and note.edited_at is not None and note.removed_at is not None
    assert await is_proven(municipality)


async def test_what_a_note_said_before_is_kept(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", add_reply(case))
    await municipality.perform("anna", edit_reply(case, "Fem meter"))
    (note,) = await load_notes(municipality, case)
    assert [one.text for one in note.earlier] == ["Fyra meter"] and note.earlier[0].at == note.at


@pytest.mark.parametrize("table", ["note", "note_revision"])
async def test_what_it_said_before_or_says_now_is_not_changed_unseen(
    municipality: MunicipalityDriver, table: str
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", add_reply(case))
    await municipality.perform("anna", edit_reply(case, "Fem meter"))
    database = municipality.service.database
    database.write_sync(lambda tx: tx.conn.exec_driver_sql(f"UPDATE {table} SET body = 'Tre meter'"))
    assert not await is_proven(municipality)


async def test_a_reply_leads_to_its_case(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", add_reply(case))
    found = await municipality.service.database.read(
        lambda tx: card_places.find_case_of_reply(tx, REPLY_PLACE)
    )
    assert found == case.case_id


async def test_what_was_never_a_note_is_not_marked(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    assert (await remove_reply(municipality, case)).events == ()


async def test_a_personnummer_is_refused_in_a_thread_and_not_in_a_dialog(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    with pytest.raises(ContainsPersonnummer):
        await municipality.perform("anna", add_reply(case, "850709-9805"))
    await municipality.perform("anna", AddNote(case_id=case.case_id, text="850709-9805"))
    assert [one.text for one in await load_notes(municipality, case)] == ["850709-9805"]


async def test_of_a_strict_e_services_threads_nothing_is_kept(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit(service="oro", values={})
    with pytest.raises(OnlyOnCasePage):
        await municipality.perform("anna", add_reply(case))


async def test_official_notes_of_threads_stay_when_the_case_closes(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", add_reply(case))
    await municipality.perform("anna", edit_reply(case, "Fem meter"))
    seen = edit_reply(case, "").source.edited
    official = MakeNoteOfficial(case_id=case.case_id, place=REPLY_PLACE, expected=seen)
    await municipality.perform("anna", official)
    closing = SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart")
    await municipality.perform("anna", closing)
    assert [one.text for one in await load_notes(municipality, case)] == ["Fem meter", "Klart"]
    assert await is_proven(municipality)
