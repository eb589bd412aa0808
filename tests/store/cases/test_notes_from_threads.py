"""Notes of replies in threads: one each, in every order, and proven."""

from __future__ import annotations

import itertools

import pytest

from bot.domain.actors import Machine
from bot.domain.notes import AddNote, HoldsPersonnummer, MarkRemovedFromThread, OnlyOnPage, ReviseNote, Source
from bot.domain.rules import Command
from bot.domain.status import SetStatus
from bot.domain.views import NoteLine
from bot.service import Done, Service
from bot.store import Database
from bot.store.outbox import card_places
from bot.store.verification import proof
from tests.conftest import Clock
from tests.town import Town, town

PLACE = "C0BYGGLOV1:1800000000.000100"


@pytest.fixture
def staden(database: Database, clock: Clock) -> Town:
    catalog = town()
    # An e-service where an officer sees only some cases keeps nothing of its threads.
    bygglov = catalog.services["bygglov"]
    full = tuple(grant for grant in bygglov.officers if grant.access == "full")
    open_to_all = bygglov.model_copy(update={"officers": full})
    catalog = catalog.model_copy(update={"services": {**catalog.services, "bygglov": open_to_all}})
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


def said(case: Done, text: str = "Fyra meter") -> AddNote:
    return AddNote(case_id=case.case_id, text=text, source=Source(PLACE))


def edited(case: Done, text: str, at: int = 1) -> ReviseNote:
    return ReviseNote(case_id=case.case_id, text=text, source=Source(PLACE, f"180000000{at}.000100"))


async def is_gone(staden: Town, case: Done) -> Done:
    """Slack tells that the reply is deleted."""
    gone = MarkRemovedFromThread(case_id=case.case_id, place=PLACE)
    return await staden.service.perform(gone, Machine("slack"))


async def notes(staden: Town, case: Done) -> list[NoteLine]:
    return list((await staden.sees("anna", case)).notes)


async def is_whole(staden: Town) -> bool:
    return bool((await staden.service.database.read(proof.verify)).ok)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_in_every_order_there_is_one_note_with_the_latest_words(
    staden: Town, order: tuple[int, ...]
) -> None:
    case = await staden.submits()
    commands: list[Command] = [said(case), edited(case, "Fem meter", 1), edited(case, "Sex meter", 2)]
    for place in order:
        await staden.does("anna", commands[place])
        await staden.does("anna", commands[place])
    assert [one.text for one in await notes(staden, case)] == ["Sex meter"]
    assert await is_whole(staden)


async def test_the_log_stays_whole_after_edits_and_a_deletion(staden: Town) -> None:
    case = await staden.submits()
    for command in (said(case), edited(case, "Fem meter")):
        await staden.does("anna", command)
    await is_gone(staden, case)
    await is_gone(staden, case)
    (note,) = await notes(staden, case)
    assert note.text == "Fem meter" and note.edited_at is not None and note.removed_at is not None
    assert await is_whole(staden)


async def test_what_a_note_said_before_is_kept(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", said(case))
    await staden.does("anna", edited(case, "Fem meter"))
    (note,) = await notes(staden, case)
    assert [one.text for one in note.earlier] == ["Fyra meter"] and note.earlier[0].at == note.at


@pytest.mark.parametrize("table", ["note", "note_revision"])
async def test_what_it_said_before_or_says_now_is_not_changed_unseen(staden: Town, table: str) -> None:
    case = await staden.submits()
    await staden.does("anna", said(case))
    await staden.does("anna", edited(case, "Fem meter"))
    database = staden.service.database
    database.write_now(lambda tx: tx.conn.exec_driver_sql(f"UPDATE {table} SET body = 'Tre meter'"))
    assert not await is_whole(staden)


async def test_a_reply_leads_to_its_case(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", said(case))
    found = await staden.service.database.read(lambda tx: card_places.case_of_reply(tx, PLACE))
    assert found == case.case_id


async def test_what_was_never_a_note_is_not_marked(staden: Town) -> None:
    case = await staden.submits()
    assert (await is_gone(staden, case)).events == ()


async def test_a_personnummer_is_refused_in_a_thread_and_not_in_a_dialog(staden: Town) -> None:
    case = await staden.submits()
    with pytest.raises(HoldsPersonnummer):
        await staden.does("anna", said(case, "850709-9805"))
    await staden.does("anna", AddNote(case_id=case.case_id, text="850709-9805"))
    assert [one.text for one in await notes(staden, case)] == ["850709-9805"]


async def test_of_a_strict_e_services_threads_nothing_is_kept(staden: Town) -> None:
    case = await staden.submits(service="oro", values={})
    with pytest.raises(OnlyOnPage):
        await staden.does("anna", said(case))


async def test_notes_of_threads_stay_when_the_case_closes(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", said(case))
    await staden.does("anna", edited(case, "Fem meter"))
    closing = SetStatus(case_id=case.case_id, status="closed", was="submitted", note="Klart")
    await staden.does("anna", closing)
    assert [one.text for one in await notes(staden, case)] == ["Fem meter", "Klart"]
    assert await is_whole(staden)
